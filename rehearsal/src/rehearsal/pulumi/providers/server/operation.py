"""Call in progress on this thread, and its cancellation.

A wait ends soon when the engine signals cancellation (Ctrl-C), and when the engine itself is
gone, because then nobody is left to receive the result.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event, Lock

import grpc

from rehearsal.pulumi.providers.server.provider import ProviderError


class Cancelled(ProviderError):  # noqa: N818 - not an error of anyone's
    """The engine asked to stop, or went away."""

    def __init__(self) -> None:
        super().__init__("cancelled before it was done; the next update goes on from here")


_cancelled: ContextVar[Event | None] = ContextVar("cancelled", default=None)


def pause(seconds: float) -> None:
    """Wait inside an operation.

    Raises:
        Cancelled: The operation has been cancelled, or is cancelled during the wait.
    """
    event = _cancelled.get() or Event()
    if event.wait(seconds):
        raise Cancelled


class Operations:
    """Calls in progress of one server, by instance."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: dict[str, set[Event]] = {}

    @contextmanager
    def running(self, instance: str, context: grpc.ServicerContext) -> Iterator[None]:
        """Make the enclosed code an operation of the instance, which `cancel` reaches."""
        event = Event()
        context.add_callback(event.set)
        with self._lock:
            self._running.setdefault(instance, set()).add(event)
        token = _cancelled.set(event)
        try:
            yield
        finally:
            _cancelled.reset(token)
            self._ended(instance, event)

    def _ended(self, instance: str, event: Event) -> None:
        with self._lock:
            events = self._running[instance]
            events.discard(event)
            if not events:
                del self._running[instance]

    def cancel(self, instance: str) -> None:
        """End every wait of the instance's operations; those that start later are not affected."""
        with self._lock:
            for event in self._running.get(instance, ()):
                event.set()
