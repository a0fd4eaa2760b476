"""Training: SageMaker jobs launched from inside Kubernetes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from components.spec.model import Spec
from settings.bucket import Days

XgboostVersion = Literal["1.7-1", "3.0-5", "3.2-0"]
ContentType = Literal["text/csv", "text/libsvm"]
Seconds = Annotated[int, Field(ge=1, le=28 * 24 * 3600)]


class TrainingJob(Spec):
    """A SageMaker training job that reads a dataset from the shared storage.

    It trains again when what decides its model changes: the dataset's content, the image, the
    script, the hyperparameters, the content type, instanceType and instanceCount, and `run`.
    SageMaker changes nothing of a job that it has taken: other changes, be it of these keys or of
    network, tags and storage, count from the job's next run.
    """

    dataset: str
    """The dataset it reads, by its name in bucket.datasets."""

    xgboost_version: XgboostVersion = "3.2-0"
    """The version of SageMaker's built-in XGBoost, used unless image is given."""

    image: str | None = None
    """Another training image in Amazon ECR, with its tag or digest."""

    script: bool = False
    """Run this project's own training script, workloads/train.py, in SageMaker's XGBoost image
    instead of the algorithm that is built in there."""

    content_type: ContentType = "text/csv"
    """The format of the dataset's files."""

    instance_type: str = "ml.m5.large"
    """SageMaker's instance type for training, such as ml.m5.large: those of botocore's model."""

    instance_count: Annotated[int, Field(ge=1, le=100)] = 1
    """How many instances share the job."""

    volume_size_gib: Annotated[int, Field(ge=1, le=16384)] = 30
    """The volume of each instance, in GiB; of no effect on types with NVMe disks, such as ml.g5."""

    max_runtime_seconds: Seconds = 3600
    """When a job that still trains is stopped, in seconds; at most 28 days."""

    spot: bool = False
    """Train on spare capacity, which AWS may take back."""

    max_wait_seconds: Seconds | None = None
    """With spot: how long to wait for capacity and train in all; at least maxRuntimeSeconds."""

    checkpoints: bool = False
    """Keep checkpoints in the data bucket while it trains, under checkpoints/, from which it goes
    on when spot capacity was taken back."""

    hyper_parameters: dict[str, str] = Field(default_factory=dict)
    """The algorithm's hyperparameters; values are strings, in quotes. Those of the built-in
    algorithm are judged as SageMaker's container judges them, those of the script as it does."""

    run: Annotated[int, Field(ge=1)] = 1
    """Raise it to train again with everything else the same, or as it was once before; also to try
    again after a failure that a limit, the volume or the network had caused."""


class OnNewData(Spec):
    """An inbox for new data: what comes in makes training jobs, one for each batch of it.

    The inbox is a bucket of its own, where data is put at DATASET/train/FILE and
    DATASET/validation/FILE; the stack's output `inbox` tells its name.
    """

    job: str
    """One of training.jobs: the new job is like it, and reads its dataset and what came in."""

    expiration_days: Days | None = None
    """The age at which what came in is deleted, in days: batches after that are without it.
    Without one it stays until somebody deletes it."""

    quiet_seconds: Annotated[int, Field(ge=1, le=900)] = 30
    """A batch is complete when nothing has come for so long."""

    longest_seconds: Annotated[int, Field(ge=1, le=3600)] = 300
    """Or when it was begun so long ago."""

    keep_batches: Annotated[int, Field(ge=1)] = 3
    """How many batches stay on the shared storage, beside those that a job still reads."""


class Training(Spec):
    """The training jobs, and where in the cluster they are."""

    namespace: str = "training"
    """The Kubernetes namespace of the jobs."""

    jobs: dict[str, TrainingJob] = Field(default_factory=dict)
    """Training jobs by name."""

    on_new_data: OnNewData | None = None
    """Training whenever there is new data; null for none."""
