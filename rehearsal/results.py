"""What became of a stack's training jobs: their models, fetched from the bucket and tried out."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from rehearsal.clients import Cloud
from rehearsal.places import World
from rehearsal.sagemaker.job import Job
from rehearsal.sagemaker.storage import split
from rehearsal.training_jobs import TrainingJobMoves

STAGES = ("Starting", "Downloading", "Training", "Uploading")
ENDED = ("Completed", "Failed", "Stopped")
MODEL = "xgboost-model"
_WAIT_SECONDS = 2.0

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """One training job: how it stands, and what its model is worth."""

    name: str
    status: str
    """TrainingJobStatus; "not run" when the rehearsal runs no such image, "late" when it still
    runs after the time that was left for it."""
    reason: str = ""
    """Why, where there is no model."""
    model: str = ""
    """s3://BUCKET/KEY of its model.tar.gz."""
    rows: int = 0
    """How many rows of the validation channel the model was tried on."""
    accuracy: float | None = None
    """The part of them whose class it finds; None for a model that finds no classes."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """How long each of SageMaker's stages took."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """What the job itself said last, as validation:merror."""

    @property
    def good(self) -> bool:
        """Whether nothing is wrong; what is not run here is not wrong."""
        return self.status in {"Completed", "not run"}


def newest_jobs(world: World, region: str, most: int) -> list[str]:
    """The names of the account's newest training jobs, whoever started them; newest first."""
    sagemaker = Cloud(world.cloud_url).client("sagemaker", region)
    found = sagemaker.list_training_jobs(MaxResults=most)["TrainingJobSummaries"]
    return [one["TrainingJobName"] for one in found]


def await_jobs(
    world: World, region: str, names: Iterable[str], timeout: float, tell: Tell = lambda _: None
) -> list[Result]:
    """Waits until training jobs are over, and tries their models.

    Args:
        world: Where they run.
        region: Where they are.
        names: The jobs.
        timeout: For how long to wait, in seconds.
        tell: Told in a line how a job moves.

    Raises:
        OSError: The emulated cloud does not answer.
        ClientError: There is no job of a name.
    """
    waiting, ends = list(dict.fromkeys(names)), time.monotonic() + timeout
    sagemaker, moves = (
        Cloud(world.cloud_url).client("sagemaker", region),
        TrainingJobMoves(world.cloud_url),
    )
    found: dict[str, Job] = {}
    while waiting:
        for moved in moves.next(min(_WAIT_SECONDS, max(0.0, ends - time.monotonic()))):
            if moved.name in waiting:
                tell(f"training job {moved.name}: {moved.secondary}")
        for name in list(waiting):
            said = sagemaker.describe_training_job(TrainingJobName=name)
            found[name] = Job(world, region, said)
            if said["TrainingJobStatus"] in ENDED or found[name].not_run:
                waiting.remove(name)
        if time.monotonic() > ends:
            break
    return [result(job) for job in found.values()]


def result(job: Job) -> Result:
    """What became of a job that is over, is not run here, or is late."""
    said = job.description
    status = said["TrainingJobStatus"]
    if status not in ENDED:
        reason = job.not_run or "it still runs: wait longer, or read its log"
        return Result(job.name, "not run" if job.not_run else "late", reason)
    model = (said.get("ModelArtifacts") or {}).get("S3ModelArtifacts", "")
    metrics = said.get("FinalMetricDataList") or []
    rows, accuracy = _tried(job, model) if model else (0, None)
    return Result(
        job.name,
        status,
        said.get("FailureReason", "" if status == "Completed" else said["SecondaryStatus"]),
        model,
        rows,
        accuracy,
        _seconds(said["SecondaryStatusTransitions"]),
        {one["MetricName"]: one["Value"] for one in metrics},
    )


def fetch(job: Job, model: str) -> bytes | None:
    """The model file in a job's model.tar.gz, from the bucket; None if none of XGBoost's is in it.

    Raises:
        ClientError: The archive is not there.
    """
    bucket, key = split(model)
    s3 = Cloud(job.world.cloud_url).client("s3", job.region)
    packed = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        names = [name for name in tar.getnames() if Path(name).name == MODEL]
        member = tar.extractfile(names[0]) if names else None
        return member.read() if member else None


def show(results: Sequence[Result], console: Console) -> int:
    """Prints the models, and what failed.

    Returns:
        The exit status: 1 if a job failed, was stopped or is late.
    """
    for one in results:
        style = ("red", "yellow", "green")[one.good + (one.status == "Completed")]
        console.print(f"\nTraining job {one.name}: [{style}]{one.status}[/]", soft_wrap=True)
        for name, text in _lines(one):
            console.print(f"    {name:<10}  {text}", markup=False, soft_wrap=True)
    return 0 if all(one.good for one in results) else 1


def _lines(one: Result) -> Iterator[tuple[str, str]]:
    """What there is to say of a job, by a word each."""
    if one.reason:
        yield "reason", one.reason
    if one.model:
        yield "model", one.model
    if one.accuracy is not None:
        yield "accuracy", f"{one.accuracy:.4f} on the {one.rows} rows of the validation channel"
    if one.metrics:
        yield "metrics", ", ".join(f"{name} {value:.4f}" for name, value in one.metrics.items())
    if one.seconds:
        yield "took", ", ".join(f"{stage} {took:.1f} s" for stage, took in one.seconds.items())


def _seconds(transitions: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in transitions:
        if one["Status"] in STAGES and "EndTime" in one:
            took = (one["EndTime"] - one["StartTime"]).total_seconds()
            found[one["Status"]] = found.get(one["Status"], 0.0) + took
    return found


def _tried(job: Job, model: str) -> tuple[int, float | None]:
    """The number of rows of the validation channel, and the part that the model finds."""
    from rehearsal.sagemaker.trial import accuracy  # noqa: PLC0415 - xgboost: a second of start

    packed = fetch(job, model)
    return accuracy(job, packed) if packed else (0, None)
