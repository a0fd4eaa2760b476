"""Settings of a SageMaker training job. Its rules are in `training_job_rules`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from components.spec.errors import ConfigError
from components.spec.model import Spec
from components.training import training_job_rules

XgboostVersion = Literal["1.7-1", "3.0-5", "3.2-0"]
ContentType = Literal["text/csv", "text/libsvm"]
Seconds = Annotated[int, Field(ge=1, le=28 * 24 * 3600)]


class TrainingJobSpec(Spec):
    """A SageMaker training job that reads a dataset from the shared storage.

    It trains again when a value changes that decides its model: the dataset's content, the image,
    the script, the hyperparameters, the content type, instanceType and instanceCount, and `run`.
    SageMaker changes nothing of a job that it has accepted. So changes of other keys, or of
    network, tags and storage, count from the job's next run.
    """

    dataset: str
    """Name of the dataset that the job reads, one of bucket.datasets."""

    xgboost_version: XgboostVersion = "3.2-0"
    """Version of SageMaker's built-in XGBoost, used unless image is set."""

    image: str | None = None
    """Another training image in Amazon ECR, with its tag or digest. Without it, SageMaker's XGBoost
    trains."""

    script: bool = False
    """Run this project's own training script, workloads/train.py, in SageMaker's XGBoost image
    instead of the algorithm that is built in there."""

    content_type: ContentType = "text/csv"
    """Format of the dataset's files."""

    instance_type: str = "ml.m5.large"
    """SageMaker's instance type for training, such as ml.m5.large. Those of botocore's model are
    known."""

    instance_count: Annotated[int, Field(ge=1, le=100)] = 1
    """Number of instances that share the job."""

    volume_size_gib: Annotated[int, Field(ge=1, le=16384)] = 30
    """Size of each instance's volume, in GiB. It has no effect on types with NVMe disks, such as
    ml.g5."""

    max_runtime_seconds: Seconds = 3600
    """Seconds after which a job that still trains is stopped, at most 28 days."""

    spot: bool = False
    """Train on spare capacity, which AWS may take back."""

    max_wait_seconds: Seconds | None = None
    """With spot, the seconds to wait for capacity and to train in all, at least
    maxRuntimeSeconds."""

    checkpoints: bool = False
    """Keep checkpoints in the data bucket, under checkpoints/, while the job trains. A job whose
    spot capacity was taken back continues from the last one."""

    hyper_parameters: dict[str, str] = Field(default_factory=dict)
    """Hyperparameters of the algorithm by name. Values are strings, in quotes. Those of the
    built-in algorithm are checked by the rules of SageMaker's container, those of the script by its
    own."""

    run: Annotated[int, Field(ge=1)] = 1
    """Number of the run. Raise it to train again with everything else the same, or as it was once
    before; also to retry after a failure that a limit, the volume or the network had caused."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of a training job."""
        for rule in training_job_rules.RULES:
            yield from rule(self)
