"""A job's log file: its stages, and what its containers print."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from .job import Job
from .metrics import Metrics


class Journal:
    """Writes the log as CloudWatch shows it, where a tab is #011, and finds the metrics in it."""

    def __init__(self, job: Job, metrics: Metrics) -> None:
        job.log.parent.mkdir(parents=True, exist_ok=True)
        self._file = job.log.open("a", buffering=1)
        self._several = len(job.hosts) > 1
        self._metrics = metrics
        self._lock = threading.Lock()

    def stage(self, secondary: str, message: str) -> None:
        """Notes that the job has come to a stage."""
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
        with self._lock:
            self._file.write(f"{now} {secondary} - {message}\n")

    def line(self, host: str, text: str) -> None:
        """Takes a line that an instance printed; for any thread."""
        text = text.replace("\t", "#011")
        with self._lock:
            self._metrics.read(text)
            self._file.write(f"[{host}] {text}\n" if self._several else f"{text}\n")

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
