"""What a workload says while it works: a line a second at most, and at its end one for programs.

The last line of a success is `summary` and a JSON object: workload, files, bytes, seconds, and
what else the workload counts.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

INTERVAL = 1.0
"""Seconds between two lines of progress."""


class Progress:
    """Counts the files and bytes of a workload, from any thread."""

    def __init__(
        self,
        workload: str,
        *,
        files: int | None = None,
        size: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to count.

        Args:
            workload: its name, as download.
            files: how many there will be, where that is known.
            size: how many bytes there will be, where that is known.
            clock: seconds; a test has its own.
        """
        self.workload = workload
        self.files = 0
        self.bytes = 0
        self._totals = (files, size)
        self._clock = clock
        self._began = self._said = clock()
        self._lock = threading.Lock()

    def expect(self, files: int, size: int) -> None:
        """Say how many files and bytes there will be."""
        self._totals = (files, size)

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return self._clock() - self._began

    def add(self, *, files: int = 0, size: int = 0) -> None:
        """Count files that are done and bytes that were moved."""
        with self._lock:
            self.files += files
            self.bytes += size
            now = self._clock()
            if now - self._said < INTERVAL:
                return
            self._said = now
        say(self._line())

    def _line(self) -> str:
        files, size = self._totals
        of_files = "" if files is None else f" of {files}"
        of_bytes = "" if size is None else f" of {readable(size)}"
        return (
            f"{self.workload}: {self.files}{of_files} files, {readable(self.bytes)}{of_bytes}, "
            f"{rate(self.bytes, self.seconds)} MB/s"
        )

    def finish(self, **more: object) -> None:
        """Print the summary.

        Args:
            more: what else the summary says, by name.
        """
        summary(
            self.workload,
            files=self.files,
            bytes=self.bytes,
            seconds=round(self.seconds, 3),
            **more,
        )


def summary(workload: str, **facts: object) -> None:
    """Print the last line of a success."""
    say(f"summary {json.dumps({'workload': workload, **facts})}")


def say(text: str) -> None:
    """Print a line at once: a pod's log is read while it runs."""
    print(text, flush=True)


def rate(size: int, seconds: float) -> float:
    """Megabytes (10^6 bytes) a second."""
    return round(size / 1e6 / max(seconds, 1e-9), 1)


def readable(size: float) -> str:
    """A number of bytes as people write it, in powers of 1024."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
