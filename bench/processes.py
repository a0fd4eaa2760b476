"""Measure the use of CPU and memory by each part of a rehearsal, from Linux's /proc."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.paths import HOME_VARIABLE

PARTS = {
    "program": ("language_host/program.py",),
    "language host": ("rehearsal.pulumi.language_host",),
    "engine": ("/pulumi",),
    "provider aws": ("rehearsal.pulumi.providers.aws",),
    "provider kubernetes": ("rehearsal.pulumi.providers.kubernetes",),
    "provider eks": ("rehearsal.pulumi.providers.eks",),
    "helm": ("/helm",),
    "cloud": ("rehearsal.aws",),
    "controllers": ("rehearsal.kubernetes.controllers",),
    "Kubernetes": ("/cluster", "rehearsal.kubernetes"),
    "training jobs": ("rehearsal.sagemaker",),
}
"""Texts that a process's command line contains, by part; the first part that matches is taken."""
BENCH = "Automation API"
"""Part of the measuring process itself, which starts the engine and reads its output."""
OTHER = "other"
"""Part of a process that matches no other part, such as a pod's process."""
TICKS = os.sysconf("SC_CLK_TCK")
INTERVAL = 0.1
"""Interval between two samples, in seconds."""
MEMORY_INTERVAL = 1.0
"""Interval between two samples of the memory, in seconds; these cost more CPU time."""


@dataclass
class Usage:
    """CPU time and memory of one part while it was watched.

    `mib` is the part's memory (PSS) in MiB at the time when all parts together used most.
    """

    seconds: float = 0.0
    mib: float = 0.0


@dataclass(frozen=True)
class Process:
    """One process in one sample.

    Attributes:
        part: Part of the rehearsal that the process belongs to.
        seconds: CPU time so far, in seconds.
        with_children: CPU time including that of its children that have ended, in seconds.
    """

    pid: int
    part: str
    seconds: float
    with_children: float


@dataclass
class Watch:
    """Context manager that samples every process of the rehearsal in one folder.

    Attributes:
        seconds: Wall time, in seconds.
        waits: Wall time in which no process ran, in seconds: the part of each interval between two
            samples that is longer than the CPU time of all processes in it. On a machine that
            others load, it also includes the time in which the rehearsal's processes were kept from
            running.
        others: CPU time of the machine's other processes, in seconds.
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
        """Start to sample."""
        self._machine = machine_seconds()
        self.begin()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the last sample and stop."""
        self._ended.set()
        self._thread.join()
        self.record()
        self.others = max(0.0, machine_seconds() - self._machine - self.cpu)

    @property
    def cpu(self) -> float:
        """CPU time of all processes together, in seconds."""
        return sum(used.seconds for used in self.parts.values())

    @property
    def mib(self) -> float:
        """Highest memory of all processes together (PSS), in MiB."""
        return sum(used.mib for used in self.parts.values())

    def begin(self) -> None:
        """Take the first sample, which the later ones are compared with."""
        self._last = {one.pid: one for one in processes(self.home)}
        self._looked = time.perf_counter()
        self._memory_looked = self._looked - MEMORY_INTERVAL

    def record(self) -> None:
        """Sample every process and add its use since the last sample."""
        began = time.thread_time()
        now = {one.pid: one for one in processes(self.home)}
        looked = time.perf_counter()
        passed = looked - self._looked
        # A child that has ended is counted with its parent, so that its time is not lost. The
        # cost of the last sample itself is not counted.
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
    """Return the CPU time, in seconds, of some processes and of their children that have ended."""
    return sum(one.with_children for one in found.values())


def processes(home: Path) -> list[Process]:
    """Return each process of the rehearsal whose home is a folder, and this process.

    A process belongs to the rehearsal if its environment, or that of an ancestor, names the folder.
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
    """Yield a process, its parent, and so on."""
    while pid in stats:
        yield pid
        pid = stats[pid][0]


def stat(folder: Path) -> tuple[int, float, float]:
    """Return a process's parent, its CPU time, and that including its children that have ended.

    The times are in seconds.
    """
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    own, children = (sum(map(int, fields[at : at + 2])) / TICKS for at in (11, 13))
    return int(fields[1]), own, own + children


def part_of(folder: Path) -> str:
    """Return the part that a process belongs to, by its command line."""
    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    for part, signs in PARTS.items():
        if any(sign in command for sign in signs):
            return part
    return OTHER


def memory(found: Iterable[Process]) -> dict[str, float]:
    """Return the memory of some processes in MiB, by part.

    The measure is PSS: a page that several processes share is divided among them, so that the sum
    is the memory that the machine needs.
    """
    parts: dict[str, float] = defaultdict(float)
    for one in found:
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            for line in Path(f"/proc/{one.pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    parts[one.part] += int(line.split()[1]) / 1024
    return dict(parts)


def machine_seconds() -> float:
    """Return the CPU time, in seconds, of everything on this machine since it started."""
    fields = [int(one) for one in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    user, nice, system, _idle, _iowait, irq, softirq = fields[:7]
    return (user + nice + system + irq + softirq) / TICKS
