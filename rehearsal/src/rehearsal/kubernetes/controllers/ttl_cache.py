"""TTL cache, so that a burst of objects asks AWS and the cluster only once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class TtlCache(Generic[K, V]):
    """TTL cache, with a lifetime in seconds; an answer of None is not cached."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._known: dict[K, tuple[float, V]] = {}
        self._lock = threading.Lock()

    def get(self, key: K, ask: Callable[[], V]) -> V:
        """Return the cached answer for a key, or ask for it.

        An exception of `ask` passes through and is not cached.
        """
        with self._lock:
            known = self._known.get(key)
        if known and self._clock() < known[0]:
            return known[1]
        answer = ask()
        if answer is not None:
            with self._lock:
                self._known[key] = (self._clock() + self._seconds, answer)
        return answer
