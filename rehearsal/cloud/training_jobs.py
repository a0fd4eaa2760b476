"""Training jobs as SageMaker remembers them, and their moves, for whoever runs or follows them.

A job is accepted Pending and moves only as somebody else says: a runner calls `advance`. No job
claims an end or a model that it does not have.
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
TOLD = (
    "ModelArtifacts",
    "FailureReason",
    "FinalMetricDataList",
    "BillableTimeInSeconds",
    "TrainingTimeInSeconds",
)


class Moves:
    """Counts the moves of all jobs, and wakes whoever waits for the next.

    The count begins at the clock's nanoseconds, so that no number of an earlier process of the
    emulated cloud is ever given again.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.began = self.last = time.time_ns()

    def count(self) -> int:
        """The number of one more move."""
        with self._changed:
            self.last += 1
            self._changed.notify_all()
            return self.last

    def wait(self, seen: int, seconds: float) -> None:
        """Returns when there is a move after the one seen, or when the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self.last != seen, min(seconds, LONGEST_WAIT_SECONDS))


MOVES = Moves()


@dataclass(eq=False)
class TrainingJob:
    """A training job, with the attributes that moto's own calls look at."""

    description: dict[str, Any]
    tags: list[dict[str, str]]
    attended: bool = False
    """Whether a runner has taken it up, and so will say when it has stopped."""
    moved: int = 0

    @property
    def arn(self) -> str:
        """Its ARN."""
        return str(self.description["TrainingJobArn"])

    @property
    def status(self) -> str:
        """Its TrainingJobStatus."""
        return str(self.description["TrainingJobStatus"])

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.status in ENDED

    def move(self, status: str, secondary: str, message: str) -> None:
        """Brings it to a state, and notes when."""
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
        self.moved = MOVES.count()

    def restart(self) -> None:
        """Forgets the times of a try that was cut off."""
        self.description.pop("TrainingStartTime", None)


def advance(account_id: str, name: str, change: dict[str, Any]) -> dict[str, Any]:
    """Moves a training job on, as whoever runs it says.

    Args:
        account_id: The account.
        name: The job's name.
        change: TrainingJobStatus and SecondaryStatus, and what else of DescribeTrainingJob's
            answer changes; StatusMessage says why.

    Returns:
        The job's statuses now.

    Raises:
        LookupError: There is no such job.
        ValueError: The change lacks a status, or the job is over, or was asked to stop, or would
            be Completed without a model that exists.
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
    job.description |= {key: change[key] for key in TOLD if key in change}
    for metric in change.get("FinalMetricDataList", []):
        moment = datetime.fromtimestamp(metric["Timestamp"], UTC)
        metric["Timestamp"] = moment.replace(tzinfo=None)  # as all of moto's times
    job.attended = secondary != "Pending"
    if secondary == "Restarting":
        job.restart()
    job.move(status, secondary, change.get("StatusMessage", secondary))
    return {"TrainingJobName": name, "TrainingJobStatus": status, "SecondaryStatus": secondary}


def moved_since(account_id: str, seen: int) -> dict[str, Any]:
    """The jobs that moved after the move seen, and the number of the last one.

    Whoever has seen moves of an earlier process gets all jobs: those may be other than they were.
    """
    last = MOVES.last
    jobs = [
        {
            "TrainingJobName": name,
            "Region": region,
            "TrainingJobStatus": job.status,
            "SecondaryStatus": job.description["SecondaryStatus"],
        }
        for region, name, job in _all(account_id)
        if job.moved > seen or seen < MOVES.began
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
