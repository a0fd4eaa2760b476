"""The processes that stand for a job's instances, from start to end."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from typing import IO

from rehearsal import processes

from .containers import COMMAND, Container

GRACE_SECONDS = 120.0
"""What SageMaker leaves an algorithm between SIGTERM and its end."""
_NOT_STARTED = 127

Listen = Callable[[str, str], None]
"""Told of each line that an instance prints: its host and the line."""


class Instance:
    """One instance's process; it dies with this one, also when this one is killed."""

    def __init__(
        self,
        container: Container,
        variables: Mapping[str, str],
        listen: Listen,
        ended: Callable[[Instance], None],
    ) -> None:
        self.container = container
        self.exit_code: int | None = None
        number = container.job.hosts.index(container.host) + 1
        lock = container.job.lock.with_name(f"{container.job.lock.name}-{number}.lock")
        # What an earlier runner left, where the kernel could not end it along with the runner.
        processes.stop([lock], 0)
        self._lock = lock
        self._command = processes.launch_command(lock, os.getpid(), COMMAND)
        self._variables = variables
        self._listen = listen
        self._ended = ended
        self._process: subprocess.Popen[str] | None = None
        # The kernel ends a process with the thread that started it: so one waits for each.
        threading.Thread(target=self._run, daemon=True).start()

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the process and all it started."""
        if self._process and self.exit_code is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _run(self) -> None:
        code = _NOT_STARTED
        try:
            code = self._work()
        except OSError as error:
            self._listen(self.container.host, f"the container did not start: {error}")
        self.exit_code = code if code >= 0 else 128 - code
        self._lock.unlink(missing_ok=True)
        self._ended(self)

    def _work(self) -> int:
        with subprocess.Popen(
            self._command,
            env=self._variables,
            cwd=self.container.layout.code,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            self._process = process
            reader = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
            reader.start()
            code = process.wait()
            self.signal(signal.SIGKILL)  # a container ends with its first process
            reader.join()
        return code

    def _read(self, lines: IO[str]) -> None:
        for line in lines:
            self._listen(self.container.host, line.rstrip("\n"))


class Instances:
    """All instances of a job, as one."""

    def __init__(self, grace_seconds: float = GRACE_SECONDS) -> None:
        self._grace = grace_seconds
        self._events: queue.SimpleQueue[Instance | str] = queue.SimpleQueue()
        self._running: list[Instance] = []
        self.failed: Instance | None = None
        """The first that ended badly by itself."""

    def start(self, container: Container, variables: Mapping[str, str], listen: Listen) -> None:
        """Starts one more."""
        self._running.append(Instance(container, variables, listen, self._events.put))

    def stop(self) -> None:
        """Asks all to end; for any thread, at any time."""
        self._events.put("stopped")

    def kill(self) -> None:
        """Ends all at once; for any thread."""
        for one in list(self._running):
            one.signal(signal.SIGKILL)

    def wait(self, seconds: float) -> str:
        """Waits until all have ended: by themselves, as asked, or because the time was over.

        Returns:
            "ended", "stopped" or "late".
        """
        deadline = time.monotonic() + seconds
        while self._running:
            event = self._next(deadline)
            if not isinstance(event, Instance):
                self._end()
                return event
            self._running.remove(event)
            if event.exit_code:
                self.failed = event
                self._end()  # the others would wait for it
        return "ended"

    def _end(self) -> None:
        """Ends what still runs: SIGTERM, and SIGKILL after the grace time."""
        for one in self._running:
            one.signal(signal.SIGTERM)
        deadline = time.monotonic() + self._grace
        while self._running:
            event = self._next(deadline)
            if isinstance(event, Instance):
                self._running.remove(event)
            elif event == "late":
                for one in self._running:
                    one.signal(signal.SIGKILL)
                deadline = time.monotonic() + 1.0

    def _next(self, deadline: float) -> Instance | str:
        try:
            return self._events.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return "late"
