"""Queue between the changes in the cluster and the controllers that act on them.

As in Kubernetes' own controllers a change only names an object to look at: the controller reads the
object's present state and reconciles it. A change that is missed, doubled or seen late therefore
does no harm, and a restart begins by looking at everything.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable
from enum import Enum

from rehearsal.kubernetes.controllers.kube import Key

log = logging.getLogger(__name__)

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0


class Parked(Enum):
    """Outcome of a controller that cannot go on until something else in the cluster changes."""

    PARKED = "parked"


PARKED = Parked.PARKED
Outcome = float | Parked | None
"""Time of the next look at an object.

A number is in seconds, PARKED is at the next change of the cluster, None is never.
"""


class TryAgain(Exception):  # noqa: N818 - said, not failed
    """The object cannot be reconciled now; it is looked at again after a delay that grows."""


class WorkQueue:
    """Queue that gives each key to the handler, never the same key twice at a time."""

    def __init__(self, handle: Callable[[Key], Outcome], workers: int = 4) -> None:
        self._handle = handle
        self._changed = threading.Condition()
        self._due: list[tuple[float, Key]] = []
        self._waiting: dict[Key, float] = {}
        self._running: set[Key] = set()
        self._parked: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._wakes = 0
        self._stopped = False
        self._workers = [
            threading.Thread(target=self._work, name=f"controller-{number}", daemon=True)
            for number in range(workers)
        ]

    def start(self) -> None:
        """Start the workers."""
        for worker in self._workers:
            worker.start()

    def stop(self, wait: float = 5.0) -> None:
        """Take up nothing more, and wait at most `wait` seconds for the work in progress."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        deadline = time.monotonic() + wait
        for worker in self._workers:
            if worker.is_alive():
                worker.join(max(0.0, deadline - time.monotonic()))

    def add(self, key: Key, delay: float = 0.0) -> None:
        """Schedule a look at an object in `delay` seconds, unless an earlier one is scheduled."""
        with self._changed:
            self._add(key, delay)

    def wake(self) -> None:
        """Schedule a look at each parked object, because the cluster has changed."""
        with self._changed:
            self._wakes += 1
            for key in self._parked:
                self._add(key, 0.0)
            self._parked.clear()

    def _add(self, key: Key, delay: float) -> None:
        moment = time.monotonic() + delay
        if self._waiting.get(key, moment + 1) > moment:
            self._waiting[key] = moment
            heapq.heappush(self._due, (moment, key))
            self._changed.notify()

    def _take(self) -> tuple[Key, int] | None:
        with self._changed:
            while not self._stopped:
                found = self._first()
                if isinstance(found, Key):
                    self._running.add(found)
                    self._parked.discard(found)
                    return found, self._wakes
                self._changed.wait(found)
        return None

    def _first(self) -> Key | float | None:
        """Return a key that is due and idle, else the seconds to wait for one.

        None means to wait for a notification.
        """
        postponed = []
        wait = None
        while self._due:
            moment, key = heapq.heappop(self._due)
            if self._waiting.get(key) != moment:
                continue  # asked for again at an earlier moment
            if moment > time.monotonic():
                heapq.heappush(self._due, (moment, key))
                wait = moment - time.monotonic()
                break
            if key in self._running:
                postponed.append((moment, key))
                continue
            del self._waiting[key]
            self._postpone(postponed)
            return key
        self._postpone(postponed)
        return wait

    def _postpone(self, entries: list[tuple[float, Key]]) -> None:
        for entry in entries:
            heapq.heappush(self._due, entry)

    def _work(self) -> None:
        while taken := self._take():
            key, wakes = taken
            outcome = self._outcome(key)
            with self._changed:
                self._running.discard(key)
                if isinstance(outcome, float | int):
                    self._add(key, float(outcome))
                elif outcome is PARKED and wakes == self._wakes:
                    self._parked.add(key)
                elif outcome is PARKED:
                    self._add(key, 0.0)
                self._changed.notify()

    def _outcome(self, key: Key) -> Outcome:
        try:
            outcome = self._handle(key)
        except TryAgain as reason:
            log.info("%s %s/%s: %s", key.kind, key.namespace, key.name, reason)
        except Exception:
            log.exception(
                "%s %s/%s could not be brought forward", key.kind, key.namespace, key.name
            )
        else:
            self._failures.pop(key, None)
            return outcome
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        return float(min(LONGEST_DELAY, FIRST_DELAY * 2 ** (failures - 1)))
