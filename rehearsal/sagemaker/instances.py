"""The processes that stand for a job's instances, from start to end."""

from __future__ import annotations

import os
import queue
import signal
import time
from collections.abc import Callable, Mapping
from functools import partial

from rehearsal import processes, sessions

from .containers import COMMAND, Container

GRACE_SECONDS = 120.0
"""What SageMaker leaves an algorithm between SIGTERM and its end."""

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
        number = container.job.hosts.index(container.host) + 1
        lock = container.job.lock.with_name(f"{container.job.lock.name}-{number}.lock")
        # What an earlier runner left, where the kernel could not end it along with the runner.
        sessions.end_left_over(container.root)
        processes.stop([lock], 0)

        def finish() -> None:
            lock.unlink(missing_ok=True)
            ended(self)

        # The kernel ends a process with the thread that started it, which so has to wait for it.
        self.process = sessions.Process(
            processes.launch_command(lock, os.getpid(), COMMAND),
            variables,
            container.root,
            partial(listen, container.host),
            ended=finish,
            begins=container.layout.code,
        )


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
            one.process.signal(signal.SIGKILL)

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
            if event.process.wait(None):
                self.failed = event
                self._end()  # the others would wait for it
        return "ended"

    def _end(self) -> None:
        """Ends what still runs: SIGTERM, and SIGKILL after the grace time."""
        for one in self._running:
            one.process.signal(signal.SIGTERM)
        deadline = time.monotonic() + self._grace
        while self._running:
            event = self._next(deadline)
            if isinstance(event, Instance):
                self._running.remove(event)
            elif event == "late":
                for one in self._running:
                    one.process.signal(signal.SIGKILL)
                deadline = time.monotonic() + 1.0

    def _next(self, deadline: float) -> Instance | str:
        try:
            return self._events.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return "late"
