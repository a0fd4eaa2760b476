"""Write a job's log file: its stages, and the output of its containers."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from rehearsal.sagemaker.job import Job
from rehearsal.sagemaker.metrics import Metrics


class Journal:
    """Writer of the log in CloudWatch's form, which has #011 for a tab, and of its metrics."""

    def __init__(self, job: Job, metrics: Metrics) -> None:
        job.log.parent.mkdir(parents=True, exist_ok=True)
        self._file = job.log.open("a", buffering=1)
        self._several = len(job.hosts) > 1
        self._metrics = metrics
        self._lock = threading.Lock()

    def stage(self, secondary: str, message: str) -> None:
        """Write that the job has entered a stage."""
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
        with self._lock:
            self._file.write(f"{now} {secondary} - {message}\n")

    def line(self, host: str, text: str) -> None:
        """Write a line that an instance printed; any thread may call this."""
        text = text.replace("\t", "#011")
        with self._lock:
            self._metrics.read(text)
            self._file.write(f"[{host}] {text}\n" if self._several else f"{text}\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
