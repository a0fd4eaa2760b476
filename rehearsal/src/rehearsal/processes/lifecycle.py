"""Start, stop and watch the processes of one stack's rehearsal.

A rehearsal runs when each of its services answers. A start leaves running services alone and starts
those that were killed; two commands at the same time wait for each other.
"""

from __future__ import annotations

import fcntl
import http
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException

from rehearsal.paths import Environment, RehearsalError, UserCluster, binaries, project
from rehearsal.processes import detached, sessions
from rehearsal.processes.services import SERVICES, Service, ask_cloud, variables

_START_SECONDS = 120  # a start takes 8 s on two idle cores; a crash is noticed at once
_STOP_SECONDS = 20
_SAVE_SECONDS = 30
_ASK_SECONDS = 10
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class ProcessStatus:
    """Status of a service's process."""

    name: str
    pid: int | None
    running: bool
    port: int | None


def start(
    environment: Environment,
    progress: Callable[[str], None],
    services: Sequence[Service] = SERVICES,
) -> None:
    """Start the services of a rehearsal that do not run, and wait until all of them answer.

    Args:
        environment: The rehearsal environment to start.
        progress: Function that is called with a line of text for each event.
        services: Services of the environment.

    Raises:
        RehearsalError: A program is not built, or a service ends or does not answer in time.
    """
    with _alone(environment, progress):
        began = time.monotonic()
        missing = [
            service for service in services if not detached.holder(service.lock(environment))
        ]
        _require_binaries(missing)
        if environment.user_cluster and any(service.name == "cluster" for service in missing):
            progress(f"on the cluster of context {environment.user_cluster.context}")
            _require_rights(environment, environment.user_cluster)
        if missing:
            progress(f"starting {', '.join(service.name for service in missing)}")
        for service in missing:
            _launch(service, environment)
        for service in _as_they_answer(services, environment, began):
            if service in missing:
                progress(f"{service.name} is ready ({time.monotonic() - began:.1f} s)")


def stop(environment: Environment, services: Sequence[Service] = SERVICES) -> None:
    """Save the emulated account, then end every process of a rehearsal.

    Raises:
        RehearsalError: The account could not be saved; the processes have ended nevertheless.
    """
    with _alone(environment, lambda _: None):
        clouds = [service.lock(environment) for service in services if service.name == "cloud"]
        others = [service.lock(environment) for service in services if service.name != "cloud"]
        try:
            if any(map(detached.holder, clouds)):
                save(environment)
        finally:
            # The emulated AWS ends last, because the others call it while they end. It saves the
            # account once more at its end.
            detached.stop(others, _STOP_SECONDS)
            detached.stop(environment.file_system_workers(), _STOP_SECONDS)
            detached.stop(clouds, _STOP_SECONDS)
            # Children of a killed parent, on systems where the kernel cannot end them with it.
            detached.stop((environment.root / "run").glob("*.lock"), _STOP_SECONDS)
            sessions.end_all(environment)


def status(environment: Environment, services: Sequence[Service] = SERVICES) -> list[ProcessStatus]:
    """Return the status of each process of a rehearsal."""
    found = []
    for service in services:
        pid = detached.holder(service.lock(environment))
        found.append(ProcessStatus(service.name, pid, pid is not None, service.port(environment)))
    return found


def runs(environment: Environment, services: Sequence[Service] = SERVICES) -> bool:
    """Return True if every process of a rehearsal runs."""
    return all(one.running for one in status(environment, services))


