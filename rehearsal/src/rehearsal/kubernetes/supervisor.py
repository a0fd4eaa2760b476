"""Supervisor of a program: restarts it after an unexpected exit, and ends it when asked."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections import deque
from pathlib import Path

from rehearsal.kubernetes.programs import Program
from rehearsal.processes import detached

log = logging.getLogger(__name__)

_CRASHES_ALLOWED = 5
_WITHIN_SECONDS = 60
_PAUSE_SECONDS = 0.5


class CrashLoopError(Exception):
    """A program exits soon after every start."""


class Supervisor:
    """Supervisor of one program."""

    def __init__(self, program: Program, after: asyncio.Event, locks: Path, logs: Path) -> None:
        self.program = program
        self.after = after
        self.lock = locks / f"{program.name}.lock"
        self.log = logs / f"{program.name}.log"
        self._process: asyncio.subprocess.Process | None = None
        self._crashes: deque[float] = deque(maxlen=_CRASHES_ALLOWED)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> asyncio.Task[None]:
        """Start the program once its event `after` is set.

        Returns:
            A task that keeps the program running; it raises CrashLoopError if the program exits
            5 times within 60 s.
        """
        self._task = asyncio.create_task(self._keep(), name=self.program.name)
        return self._task

    async def end(self, grace: float) -> None:
        """Ask the program to end, and kill it after `grace` seconds."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), grace)
        except TimeoutError:
            log.warning("%s did not end within %g s: killed", self.program.name, grace)
            process.kill()
            await process.wait()

    async def _keep(self) -> None:
        await self.after.wait()
        while True:
            with detached.open_log(self.log) as output:
                self._process = await asyncio.create_subprocess_exec(
                    *detached.launch_command(self.lock, os.getpid(), self.program.command),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                )
            status = await self._process.wait()
            self._count_crash(status)
            await asyncio.sleep(_PAUSE_SECONDS)

    def _count_crash(self, status: int) -> None:
        now = time.monotonic()
        self._crashes.append(now)
        if len(self._crashes) == _CRASHES_ALLOWED and now - self._crashes[0] < _WITHIN_SECONDS:
            raise CrashLoopError(
                f"{self.program.name} ended {_CRASHES_ALLOWED} times within {_WITHIN_SECONDS} s, "
                f"last with status {status}:\n{detached.tail(self.log)}"
            )
        log.warning("%s ended with status %s: starting it again", self.program.name, status)
