"""Settings of a channel of a training job, and what SageMaker asks of them.

Sources: SageMaker API Reference, Channel, S3DataSource, ShuffleConfig and AlgorithmSpecification
(TrainingInputMode); Developer Guide, "Configure data input mode using the SageMaker Python SDK"
(file systems are read in File mode only).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from components.spec.errors import ConfigError
from components.spec.model import Spec

InputMode = Literal["File", "FastFile", "Pipe"]
Distribution = Literal["FullyReplicated", "ShardedByS3Key"]
MAX_CONTENT_TYPE_LENGTH = 256


class ChannelSpec(Spec):
    """Input of a training job, of any format."""

    dataset: str = Field(examples=["digits"])
    """Name of the dataset, one of datasets."""

    channel: str | None = Field(default=None, examples=["train"])
    """Channel of the dataset; by default the one of the same name, or its only one."""

    source: Literal["storage", "s3"] = "storage"
    """Read the shared storage, or the objects in S3 without it: storage or s3."""

    input_mode: InputMode = "File"
    """Mode in which a container gets the data of S3: File (copied before it starts), FastFile
    (shown as files and streamed when they are read) or Pipe (a named pipe). The shared storage is
    read as File."""

    content_type: str | None = Field(default=None, examples=["application/x-image"])
    """Media type that the container is told; by default the job's."""

    distribution: Distribution = "FullyReplicated"
    """Objects for each instance: all of them, or a part (ShardedByS3Key). Only for S3."""

    compression: Literal["Gzip"] | None = Field(default=None, examples=["Gzip"])
    """Compression of the objects, which SageMaker undoes in Pipe mode."""

    record_wrapper: Literal["RecordIO"] | None = Field(default=None, examples=["RecordIO"])
    """Wrapping of each object in a RecordIO record, in Pipe mode."""

    shuffle_seed: Annotated[int, Field(ge=0)] | None = Field(default=None, examples=[7])
    """Seed by which SageMaker shuffles the order of the objects. Only for S3."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield an error for each option that SageMaker does not take with the others."""
        if self.source == "storage":
            yield from _of_storage(self)
        if self.input_mode != "Pipe":
            for key, value in (
                ("compression", self.compression),
                ("recordWrapper", self.record_wrapper),
            ):
                if value is not None:
                    rule = "is an option of Pipe mode: in another mode it stays unset"
                    remedy = "remove it, or set `inputMode: Pipe`"
                    yield ConfigError((key,), rule, value, remedy, (("inputMode",),))
        if self.content_type is not None and len(self.content_type) > MAX_CONTENT_TYPE_LENGTH:
            rule = f"must be at most {MAX_CONTENT_TYPE_LENGTH} characters"
            yield ConfigError(("contentType",), rule, self.content_type, "shorten it")


def dataset_channel(name: str, spec: ChannelSpec, known: Sequence[str]) -> str:
    """Return the channel of a dataset that a channel of a job reads; empty if there is none.

    Args:
        name: Name of the job's channel.
        spec: Settings of the job's channel.
        known: Channels of the dataset.
    """
    if spec.channel is not None:
        return spec.channel if spec.channel in known else ""
    if name in known:
        return name
    return known[0] if len(known) == 1 else ""


def _of_storage(spec: ChannelSpec) -> Iterator[ConfigError]:
    remedy, depends_on = "set `source: s3`, or remove it", (("source",),)
    if spec.input_mode != "File":
        rule = "streams objects of S3: a file system is read in File mode only"
        yield ConfigError(("inputMode",), rule, spec.input_mode, remedy, depends_on)
    if spec.distribution != "FullyReplicated":
        rule = "divides objects of S3: of a file system every instance sees all files"
        yield ConfigError(("distribution",), rule, spec.distribution, remedy, depends_on)
    if spec.shuffle_seed is not None:
        rule = "shuffles objects of S3: a file system has no order to shuffle"
        yield ConfigError(("shuffleSeed",), rule, spec.shuffle_seed, remedy, depends_on)
