"""Answer whether a fault applies to a call or a resource, in any process of the rehearsal.

A list is in effect while the command that injects it holds a lock. Without such a command a
question costs one look for a file.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from rehearsal.faults.kinds import KINDS, Fault, FaultList, parsed
from rehearsal.paths import Environment
from rehearsal.records import Record, add

FOLDER = "faults"
LIST, LOCK = "active.json", "active.lock"


@dataclass
class Matches:
    """Matches of one list so far, by which it decides on the next one.

    The draw for a match depends on the seed, the entry and the subject's own number of matches, and
    not on the order of different subjects: two calls that change places draw the same.
    """

    of: FaultList
    seen: Counter[int] = field(default_factory=Counter)
    applied: Counter[int] = field(default_factory=Counter)
    subjects: Counter[tuple[int, str]] = field(default_factory=Counter)

    def decide(self, kind: str, service: str, call: str, name: str) -> Fault | None:
        """Count a match in every entry of a kind, and return the first that applies to it."""
        found = [
            fault
            for number, fault in enumerate(self.of.faults)
            if fault.kind == kind
            and fnmatchcase(service, fault.service)
            and fnmatchcase(call, fault.call)
            and fnmatchcase(name, fault.name)
            and self._applies(number, fault, f"{service} {call} {name}")
        ]
        return found[0] if found else None

    def _applies(self, number: int, fault: Fault, subject: str) -> bool:
        self.seen[number] += 1
        self.subjects[number, subject] += 1
        most = fault.times
        if fault.probability is not None:
            text = f"{self.of.seed} {number} {subject} {self.subjects[number, subject]}"
            drawn = int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2**32
            applies = drawn < fault.probability
        else:
            applies = self.seen[number] >= fault.nth
            most = most or (None if KINDS[fault.kind].lasting else 1)
        if not applies or (most is not None and self.applied[number] >= most):
            return False
        self.applied[number] += 1
        return True


@dataclass(frozen=True)
class Planned:
    """A fault that was decided on, and the function that records that it has happened."""

    fault: Fault
    record: Callable[[], None]


class Follower:
    """View of an environment's faults in one process."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._folder = environment.root / FOLDER
        self._list = self._folder / LIST  # asked for with every call
        self._lock = threading.Lock()
        self._matches: Matches | None = None
        self._version: tuple[int, int] | None = None
        self._recorded: set[tuple[Fault, str]] = set()

    @property
    def is_active(self) -> bool:
        """True while a command injects faults."""
        return self._list.exists() and is_held(self._folder / LOCK)

    def planned(self, kind: str, service: str, call: str, name: str) -> Planned | None:
        """Return the fault of a kind that applies to a call or a resource."""
        with self._lock:
            matches = self._current()
            fault = matches.decide(kind, service, call, name) if matches else None
            if matches is None or fault is None:
                return None
            subject = " ".join(filter(None, (service, call, name)))
            number = matches.of.faults.index(fault)
            return Planned(fault, partial(self._record, fault, number, subject))

    def _current(self) -> Matches | None:
        """Return the matches of the list in effect; a new list begins with none."""
        if not self.is_active:
            return None
        try:
            status, text = self._list.stat(), self._list.read_text()
        except FileNotFoundError:  # the command has just ended
            return None
        version = (status.st_ino, status.st_mtime_ns)
        if version != self._version:
            self._matches, self._version = Matches(parsed(json.loads(text))), version
            self._recorded.clear()
        return self._matches

    def _record(self, fault: Fault, number: int, subject: str) -> None:
        """Record an application; of one that goes on, the first for each subject."""
        with self._lock:
            if fault.kind in ONGOING and (fault, subject) in self._recorded:
                return
            self._recorded.add((fault, subject))
        detail = {"entry": number}
        add(self._environment, Record("fault", fault.kind, subject, "", 0, 0, 0.0, detail=detail))


ONGOING = ("slow-iam", "late-import", "slow-mount")
"""Kinds about which the same subject asks again and again."""

_followers: list[Follower] = []


def follow(environment: Environment | None) -> None:
    """Ask an environment for faults from now on, in this process; None asks no environment."""
    _followers[:] = [Follower(environment)] if environment else []


def are_active() -> bool:
    """Return whether a command injects faults now."""
    return any(one.is_active for one in _followers)


def applied(kind: str, service: str = "", call: str = "", name: str = "") -> Fault | None:
    """Return the fault that applies to a call or a resource now, and record it; None without one.

    A question counts as a match: it must be asked once for each call or new resource.
    """
    found = planned(kind, service, call, name)
    if found is None:
        return None
    found.record()
    return found.fault


def planned(kind: str, service: str = "", call: str = "", name: str = "") -> Planned | None:
    """Return the fault that will apply to a call or a resource; the caller records it then."""
    for one in _followers:
        return one.planned(kind, service, call, name)
    return None


def is_held(lock: Path) -> bool:
    """Return whether a command holds the lock of its faults."""
    try:
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
