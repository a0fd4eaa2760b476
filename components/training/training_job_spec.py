"""Settings of a SageMaker training job, and what SageMaker asks of them.

Sources: SageMaker API Reference, CreateTrainingJob, ResourceConfig; Developer Guide, "XGBoost
hyperparameters" and "Managed spot training"; "Docker registry paths", which says not to use the
tags :1 and :latest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal, get_args

from pydantic import Field

from components.dataset_spec import channel_errors
from components.spec.errors import NOT_SET, ConfigError, Path
from components.spec.spelling import closest_value
from components.training.channel_spec import MAX_CONTENT_TYPE_LENGTH, ChannelSpec
from components.training.instance_types import has_local_disks, suggest_type, training_types
from components.training.options_spec import TrainingOptionsSpec, option_errors
from components.training.xgboost.built_in import built_in_problems
from components.training.xgboost.limits import size_errors
from components.training.xgboost.relations import ParameterProblem
from components.training.xgboost.script import script_problems

XgboostVersion = Literal["1.7-1", "3.0-5", "3.2-0"]
ContentType = Literal["text/csv", "text/libsvm"]
Seconds = Annotated[int, Field(ge=1, le=28 * 24 * 3600)]

IMAGE = re.compile(
    r"\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/[a-z0-9._/-]+"
    r"(?P<version>:[\w.-]+|@sha256:[0-9a-f]{64})?",
    re.ASCII,
)
"""URI of an image in Amazon ECR."""
MOVING_TAGS = {None, ":1", ":latest"}
VERSIONS_WITHOUT_SCRIPTS = {"1.7-1"}
"""Source: https://github.com/aws/sagemaker-xgboost-container (docker/1.7-1/base)"""
RESERVED_PREFIX = "sagemaker_"
"""Beginning of the hyperparameters that SageMaker's image keeps to itself."""


class TrainingJobSpec(TrainingOptionsSpec):
    """SageMaker training job that reads its data from a file system.

    It trains again when a value changes that its model depends on: the content of the dataset, the
    image, the script, the hyperparameters, the content type, instanceType, instanceCount and `run`.
    SageMaker does not change a job that it has accepted. Changes of other keys, and of network,
    tags and storage, apply from the job's next run.
    """

    xgboost_version: XgboostVersion = "3.2-0"
    """Version of SageMaker's XGBoost image, used unless image is set."""

    image: str | None = Field(
        default=None, examples=["123456789012.dkr.ecr.us-west-2.amazonaws.com/my-training:2.1"]
    )
    """Training image of your own in Amazon ECR, with its tag or digest. Without it, SageMaker's
    XGBoost image is used."""

    script: bool = Field(default=False, examples=[True])
    """Run this project's training script, workloads/train.py, in SageMaker's XGBoost image, in
    place of its built-in algorithm; false by default."""

    content_type: str | None = Field(default=None, examples=["text/libsvm"])
    """Format of the data, as a media type. SageMaker's XGBoost reads text/csv, its default, and
    text/libsvm. An image of your own is told any type, and none by default."""

    instance_type: str = "ml.m5.large"
    """SageMaker instance type for training, such as ml.m5.large. The types in botocore's model of
    the SageMaker API are accepted."""

    instance_count: Annotated[int, Field(ge=1, le=100)] = 1
    """Number of instances of the job."""

    volume_size_gib: Annotated[int, Field(ge=1, le=16384)] = 30
    """Size of each instance's volume, in GiB. It has no effect on types with NVMe disks, such as
    ml.g5."""

    max_runtime_seconds: Seconds = 3600
    """Maximum duration of the training, in seconds, at most 28 days. SageMaker then stops the
    job."""

    spot: bool = Field(default=False, examples=[True])
    """Train on spot capacity, which costs less and can be taken back by AWS; false by default."""

    max_wait_seconds: Seconds | None = Field(default=None, examples=[7200])
    """Maximum time to wait for spot capacity and to train, in seconds, at least maxRuntimeSeconds.
    Required with spot."""

    checkpoints: bool = Field(default=False, examples=[True])
    """Save checkpoints to the data bucket, under checkpoints/, while the job trains; false by
    default. A job that lost its spot capacity continues from the last one."""

    hyper_parameters: dict[str, str] = Field(default_factory=dict)
    """Hyperparameters by name; values are strings, in quotes. Those of the built-in algorithm must
    meet the rules of SageMaker's container, those of the script its own."""

    run: Annotated[int, Field(ge=1)] = 1
    """Number of the run. Raise it to train again with unchanged or earlier settings, or after a
    failure caused by a limit, the volume or the network."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of a training job."""
        yield from _instance_type(self)
        yield from _image(self)
        yield from _spot(self)
        yield from _script(self)
        yield from _content_type(self)
        yield from option_errors(self)
        yield from _options(self)
        yield from _hyper_parameters(self)


