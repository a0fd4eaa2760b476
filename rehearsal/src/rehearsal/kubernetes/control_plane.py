"""Processes of a Kubernetes API: the order in which they start and end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time

from rehearsal.kubernetes import bootstrap, clusters, kwok, programs
from rehearsal.kubernetes.programs import Program
from rehearsal.kubernetes.supervisor import Supervisor
from rehearsal.paths import Environment
from rehearsal.processes import detached, readiness

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.1
_WATCH_SECONDS = 0.5
_READY_SECONDS = 100
_GRACE_SECONDS = 10  # for each program; the API server lets open watches end first


class StartError(Exception):
    """The cluster did not start."""


class ControlPlane:
    """Processes of one environment's Kubernetes API."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        at_once = asyncio.Event()
        at_once.set()
        self._api_is_ready = asyncio.Event()
        # The API server waits for its store by itself. The others would only log that they cannot
        # reach it, and use CPU time that it needs on a small machine.
        starts = [
            *((program, at_once) for program in _serving(environment)),
            *((program, self._api_is_ready) for program in _working(environment)),
        ]
        self.supervisors = [
            Supervisor(program, after, environment.root / "run", environment.logs)
            for program, after in starts
        ]

    async def run(self, asked_to_end: asyncio.Event) -> bool:
        """Run all programs until asked to end, then end them in reverse order.

        Returns:
            True if the account's cluster was deleted, so that its objects have to be deleted too.

        Raises:
            CrashLoopError: A program exits soon after every start.
            StartError: The API server is not ready in time, or refuses the first objects.
        """
        readiness.mark(self.environment).unlink(missing_ok=True)
        # Programs can be left by a parent that was killed, if the kernel did not end them with it.
        detached.stop([supervisor.lock for supervisor in self.supervisors], _GRACE_SECONDS)
        deleted = asyncio.create_task(self._await_deletion())
        ending = [
            asyncio.create_task(asked_to_end.wait()),
            asyncio.create_task(self._settle()),
            deleted,
        ]
        try:
            keeping = [supervisor.start() for supervisor in self.supervisors]
            done, _ = await asyncio.wait([*ending, *keeping], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            return deleted in done
        finally:
            readiness.mark(self.environment).unlink(missing_ok=True)
            for task in ending:
                task.cancel()
            # A deleted cluster has no state to save.
            grace = 0.1 if deleted.done() and not deleted.cancelled() else _GRACE_SECONDS
            for supervisor in reversed(self.supervisors):
                await supervisor.end(grace)
            if self.environment.user_cluster:
                programs.remove_user_proxy_socket(self.environment)

    async def _settle(self) -> None:
        """Configure the started cluster like a new EKS cluster, then wait for ever."""
        started = time.monotonic()
        await asyncio.gather(self._configure_kwok(), self._await_api())
        if self.environment.user_cluster:
            self._api_is_ready.set()
            await self._apply(bootstrap.access_policies())
        else:
            await self._forget_node_leases()
            self._api_is_ready.set()
            await self._apply(bootstrap.objects())
        readiness.mark(self.environment).touch()
        log.info("ready after %.1f s", time.monotonic() - started)
        await asyncio.Event().wait()

    async def _await_deletion(self) -> None:
        """Wait until the account's cluster is deleted, if there was one.

        A marker file records that there was one, so that a deletion is noticed across a restart.
        The content of a cluster that the user provides is theirs and outlives every cluster of the
        account, so for such a cluster this waits for ever.
        """
        if self.environment.user_cluster:
            await asyncio.Event().wait()
        had_one = self.environment.root / "cluster" / "serves"
        while True:
            with contextlib.suppress(clusters.CloudUnreachableError):
                if await asyncio.to_thread(clusters.find, self.environment):
                    had_one.touch()
                elif had_one.exists():
                    had_one.unlink()
                    return
            await asyncio.sleep(_WATCH_SECONDS)

    async def _configure_kwok(self) -> None:
        stages = await _output([str(programs.binary()), "kwok-stages"])
        programs.kwok_file(self.environment).write_text(kwok.configuration(stages))

    async def _await_api(self) -> None:
        ends = time.monotonic() + _READY_SECONDS
        while not await asyncio.to_thread(readiness.api_ready, self.environment):
            if time.monotonic() > ends:
                serves = self.supervisors[1]  # the first is its store, or the user's proxy
                text = detached.tail(serves.log)
                raise StartError(f"The API server is not ready after {_READY_SECONDS} s:\n{text}")
            await asyncio.sleep(_POLL_SECONDS)

    async def _forget_node_leases(self) -> None:
        """Delete the node leases of the previous kwok, which the next one would wait for."""
        await self._kubectl("delete", "leases", "--all", "--namespace=kube-node-lease")

    async def _apply(self, objects: list[dict[str, object]]) -> None:
        options = ("--server-side", "--force-conflicts", "--field-manager=rehearsal")
        document = {"apiVersion": "v1", "kind": "List", "items": objects}
        await self._kubectl(
            "apply", *options, "--validate=false", "--filename=-", text=json.dumps(document)
        )

    async def _kubectl(self, *arguments: str, text: str = "") -> None:
        program = (str(programs.binary()), "kubectl", f"--kubeconfig={self.environment.kubeconfig}")
        await _output([*program, *arguments], text)


def _serving(environment: Environment) -> list[Program]:
    """Return the programs that serve the API; each depends on the one before it."""
    if environment.user_cluster:
        return [programs.user_proxy(environment, environment.user_cluster), programs.auth_proxy()]
    return [programs.etcd(environment), programs.api_server(environment)]


def _working(environment: Environment) -> list[Program]:
    """Return the programs that act on API objects.

    A cluster that the user provides has a controller manager and a scheduler of its own.
    """
    if environment.user_cluster:
        return [programs.kwok_controller(environment)]
    return [
        programs.controller_manager(environment),
        programs.scheduler(environment),
        programs.kwok_controller(environment),
    ]


async def _output(command: list[str], text: str = "") -> str:
    """Return the standard output of a command; raise StartError if it fails."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate(text.encode())
    if process.returncode:
        raise StartError(f"{' '.join(command[1:3])} failed: {errors.decode().strip()}")
    return out.decode()
