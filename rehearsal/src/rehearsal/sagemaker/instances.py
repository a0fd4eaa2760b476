"""Processes that represent a job's instances, from their start to their end."""

from __future__ import annotations

import os
import queue
import signal
import time
from collections.abc import Callable, Mapping
from functools import partial

from rehearsal.processes import detached, sessions
from rehearsal.sagemaker.containers import COMMAND, Container

GRACE_SECONDS = 120.0
"""Time between SIGTERM and SIGKILL that SageMaker gives an algorithm, in seconds."""

Listen = Callable[[str, str], None]
"""Function that is called with each line that an instance prints: its host and the line."""


class Instance:
    """Process of one instance; it dies with this process, even if this process is killed."""

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
        # End a process of an earlier runner, on systems where the kernel does not end it.
        sessions.end_left_over(container.root)
        detached.stop([lock], 0)

        def finish() -> None:
            lock.unlink(missing_ok=True)
            ended(self)

        # The kernel ends a process with the thread that started it, so this thread must wait.
        self.process = sessions.Process(
            detached.launch_command(lock, os.getpid(), COMMAND),
            variables,
            container.root,
            partial(listen, container.host),
            ended=finish,
            begins=container.layout.code,
        )


class Instances:
    """All instances of a job."""

    def __init__(self, grace_seconds: float = GRACE_SECONDS) -> None:
        self._grace = grace_seconds
        self._events: queue.SimpleQueue[Instance | str] = queue.SimpleQueue()
        self._running: list[Instance] = []
        self.failed: Instance | None = None
        """First instance that failed by itself, or None."""

    def start(self, container: Container, variables: Mapping[str, str], listen: Listen) -> None:
        """Start one more instance."""
        self._running.append(Instance(container, variables, listen, self._events.put))

    def stop(self) -> None:
        """Ask all instances to end; any thread may call this at any time."""
        self._events.put("stopped")

    def interrupt(self) -> None:
        """Take all instances away, as EC2 does with spot capacity; any thread may call this."""
        self._events.put("interrupted")

    def kill(self) -> None:
        """Kill all instances at once; any thread may call this."""
        for one in list(self._running):
            one.process.signal(signal.SIGKILL)

    def wait(self, seconds: float) -> str:
        """Wait until all instances have ended: by themselves, on request, or at the timeout.

        Returns:
            "ended", "stopped", "interrupted" or "late".
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
                self._end()  # otherwise the other instances would wait for it
        return "ended"

    def _end(self) -> None:
        """End the instances that still run: with SIGTERM, and with SIGKILL after the grace time."""
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
