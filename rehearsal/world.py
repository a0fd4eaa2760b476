"""Start, stop and watch the processes of one stack's rehearsal.

A rehearsal runs when each of its services answers. A start leaves running services alone and starts
those that were killed; two commands at the same time wait for each other.
"""

from __future__ import annotations

import fcntl
import http
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException

from . import processes, sessions
from .file_systems.queue import workers
from .places import PROJECT, UserCluster, World, WorldError, binaries
from .services import SERVICES, Service, ask_cloud, environment

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
    world: World, progress: Callable[[str], None], services: Sequence[Service] = SERVICES
) -> None:
    """Start the services of a rehearsal that do not run, and wait until all of them answer.

    Args:
        world: The rehearsal environment to start.
        progress: Function that is called with a line of text for each event.
        services: Services of the environment.

    Raises:
        WorldError: A program is not built, or a service ends or does not answer in time.
    """
    with _alone(world, progress):
        began = time.monotonic()
        missing = [service for service in services if not processes.holder(service.lock(world))]
        _require_binaries(missing)
        if world.user_cluster and any(service.name == "cluster" for service in missing):
            progress(f"on the cluster of context {world.user_cluster.context}")
            _require_rights(world, world.user_cluster)
        if missing:
            progress(f"starting {', '.join(service.name for service in missing)}")
        for service in missing:
            _launch(service, world)
        for service in _as_they_answer(services, world, began):
            if service in missing:
                progress(f"{service.name} is ready ({time.monotonic() - began:.1f} s)")


def stop(world: World, services: Sequence[Service] = SERVICES) -> None:
    """Save the emulated account, then end every process of a rehearsal.

    Raises:
        WorldError: The account could not be saved; the processes have ended nevertheless.
    """
    with _alone(world, lambda _: None):
        clouds = [service.lock(world) for service in services if service.name == "cloud"]
        others = [service.lock(world) for service in services if service.name != "cloud"]
        try:
            if any(map(processes.holder, clouds)):
                save(world)
        finally:
            # The emulated AWS ends last, because the others call it while they end. It saves the
            # account once more at its end.
            processes.stop(others, _STOP_SECONDS)
            processes.stop(workers(world.file_systems), _STOP_SECONDS)
            processes.stop(clouds, _STOP_SECONDS)
            # Children of a killed parent, on systems where the kernel cannot end them with it.
            processes.stop((world.root / "run").glob("*.lock"), _STOP_SECONDS)
            sessions.end_all(world)


def status(world: World, services: Sequence[Service] = SERVICES) -> list[ProcessStatus]:
    """Return the status of each process of a rehearsal."""
    found = []
    for service in services:
        pid = processes.holder(service.lock(world))
        found.append(ProcessStatus(service.name, pid, pid is not None, service.port(world)))
    return found


def save(world: World) -> None:
    """Let the emulated AWS write its account to disk.

    Raises:
        WorldError: The emulated AWS does not answer, or could not write the account.
    """
    try:
        answer = ask_cloud(world, "POST", "/rehearsal/save", _SAVE_SECONDS)
    except (OSError, HTTPException) as error:
        raise WorldError(
            f"The emulated account of stack {world.stack} could not be saved: nothing answers at "
            f"{world.cloud_url} ({error}). Start it with "
            f"`python -m rehearsal cloud start -s {world.stack}`."
        ) from error
    if answer != http.HTTPStatus.OK:
        raise WorldError(
            f"The emulated account of stack {world.stack} could not be saved (status {answer}). "
            f"The end of its log:\n{processes.tail(world.logs / 'cloud.log')}"
        )


def _require_binaries(services: Sequence[Service]) -> None:
    program = binaries() / "cluster"
    if not program.exists() and any(service.name == "cluster" for service in services):
        raise WorldError(
            f"The Kubernetes programs are not built: {program} is not there. Run `make tools` once."
        )


def _require_rights(world: World, cluster: UserCluster) -> None:
    """Raise WorldError unless the user has all rights in their cluster.

    The rehearsal needs them, for example to impersonate other users.
    """
    at = f"--kubeconfig={cluster.kubeconfig}", f"--context={cluster.context}"
    question = "auth", "can-i", "*", "*", "--all-namespaces", f"--request-timeout={_ASK_SECONDS}s"
    try:
        answer = subprocess.run(
            [binaries() / "cluster", "kubectl", *at, *question],
            env=environment(world),
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
        raise WorldError(
            f"The rehearsal of stack {world.stack} runs on the cluster of context "
            f"{cluster.context} in {cluster.kubeconfig}, and must be its administrator, but "
            f"`kubectl auth can-i '*' '*'` says: {said}. Start that cluster, or mend the file. "
            f"(AWS credentials of yours are never used here.)"
        )


def _launch(service: Service, world: World) -> None:
    try:
        processes.start_detached(
            service.lock(world), service.command, service.log(world), environment(world), PROJECT
        )
    except processes.LaunchError as error:
        raise WorldError(f"{service.name} could not be started: {error}") from error


def _as_they_answer(services: Sequence[Service], world: World, began: float) -> Iterator[Service]:
    waiting = list(services)
    while True:
        for service in list(waiting):
            if not processes.holder(service.lock(world)):
                raise WorldError(_ended(service, world))
            if service.ready(world):
                waiting.remove(service)
                yield service
        if not waiting:
            return
        if time.monotonic() - began > _START_SECONDS:
            raise WorldError(_silent(waiting, world))
        time.sleep(_POLL_SECONDS)


def _ended(service: Service, world: World) -> str:
    return (
        f"{service.name} ended while it started (it serves on port {service.port(world)}). "
        f"The end of {service.log(world)}:\n"
        f"{processes.tail(service.log(world))}"
    )


def _silent(waiting: Sequence[Service], world: World) -> str:
    logs = "\n".join(
        f"The end of {service.log(world)}:\n{processes.tail(service.log(world))}"
        for service in waiting
    )
    return (
        f"Not ready after {_START_SECONDS} s: {', '.join(service.name for service in waiting)}. "
        f"End everything with `python -m rehearsal cloud stop -s {world.stack}` and try again.\n"
        f"{logs}"
    )


@contextmanager
def _alone(world: World, progress: Callable[[str], None]) -> Iterator[None]:
    """Hold a lock, so that only one command at a time starts or stops an environment."""
    world.root.mkdir(parents=True, exist_ok=True)
    with (world.root / "world.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another command that starts or stops this rehearsal")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