class DatasetTrainingJobSpec(TrainingJobSpec):
    """A SageMaker training job that reads a dataset from the shared storage.

    It trains again when a value changes that decides its model: the dataset's content, the image,
    the script, the hyperparameters, the content type, instanceType and instanceCount, and `run`.
    SageMaker changes nothing of a job that it has accepted. So changes of other keys, or of
    network, tags and storage, count from the job's next run.
    """

    dataset: str | None = None
    """Name of the dataset that the job reads from the shared storage, one of datasets: each of its
    channels is one of the job's."""

    channels: dict[str, ChannelSpec] = Field(default_factory=dict)
    """Channels by name, in place of `dataset`: of several datasets, from the shared storage or from
    S3."""

    @property
    def datasets(self) -> tuple[str, ...]:
        """Names of all datasets that the job reads, each once."""
        named = [self.dataset] if self.dataset else []
        return tuple(dict.fromkeys([*named, *(one.dataset for one in self.channels.values())]))

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of a training job and of its channels."""
        yield from super().own_problems()
        yield from channel_errors(("channels",), self.channels)
        if bool(self.dataset) == bool(self.channels):
            rule = "must name a dataset, or channels, one of the two"
            got = self.dataset if self.channels else NOT_SET
            remedy = "name a dataset, whose channels are the job's"
            yield ConfigError(("dataset",), rule, got, remedy, (("channels",),))


def _instance_type(spec: TrainingJobSpec) -> Iterator[ConfigError]:
    if spec.instance_type not in training_types():
        rule = "must be a SageMaker instance type for training, such as ml.m5.large"
        remedy = f"set {suggest_type(spec.instance_type) or 'ml.m5.large'}"
        yield ConfigError(("instanceType",), rule, spec.instance_type, remedy)


def _image(spec: TrainingJobSpec) -> Iterator[ConfigError]:
    if spec.image is None:
        return
    found = IMAGE.fullmatch(spec.image)
    if found is None:
        rule = "must be an image in Amazon ECR: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG"
        yield ConfigError(("image",), rule, spec.image, "push it to ECR, and give that address")
    elif found["version"] in MOVING_TAGS:
        rule = "must have a tag or digest that does not move: never :1, :latest or none"
        yield ConfigError(("image",), rule, spec.image, "give the tag of one release")


def _content_type(spec: TrainingJobSpec) -> Iterator[ConfigError]:
    known = get_args(ContentType)
    if spec.content_type is not None and spec.image is None and spec.content_type not in known:
        rule = f"SageMaker's XGBoost reads {' or '.join(known)} here"
        meant = closest_value(spec.content_type, known)
        remedy = f"set {meant or known[0]}, or an image of your own"
        yield ConfigError(("contentType",), rule, spec.content_type, remedy, (("image",),))
    elif spec.content_type is not None and len(spec.content_type) > MAX_CONTENT_TYPE_LENGTH:
        rule = f"must be at most {MAX_CONTENT_TYPE_LENGTH} characters"
        yield ConfigError(("contentType",), rule, spec.content_type, "shorten it")


def _options(spec: TrainingJobSpec) -> Iterator[ConfigError]:
    key = spec.volume_kms_key_arn
    if key is not None and has_local_disks(spec.instance_type):
        rule = f"{spec.instance_type} has disks of its own, which no KMS key encrypts"
        depends_on: tuple[Path, ...] = (("instanceType",),)
        remedy = "remove it: the instance encrypts them itself"
        yield ConfigError(("volumeKmsKeyArn",), rule, key, remedy, depends_on)
    if spec.keep_alive_seconds and spec.spot:
        rule = "warm pools have no spot instances"
        remedy = "remove it, or set `spot: false`"
        value = spec.keep_alive_seconds
        yield ConfigError(("keepAliveSeconds",), rule, value, remedy, (("spot",),))
    if spec.network_isolation and spec.script:
        rule = "the container of a script fetches it from S3 itself, and needs a network"
        remedy = "set `networkIsolation: false`, or an image with the script in it"
        value = spec.network_isolation
        yield ConfigError(("networkIsolation",), rule, value, remedy, (("script",),))


def _spot(spec: TrainingJobSpec) -> Iterator[ConfigError]:
    path, wait = ("maxWaitSeconds",), spec.max_wait_seconds
    enough = f"set {spec.max_runtime_seconds} or more"
    if spec.spot and wait is None:
        rule = "spot training needs a limit on waiting and training in all"
        yield ConfigError(path, rule, NOT_SET, enough, (("spot",),))
    elif not spec.spot and wait is not None:
        rule = "has a meaning only with spot training"
        yield ConfigError(path, rule, wait, "remove it, or set `spot: true`", (("spot",),))
    elif wait is not None and wait < spec.max_runtime_seconds:
        rule = "must be at least maxRuntimeSeconds"
        yield ConfigError(path, rule, wait, enough, (("maxRuntimeSeconds",),))


def _script(spec: TrainingJobSpec) -> Iterator[ConfigError]:
    if spec.script and spec.image is not None:
        rule = "the script runs in SageMaker's XGBoost image only"
        remedy = "remove image, or set `script: false`"
        yield ConfigError(("script",), rule, spec.script, remedy, (("image",),))
    if spec.script and spec.image is None and spec.xgboost_version in VERSIONS_WITHOUT_SCRIPTS:
        rule = "the script needs Python 3.10 and xgboost 3, and this image has 3.8 and 1.7"
        path, remedy = ("xgboostVersion",), "set 3.2-0, or `script: false`"
        yield ConfigError(path, rule, spec.xgboost_version, remedy, (("script",),))


def _hyper_parameters(spec: TrainingJobSpec) -> Iterator[ConfigError]:
    given = spec.hyper_parameters
    if spec.image is None:
        own = {key: given[key] for key in given if not key.startswith(RESERVED_PREFIX)}
        for name in (key for key in given if key not in own):
            rule = f"SageMaker's image keeps hyperparameters {RESERVED_PREFIX}... to itself"
            path = ("hyperParameters", name)
            yield ConfigError(path, rule, name, "remove it; see `script`")
        if spec.script:
            yield from script_errors((), own)
        else:
            yield from _errors((), built_in_problems(own, spec.xgboost_version))
    yield from size_errors(("hyperParameters",), given, script=spec.script)


def script_errors(path: Path, given: Mapping[str, str]) -> Iterator[ConfigError]:
    """Yield an error for each hyperparameter that the training script refuses.

    Args:
        path: Path of the training, which has `hyperParameters` below it.
        given: Hyperparameters by name.
    """
    yield from _errors(path, script_problems(given))


def _errors(path: Path, found: Iterable[ParameterProblem]) -> Iterator[ConfigError]:
    for one in found:
        depends_on = tuple((*path, "hyperParameters", name) for name in one.depends_on)
        own = (*path, "hyperParameters", one.name)
        yield ConfigError(own, one.rule, one.value, one.remedy, depends_on)
