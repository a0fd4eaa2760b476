"""The processes of a rehearsal: their commands, their ports and their environment variables."""

from __future__ import annotations

import http.client
import os
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal import peers
from rehearsal.paths import ENVIRONMENT_VARIABLE, HOST, PROJECT_VARIABLE, Environment, project
from rehearsal.processes import detached, readiness

_PROBE_SECONDS = 1


@dataclass(frozen=True)
class Service:
    """One process of a rehearsal: its command, its port, and a check that it works."""

    name: str
    command: Sequence[str]
    port: Callable[[Environment], int | None]
    ready: Callable[[Environment], bool]

    def lock(self, environment: Environment) -> Path:
        """Return the lock file that its process holds for as long as it lives."""
        return environment.root / "run" / f"{self.name}.lock"

    def log(self, environment: Environment) -> Path:
        """Return the file of its output."""
        return environment.logs / f"{self.name}.log"


def listening(port: Callable[[Environment], int]) -> Callable[[Environment], bool]:
    """Return a check that succeeds once a server of this user accepts connections on a port."""

    def ready(environment: Environment) -> bool:
        try:
            socket.create_connection((HOST, port(environment)), _PROBE_SECONDS).close()
        except OSError:
            return False
        return peers.is_own_server((HOST, port(environment)))

    return ready


def cloud_ready(environment: Environment) -> bool:
    """Return whether the emulated AWS answers, and it is this user's: it is sent the token."""
    if not peers.is_own_server((HOST, environment.ports.cloud)):
        return False
    try:
        status, _ = ask_cloud(environment, "GET", "/rehearsal/ready", _PROBE_SECONDS)
    except (OSError, http.client.HTTPException):
        return False
    return status == http.HTTPStatus.OK


def ask_cloud(
    environment: Environment, method: str, path: str, timeout: float
) -> tuple[int, bytes]:
    """Return the HTTP status and body of the emulated AWS's answer on one of its own paths.

    Raises:
        OSError: It does not answer within `timeout` seconds.
        http.client.HTTPException: The answer is not HTTP.
    """
    connection = http.client.HTTPConnection(HOST, environment.ports.cloud, timeout=timeout)
    try:
        connection.request(method, path, headers=environment.credentials.admin_headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def variables(environment: Environment) -> dict[str, str]:
    """Return the environment variables of a service, without those that lead to a real AWS account.

    Calls stay on this machine, so proxies are not used for them either.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        ENVIRONMENT_VARIABLE: str(environment.root),
        PROJECT_VARIABLE: str(project()),
        "NO_PROXY": f"{HOST},localhost",
        "PYTHONUNBUFFERED": "1",
        # One heap for all threads, because each of glibc's arenas keeps memory that was freed.
        "MALLOC_ARENA_MAX": "1",
        # Large blocks go back when they are freed: it would raise its threshold of 128 KiB to the
        # largest of them, and a parsed description of a service would leave as much behind.
        "MALLOC_MMAP_THRESHOLD_": str(128 * 1024),
        **environment.aws_environment(),
    }


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _sagemaker() -> Service:
    """Return the service that runs the training jobs; it has no port, because nothing calls it."""

    def ready(environment: Environment) -> bool:
        return detached.attends(service.lock(environment))

    service = Service("sagemaker", _python("rehearsal.sagemaker"), lambda _: None, ready)
    return service


def _provider(name: str) -> Service:
    def port(environment: Environment) -> int:
        chosen: int = getattr(environment.ports, name)
        return chosen

    return Service(name, _python(f"rehearsal.pulumi.providers.{name}"), port, listening(port))


def _token_webhook(environment: Environment) -> int:
    return environment.ports.token_webhook


SERVICES = (
    # The slowest come first: all start at the same time, on as few as two cores.
    Service(
        "cluster",
        _python("rehearsal.kubernetes"),
        lambda environment: environment.ports.api_server,
        readiness.ready,
    ),
    Service(
        "cloud", _python("rehearsal.aws"), lambda environment: environment.ports.cloud, cloud_ready
    ),
    Service(
        "controllers",
        _python("rehearsal.kubernetes.controllers"),
        _token_webhook,
        listening(_token_webhook),
    ),
    _provider("aws"),
    _provider("kubernetes"),
    _provider("eks"),
    _sagemaker(),
)
