"""What each part of a rehearsal uses, and when none of it runs, from Linux's own accounting."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.places import HOME_VARIABLE

PARTS = {
    "program": ("language_host/program.py",),
    "language host": ("rehearsal.language_host",),
    "engine": ("/pulumi",),
    "provider aws": ("rehearsal.providers.aws",),
    "provider kubernetes": ("rehearsal.providers.kubernetes",),
    "provider eks": ("rehearsal.providers.eks",),
    "helm": ("/helm",),
    "cloud": ("rehearsal.cloud",),
    "controllers": ("rehearsal.cluster.controllers",),
    "Kubernetes": ("/cluster", "rehearsal.cluster"),
    "training jobs": ("rehearsal.sagemaker",),
}
"""What a process's command line holds, by part; the first that fits is taken."""
BENCH = "Automation API"
"""The part of the process that measures: it starts the engine, and reads what it says."""
OTHER = "other"
"""The part of what no part's signs fit, such as a pod's process."""
TICKS = os.sysconf("SC_CLK_TCK")
INTERVAL = 0.1
"""Seconds between two looks."""
MEMORY_INTERVAL = 1.0
"""Seconds between two looks at the memory, which cost more."""


@dataclass
class Usage:
    """What one part used while it was watched: CPU seconds, and MiB (PSS) when all used most."""

    seconds: float = 0.0
    mib: float = 0.0


@dataclass(frozen=True)
class Process:
    """One process at one look.

    Attributes:
        part: that it belongs to.
        seconds: CPU time so far.
        with_children: the same, with that of its children that have ended.
    """

    pid: int
    part: str
    seconds: float
    with_children: float


@dataclass
class Watch:
    """Watches every process of the rehearsal in one folder between `with` and its end.

    Attributes:
        seconds: wall time.
        waits: wall time in which no process ran: the part of each interval between two looks
            that is longer than the CPU time of all processes in it. On a machine that others
            load, it also holds the time that ours were kept from running.
        others: CPU seconds of all other processes of the machine.
    """

    home: Path
    seconds: float = 0.0
    waits: float = 0.0
    others: float = 0.0
    parts: dict[str, Usage] = field(default_factory=lambda: defaultdict(Usage))
    _last: dict[int, Process] = field(default_factory=dict)
    _cost: float = 0.0
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Watch:
        """Begin to look."""
        self._machine = machine_seconds()
        self.begin()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look once more, and stop."""
        self._ended.set()
        self._thread.join()
        self.record()
        self.others = max(0.0, machine_seconds() - self._machine - self.cpu)

    @property
    def cpu(self) -> float:
        """CPU seconds of all processes together."""
        return sum(used.seconds for used in self.parts.values())

    @property
    def mib(self) -> float:
        """The memory of all processes together (PSS), when it was highest."""
        return sum(used.mib for used in self.parts.values())

    def begin(self) -> None:
        """Take the first look, from which the others are counted."""
        self._last = {one.pid: one for one in processes(self.home)}
        self._looked = time.perf_counter()
        self._memory_looked = self._looked - MEMORY_INTERVAL

    def record(self) -> None:
        """Look at every process; add what it did since the last look."""
        began = time.thread_time()
        now = {one.pid: one for one in processes(self.home)}
        looked = time.perf_counter()
        passed = looked - self._looked
        # A child that has ended and its parent are counted as one, so that it is not lost. The
        # last look itself is nobody's work.
        used = max(0.0, total(now) - total(self._last) - self._cost)
        self.waits += max(0.0, passed - used)
        self.seconds += passed
        for pid, one in now.items():
            before = self._last[pid].seconds if pid in self._last else 0.0
            self.parts[one.part].seconds += one.seconds - before
        self.parts[BENCH].seconds -= self._cost
        self._looked, self._last = looked, now
        if looked - self._memory_looked >= MEMORY_INTERVAL:
            self._memory_looked = looked
            self._record_memory(now)
        self._cost = time.thread_time() - began

    def _look(self) -> None:
        while not self._ended.wait(INTERVAL):
            self.record()

    def _record_memory(self, now: dict[int, Process]) -> None:
        found = memory(now.values())
        if sum(found.values()) > self.mib:
            for part in {*self.parts, *found}:
                self.parts[part].mib = found.get(part, 0.0)


def total(found: dict[int, Process]) -> float:
    """CPU seconds of some processes and of their children that have ended."""
    return sum(one.with_children for one in found.values())


def processes(home: Path) -> list[Process]:
    """Each process of the rehearsal that keeps its things in a folder, and this one.

    Those have the folder in their environment, or descend from one that has.
    """
    sign = f"{HOME_VARIABLE}={home}\0".encode()
    stats: dict[int, tuple[int, float, float]] = {}
    parts: dict[int, str] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
                stats[int(folder.name)] = stat(folder)
                if sign in (folder / "environ").read_bytes():
                    parts[int(folder.name)] = part_of(folder)
    parts[os.getpid()] = BENCH
    found = []
    for pid, (_, seconds, with_children) in stats.items():
        part = next((parts[one] for one in lineage(pid, stats) if one in parts), None)
        if part:
            found.append(Process(pid, part, seconds, with_children))
    return found


def lineage(pid: int, stats: dict[int, tuple[int, float, float]]) -> Iterator[int]:
    """A process, its parent, and so on."""
    while pid in stats:
        yield pid
        pid = stats[pid][0]


def stat(folder: Path) -> tuple[int, float, float]:
    """A process's parent, its CPU seconds, and those with its children that have ended."""
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    own, children = (sum(map(int, fields[at : at + 2])) / TICKS for at in (11, 13))
    return int(fields[1]), own, own + children


def part_of(folder: Path) -> str:
    """The part that a process belongs to, by its command line."""
    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    for part, signs in PARTS.items():
        if any(sign in command for sign in signs):
            return part
    return OTHER


def memory(found: Iterable[Process]) -> dict[str, float]:
    """The memory of some processes in MiB, by part.

    PSS: a page that several processes share counts for each of them by its share, so that the
    sum is what the machine has to have.
    """
    parts: dict[str, float] = defaultdict(float)
    for one in found:
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            for line in Path(f"/proc/{one.pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    parts[one.part] += int(line.split()[1]) / 1024
    return dict(parts)


def machine_seconds() -> float:
    """CPU seconds of everything on this machine since it started."""
    fields = [int(one) for one in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    user, nice, system, _idle, _iowait, irq, softirq = fields[:7]
    return (user + nice + system + irq + softirq) / TICKS
