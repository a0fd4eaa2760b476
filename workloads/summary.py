"""Progress lines, at most one a second, and the summary of a command for other programs.

The last line of a successful command is `summary` and a JSON object with workload, files, bytes,
seconds and further fields of the command.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

PROGRESS_INTERVAL = 1.0
"""Minimum number of seconds between two progress lines."""


class Progress:
    """Thread-safe counter of the files and bytes of a command."""

    def __init__(
        self,
        workload: str,
        *,
        files: int | None = None,
        size: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the counter.

        Args:
            workload: Name of the command, such as download.
            files: Expected number of files, or None if it is not known.
            size: Expected number of bytes, or None if it is not known.
            clock: Function that returns seconds; tests have their own.
        """
        self.workload = workload
        self.files = 0
        self.bytes = 0
        self._totals = (files, size)
        self._clock = clock
        self._started = self._printed = clock()
        self._lock = threading.Lock()

    def set_totals(self, files: int, size: int) -> None:
        """Set the expected numbers of files and bytes."""
        self._totals = (files, size)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._started

    def add(self, *, files: int = 0, size: int = 0) -> None:
        """Add finished files and bytes to the counter."""
        with self._lock:
            self.files += files
            self.bytes += size
            now = self._clock()
            if now - self._printed < PROGRESS_INTERVAL:
                return
            self._printed = now
        say(self._line())

    def _line(self) -> str:
        files, size = self._totals
        of_files = "" if files is None else f" of {files}"
        of_bytes = "" if size is None else f" of {format_bytes(size)}"
        return (
            f"{self.workload}: {self.files}{of_files} files, {format_bytes(self.bytes)}{of_bytes}, "
            f"{megabytes_per_second(self.bytes, self.seconds)} MB/s"
        )

    def finish(self, **more: object) -> None:
        """Print the summary.

        Args:
            more: Further fields of the summary.
        """
        print_summary(
            self.workload,
            files=self.files,
            bytes=self.bytes,
            seconds=round(self.seconds, 3),
            **more,
        )


def print_summary(workload: str, **fields: object) -> None:
    """Print the summary, the last line of a successful command."""
    say(f"summary {json.dumps({'workload': workload, **fields})}")


def say(text: str) -> None:
    """Print a line and flush, so that it appears in a pod's log immediately."""
    print(text, flush=True)


def megabytes_per_second(size: int, seconds: float) -> float:
    """Return the throughput in megabytes (10^6 bytes) per second."""
    return round(size / 1e6 / max(seconds, 1e-9), 1)


def format_bytes(size: float) -> str:
    """Return a number of bytes as text with a unit, in powers of 1024."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
