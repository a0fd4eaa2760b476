"""Training jobs in SageMaker's state, and the status feed for processes that run or follow them.

A job starts Pending and changes only when another process says so: a runner calls `advance`. No job
reports an end or a model that it does not have.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlparse

from moto.core.utils import utcnow
from moto.s3.models import s3_backends
from moto.sagemaker.models import sagemaker_backends

ENDED = ("Completed", "Failed", "Stopped")
STARTED = ("Downloading", "Training")
LONGEST_WAIT_SECONDS = 30.0
REPORTED = (
    "ModelArtifacts",
    "FailureReason",
    "FinalMetricDataList",
    "BillableTimeInSeconds",
    "TrainingTimeInSeconds",
)


class StatusChanges:
    """Counter of the status changes of all jobs, which wakes the threads that wait for the next.

    The counter starts at the clock's nanoseconds, so that it never repeats a number of an earlier
    process of the emulated AWS.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.began = self.last = time.time_ns()

    def count(self) -> int:
        """Count one more change and return its number."""
        with self._changed:
            self.last += 1
            self._changed.notify_all()
            return self.last

    def wait(self, seen: int, seconds: float) -> None:
        """Wait until there is a change after the given one, or until the time has passed."""
        with self._changed:
            self._changed.wait_for(lambda: self.last != seen, min(seconds, LONGEST_WAIT_SECONDS))


STATUS_CHANGES = StatusChanges()


@dataclass(eq=False)
class TrainingJob:
    """A training job, with the attributes that moto's own calls read."""

    description: dict[str, Any]
    tags: list[dict[str, str]]
    attended: bool = False
    """True if a runner has taken the job, and therefore will report when it has stopped."""
    last_change: int = 0

    @property
    def arn(self) -> str:
        """ARN of the job."""
        return str(self.description["TrainingJobArn"])

    @property
    def status(self) -> str:
        """TrainingJobStatus of the job."""
        return str(self.description["TrainingJobStatus"])

    @property
    def ended(self) -> bool:
        """True if the job has ended."""
        return self.status in ENDED

    def set_status(self, status: str, secondary: str, message: str) -> None:
        """Set the status of the job, and record the time."""
        now = utcnow()
        transitions = self.description["SecondaryStatusTransitions"]
        if transitions:
            transitions[-1]["EndTime"] = now
        transitions.append({"Status": secondary, "StartTime": now, "StatusMessage": message})
        self.description |= {
            "TrainingJobStatus": status,
            "SecondaryStatus": secondary,
            "LastModifiedTime": now,
        }
        if secondary in STARTED:
            self.description.setdefault("TrainingStartTime", now)
        if status in ENDED:
            self.description["TrainingEndTime"] = now
            transitions[-1]["EndTime"] = now
        self.last_change = STATUS_CHANGES.count()

    def restart(self) -> None:
        """Remove the start time of an interrupted try."""
        self.description.pop("TrainingStartTime", None)


def advance(account_id: str, name: str, change: dict[str, Any]) -> dict[str, Any]:
    """Set the status of a training job, for the process that runs it.

    Args:
        account_id: The account.
        name: Name of the job.
        change: TrainingJobStatus, SecondaryStatus, and other members of DescribeTrainingJob's
            result that change; StatusMessage gives the reason.

    Returns:
        The job's present statuses.

    Raises:
        LookupError: There is no such job.
        ValueError: The change lacks a status, the job has ended or was asked to stop, or it would
            be Completed without an existing model.
    """
    job = _find(account_id, name)
    status, secondary = change.get("TrainingJobStatus"), change.get("SecondaryStatus")
    if not status or not secondary:
        raise ValueError("TrainingJobStatus and SecondaryStatus are required.")
    if job.ended or (job.status == "Stopping" and status == "InProgress"):
        raise ValueError(f"The training job {name} is {job.status}.")
    artifact = (change.get("ModelArtifacts") or {}).get("S3ModelArtifacts", "")
    if status == "Completed" and not _object_exists(account_id, artifact):
        raise ValueError(f"A completed job has its model in S3; there is none at {artifact!r}.")
    job.description |= {key: change[key] for key in REPORTED if key in change}
    for metric in change.get("FinalMetricDataList", []):
        moment = datetime.fromtimestamp(metric["Timestamp"], UTC)
        metric["Timestamp"] = moment.replace(tzinfo=None)  # moto's times have no zone
    job.attended = secondary != "Pending"
    if secondary == "Restarting":
        job.restart()
    job.set_status(status, secondary, change.get("StatusMessage", secondary))
    return {"TrainingJobName": name, "TrainingJobStatus": status, "SecondaryStatus": secondary}


def changed_since(account_id: str, seen: int) -> dict[str, Any]:
    """Return the jobs that changed after a given change, and the number of the last change.

    A caller with a number of an earlier process gets all jobs, because they may have changed.
    """
    last = STATUS_CHANGES.last
    jobs = [
        {
            "TrainingJobName": name,
            "Region": region,
            "TrainingJobStatus": job.status,
            "SecondaryStatus": job.description["SecondaryStatus"],
        }
        for region, name, job in _all(account_id)
        if job.last_change > seen or seen < STATUS_CHANGES.began
    ]
    return {"Last": last, "TrainingJobs": jobs}


def _all(account_id: str) -> Iterator[tuple[str, str, TrainingJob]]:
    for region, backend in sagemaker_backends[account_id].items():
        for name, job in backend.training_jobs.items():
            yield region, name, cast(TrainingJob, job)


def _find(account_id: str, wanted: str) -> TrainingJob:
    for _, name, job in _all(account_id):
        if name == wanted:
            return job
    raise LookupError(f"There is no training job {wanted}.")


def _object_exists(account_id: str, path: str) -> bool:
    url = urlparse(path)
    bucket = s3_backends[account_id]["aws"].buckets.get(url.netloc)
    return bucket is not None and url.path.lstrip("/") in bucket.keys
