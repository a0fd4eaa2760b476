"""The processes of a world: what runs, where it answers, and what it finds in its environment."""

from __future__ import annotations

import http.client
import os
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import processes
from .cluster import readiness
from .places import HOST, WORLD_VARIABLE, World

_PROBE_SECONDS = 1


@dataclass(frozen=True)
class Service:
    """One process of a world: a command, the port it serves on, and how to tell that it works."""

    name: str
    command: Sequence[str]
    port: Callable[[World], int | None]
    ready: Callable[[World], bool]

    def lock(self, world: World) -> Path:
        """The file that its process holds for as long as it lives."""
        return world.root / "run" / f"{self.name}.lock"

    def log(self, world: World) -> Path:
        """Where its output goes."""
        return world.logs / f"{self.name}.log"


def listening(port: Callable[[World], int]) -> Callable[[World], bool]:
    """Ready once something accepts connections on a port."""

    def ready(world: World) -> bool:
        try:
            socket.create_connection((HOST, port(world)), _PROBE_SECONDS).close()
        except OSError:
            return False
        return True

    return ready


def cloud_ready(world: World) -> bool:
    """Whether the emulated AWS answers."""
    try:
        return ask_cloud(world, "GET", "/rehearsal/ready", _PROBE_SECONDS) == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False


def ask_cloud(world: World, method: str, path: str, timeout: float) -> int:
    """The status the emulated AWS answers with at one of its own addresses.

    Raises:
        OSError: It doesn't answer within `timeout` seconds.
        http.client.HTTPException: What answers doesn't speak HTTP.
    """
    connection = http.client.HTTPConnection(HOST, world.ports.cloud, timeout=timeout)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    finally:
        connection.close()


def environment(world: World) -> dict[str, str]:
    """What a service finds in its environment: nothing that leads to an AWS account of the user's.

    Calls stay on this machine, so a proxy has no part in them either.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        WORLD_VARIABLE: str(world.root),
        "NO_PROXY": f"{HOST},localhost",
        "PYTHONUNBUFFERED": "1",
        # One heap for all threads: each of the C library's own would keep what it once took.
        "MALLOC_ARENA_MAX": "1",
        **world.aws_environment(),
    }


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _sagemaker() -> Service:
    """What runs the training jobs: it asks and is not asked, so it has no port."""

    def ready(world: World) -> bool:
        return processes.attends(service.lock(world))

    service = Service("sagemaker", _python("rehearsal.sagemaker"), lambda _: None, ready)
    return service


def _provider(name: str) -> Service:
    def port(world: World) -> int:
        chosen: int = getattr(world.ports, name)
        return chosen

    return Service(name, _python(f"rehearsal.providers.{name}"), port, listening(port))


def _token_webhook(world: World) -> int:
    return world.ports.token_webhook


SERVICES = (
    # The slowest first: they start all at once, on as few as two cores.
    Service("cluster", _python("rehearsal.cluster"), lambda w: w.ports.api_server, readiness.ready),
    Service("cloud", _python("rehearsal.cloud"), lambda w: w.ports.cloud, cloud_ready),
    Service(
        "controllers",
        _python("rehearsal.cluster.controllers"),
        _token_webhook,
        listening(_token_webhook),
    ),
    _provider("aws"),
    _provider("kubernetes"),
    _provider("eks"),
    _sagemaker(),
)
