"""The CPU time and peak memory of each part of a rehearsal, from Linux's own accounting."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

PARTS = {
    "program": ("language_host/program.py",),
    "language host": ("rehearsal.language_host",),
    "engine": ("/pulumi",),
    "provider aws": ("rehearsal.providers.aws",),
    "provider kubernetes": ("rehearsal.providers.kubernetes",),
    "provider eks": ("rehearsal.providers.eks",),
    "helm": ("/helm",),
    "cloud": ("rehearsal.cloud",),
    "cluster": ("rehearsal.cluster.controllers", "rehearsal.cluster", "/cluster"),
}
"""What a process's command line holds, by part; the first that fits is taken."""
TICKS = os.sysconf("SC_CLK_TCK")
INTERVAL = 0.1
"""Seconds between two looks; a process that lives shorter than this is missed."""


@dataclass
class Usage:
    """What one part used while it was watched: CPU seconds, and MiB at the highest."""

    seconds: float = 0.0
    peak_mib: float = 0.0


@dataclass
class Watch:
    """Watches every process of a rehearsal between `with` and its end."""

    before: dict[int, float] = field(default_factory=dict)
    latest: dict[int, tuple[str, float, float]] = field(default_factory=dict)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Watch:
        """Begin to look."""
        self.before = {pid: seconds for pid, _, seconds, _ in processes()}
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look once more, and stop."""
        self._ended.set()
        self._thread.join()
        self._record()

    def _look(self) -> None:
        while not self._ended.wait(INTERVAL):
            self._record()

    def _record(self) -> None:
        for pid, part, seconds, peak in processes():
            self.latest[pid] = (part, seconds - self.before.get(pid, 0.0), peak)

    def usage(self) -> dict[str, Usage]:
        """What each part used."""
        parts: dict[str, Usage] = defaultdict(Usage)
        for part, seconds, peak in self.latest.values():
            parts[part].seconds += seconds
            parts[part].peak_mib += peak
        return dict(parts)


def processes() -> list[tuple[int, str, float, float]]:
    """Each process of a rehearsal: its pid, part, CPU seconds so far, peak memory in MiB."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            part = part_of((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            if part:
                found.append((int(folder.name), part, cpu_seconds(folder), peak_mib(folder)))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended while we looked
    return found


def part_of(command: str) -> str | None:
    """The part that a command line belongs to."""
    if not command or "bench" in command.split(" ")[:4]:
        return None
    for part, signs in PARTS.items():
        if any(sign in command for sign in signs):
            return part
    return None


def cpu_seconds(folder: Path) -> float:
    """User and system time of a process."""
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mib(folder: Path) -> float:
    """The highest resident memory of a process."""
    for line in (folder / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