def save(environment: Environment) -> list[str]:
    """Let the emulated AWS save its whole account.

    Every change was saved before it was answered. This also saves what has changed with time alone.

    Returns:
        The services that cannot be saved.

    Raises:
        RehearsalError: The emulated AWS does not answer, or could not save the account.
    """
    try:
        status, body = ask_cloud(environment, "POST", "/rehearsal/save", _SAVE_SECONDS)
    except (OSError, HTTPException) as error:
        raise RehearsalError(
            f"The emulated AWS of stack {environment.stack} has ended: nothing answers at "
            f"{environment.cloud_url} ({error}). All that it had answered is saved. Start it with "
            f"`python -m rehearsal cloud start -s {environment.stack}`, or run the command again."
        ) from error
    if status == http.HTTPStatus.INSUFFICIENT_STORAGE:
        raise RehearsalError(json.loads(body)["message"])
    if status != http.HTTPStatus.OK:
        raise RehearsalError(
            f"The emulated account of stack {environment.stack} could not be saved (status "
            f"{status}). The end of its log:\n{detached.tail(environment.logs / 'cloud.log')}"
        )
    unsaved: list[str] = json.loads(body)["unsaved"]
    return unsaved


def _require_binaries(services: Sequence[Service]) -> None:
    program = binaries() / "cluster"
    if not program.exists() and any(service.name == "cluster" for service in services):
        raise RehearsalError(
            f"The Kubernetes programs are not built: {program} is not there. "
            "Run `python -m rehearsal.tools` once."
        )


def _require_rights(environment: Environment, cluster: UserCluster) -> None:
    """Raise RehearsalError unless the user has all rights in their cluster.

    The rehearsal needs them, for example to impersonate other users.
    """
    at = f"--kubeconfig={cluster.kubeconfig}", f"--context={cluster.context}"
    question = "auth", "can-i", "*", "*", "--all-namespaces", f"--request-timeout={_ASK_SECONDS}s"
    try:
        answer = subprocess.run(
            [binaries() / "cluster", "kubectl", *at, *question],
            env=variables(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=2 * _ASK_SECONDS,
            check=False,
        )
        said = answer.stdout.strip() or answer.stderr.strip()
    except subprocess.TimeoutExpired:
        said = f"no answer within {2 * _ASK_SECONDS} s"
    if said != "yes":
        raise RehearsalError(
            f"The rehearsal of stack {environment.stack} runs on the cluster of context "
            f"{cluster.context} in {cluster.kubeconfig}, and must be its administrator, but "
            f"`kubectl auth can-i '*' '*'` says: {said}. Start that cluster, or mend the file. "
            f"(AWS credentials of yours are never used here.)"
        )


def _launch(service: Service, environment: Environment) -> None:
    try:
        detached.start_detached(
            service.lock(environment),
            service.command,
            service.log(environment),
            variables(environment),
            project(),
        )
    except detached.LaunchError as error:
        raise RehearsalError(f"{service.name} could not be started: {error}") from error


def _as_they_answer(
    services: Sequence[Service], environment: Environment, began: float
) -> Iterator[Service]:
    waiting = list(services)
    while True:
        for service in list(waiting):
            if not detached.holder(service.lock(environment)):
                raise RehearsalError(_ended(service, environment))
            if service.ready(environment):
                waiting.remove(service)
                yield service
        if not waiting:
            return
        if time.monotonic() - began > _START_SECONDS:
            raise RehearsalError(_silent(waiting, environment))
        time.sleep(_POLL_SECONDS)


def _ended(service: Service, environment: Environment) -> str:
    return (
        f"{service.name} ended while it started (it serves on port {service.port(environment)}). "
        f"The end of {service.log(environment)}:\n"
        f"{detached.tail(service.log(environment))}"
    )


def _silent(waiting: Sequence[Service], environment: Environment) -> str:
    logs = "\n".join(
        f"The end of {service.log(environment)}:\n{detached.tail(service.log(environment))}"
        for service in waiting
    )
    return (
        f"Not ready after {_START_SECONDS} s: {', '.join(service.name for service in waiting)}. "
        f"End everything with `python -m rehearsal cloud stop -s {environment.stack}`, and try "
        "again.\n"
        f"{logs}"
    )


@contextmanager
def _alone(environment: Environment, progress: Callable[[str], None]) -> Iterator[None]:
    """Hold a lock, so that only one command at a time starts or stops an environment."""
    environment.root.mkdir(parents=True, exist_ok=True)
    with (environment.root / "environment.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another command that starts or stops this rehearsal")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
