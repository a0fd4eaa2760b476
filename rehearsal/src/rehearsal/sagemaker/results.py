"""Wait for a stack's training jobs, fetch their models from the bucket and evaluate them."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Console

from rehearsal.clients.aws import Cloud
from rehearsal.clients.training_status import StatusFeed
from rehearsal.paths import Environment
from rehearsal.sagemaker.job import Job
from rehearsal.sagemaker.storage import split

STAGES = ("Starting", "Downloading", "Training", "Uploading")
ENDED = ("Completed", "Failed", "Stopped")
MODEL = "xgboost-model"
GONE = {"NoSuchBucket", "NoSuchKey"}
"""Error codes of S3 for an object that was deleted, as by the destruction of its stack."""
_WAIT_SECONDS = 2.0

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """Result of one training job: its status and the quality of its model."""

    name: str
    status: str
    """TrainingJobStatus of SageMaker; "not run" if the rehearsal cannot run the image, or "late" if
    the job still ran at the timeout."""
    reason: str = ""
    """Reason why there is no model; otherwise empty."""
    model: str = ""
    """URI of its model.tar.gz, as s3://BUCKET/KEY."""
    rows: int = 0
    """Number of rows of the validation channel that the model was evaluated on."""
    accuracy: float | None = None
    """Fraction of the rows whose class the model predicts; None for a model that predicts no
    classes."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Duration of each SageMaker stage, in seconds."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Last values of the metrics that the job printed, such as validation:merror."""

    @property
    def good(self) -> bool:
        """True if nothing is wrong; a job that cannot run in the rehearsal is not wrong."""
        return self.status in {"Completed", "not run"}


def newest_jobs(environment: Environment, region: str, most: int) -> list[str]:
    """Return the names of the account's newest training jobs, newest first."""
    sagemaker = Cloud(environment).client("sagemaker", region)
    found = sagemaker.list_training_jobs(MaxResults=most)["TrainingJobSummaries"]
    return [one["TrainingJobName"] for one in found]


def await_jobs(
    environment: Environment,
    region: str,
    names: Iterable[str],
    timeout: float,
    tell: Tell = lambda _: None,
) -> list[Result]:
    """Wait until training jobs have ended, and evaluate their models.

    Args:
        environment: The rehearsal environment.
        region: Region of the jobs.
        names: Names of the jobs.
        timeout: Maximum time to wait, in seconds.
        tell: Function that is called with a line of text when a job changes its status.

    Raises:
        OSError: The emulated AWS does not answer.
        ClientError: There is no job with one of the names.
    """
    waiting, ends = list(dict.fromkeys(names)), time.monotonic() + timeout
    sagemaker, moves = (
        Cloud(environment).client("sagemaker", region),
        StatusFeed(environment),
    )
    found: dict[str, Job] = {}
    while waiting:
        for moved in moves.next(min(_WAIT_SECONDS, max(0.0, ends - time.monotonic()))):
            if moved.name in waiting:
                tell(f"training job {moved.name}: {moved.secondary}")
        for name in list(waiting):
            said = sagemaker.describe_training_job(TrainingJobName=name)
            found[name] = Job(environment, region, said)
            if said["TrainingJobStatus"] in ENDED or found[name].not_run:
                waiting.remove(name)
        if time.monotonic() > ends:
            break
    return [result(job) for job in found.values()]


def result(job: Job) -> Result:
    """Return the result of a job that has ended, cannot run here, or is late."""
    said = job.description
    status = said["TrainingJobStatus"]
    if status not in ENDED:
        reason = job.not_run or "it still runs: wait longer, or read its log"
        return Result(job.name, "not run" if job.not_run else "late", reason)
    model = (said.get("ModelArtifacts") or {}).get("S3ModelArtifacts", "")
    metrics = said.get("FinalMetricDataList") or []
    reason = said.get("FailureReason", "" if status == "Completed" else said["SecondaryStatus"])
    rows, accuracy = 0, None
    try:
        rows, accuracy = _tried(job, model) if model else (0, None)
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
        model, reason = "", f"its model is gone: {model} was deleted after the job"
    return Result(
        job.name,
        status,
        reason,
        model,
        rows,
        accuracy,
        _seconds(said["SecondaryStatusTransitions"]),
        {one["MetricName"]: one["Value"] for one in metrics},
    )


def fetch(job: Job, model: str) -> bytes | None:
    """Return the XGBoost model file in a job's model.tar.gz; None if the archive has none.

    Raises:
        ClientError: The archive does not exist.
    """
    bucket, key = split(model)
    s3 = Cloud(job.environment).client("s3", job.region)
    packed = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        names = [name for name in tar.getnames() if Path(name).name == MODEL]
        member = tar.extractfile(names[0]) if names else None
        return member.read() if member else None


def show(results: Sequence[Result], console: Console) -> int:
    """Print the models and the failures.

    Returns:
        The exit status: 1 if a job failed, was stopped or is late, else 0.
    """
    for one in results:
        style = ("red", "yellow", "green")[one.good + (one.status == "Completed")]
        console.print(f"\nTraining job {one.name}: [{style}]{one.status}[/]", soft_wrap=True)
        for name, text in _lines(one):
            console.print(f"    {name:<10}  {text}", markup=False, soft_wrap=True)
    return 0 if all(one.good for one in results) else 1


def _lines(one: Result) -> Iterator[tuple[str, str]]:
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
    """Return the number of rows of the validation channel, and the accuracy on them."""
    from rehearsal.sagemaker.evaluation import accuracy  # noqa: PLC0415 - xgboost: a second of start

    packed = fetch(job, model)
    return accuracy(job, packed) if packed else (0, None)
