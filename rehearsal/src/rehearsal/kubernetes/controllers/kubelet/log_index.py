"""Index of a container's log: the times at which it grew, and the starts of the container.

The log itself is what the process wrote, without times. The index is a file beside it, with a line
for each time: seconds since the epoch, and the size of the log in bytes. A line that ends in
`start` and a number is a start of the container, after so many restarts.
"""

from __future__ import annotations

import bisect
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

INTERVAL_SECONDS = 1.0
"""Seconds between two looks at a log, and so the precision of its times."""


class Start(NamedTuple):
    """Start of a container: its restarts before it, and the size of the log in bytes."""

    restarts: int
    offset: int


class Recorder:
    """Writer of the index of one log."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._size = -1

    def start(self, restarts: int) -> int:
        """Record a start of the container, and return the size of the log in bytes."""
        self._size = _size(self._log)
        self._write(f" start {restarts}")
        return self._size

    def look(self) -> None:
        """Record the size of the log, if it has grown."""
        size = _size(self._log)
        if size != self._size:
            self._size = size
            self._write()

    def _write(self, more: str = "") -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with _file(self._log).open("a") as file:
            file.write(f"{time.time():.3f} {self._size}{more}\n")


@dataclass(frozen=True)
class LogIndex:
    """Index of one log; empty if the log has none."""

    times: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)

    @classmethod
    def of(cls, log: Path) -> LogIndex:
        """Return the index of a log."""
        index = cls()
        file = _file(log)
        text = file.read_text() if file.exists() else ""
        for line in text.rpartition("\n")[0].splitlines():  # without a line that is being written
            seconds, size, *start = line.split()
            index.times.append(float(seconds))
            index.sizes.append(int(size))
            if start:
                index.starts.append(Start(int(start[1]), int(size)))
        return index

    def written_since(self, seconds: float) -> int:
        """Return the offset in bytes of what was written at a time or later."""
        later = bisect.bisect_left(self.times, seconds)
        return self.sizes[later - 1] if later else 0

    def time_of(self, offset: int) -> float:
        """Return the time at which the log has reached a size in bytes; now if it is not known."""
        found = bisect.bisect_left(self.sizes, offset)
        return self.times[found] if found < len(self.times) else time.time()


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _file(log: Path) -> Path:
    return log.with_suffix(".index")
