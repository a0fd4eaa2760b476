"""Settings of an EFS file system, and what EFS asks of them.

Sources: EFS API Reference, CreateFileSystem; EFS User Guide, "Performance specifications" and "EFS
storage classes".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from components.names import kms_key_errors
from components.spec.errors import NOT_SET, ConfigError, Path
from components.spec.model import Spec
from components.storage.efs_access_point_spec import AccessPointSpec

ThroughputMode = Literal["elastic", "bursting", "provisioned"]
PerformanceMode = Literal["generalPurpose", "maxIO"]
Age = Literal[
    "AFTER_1_DAY",
    "AFTER_7_DAYS",
    "AFTER_14_DAYS",
    "AFTER_30_DAYS",
    "AFTER_60_DAYS",
    "AFTER_90_DAYS",
    "AFTER_180_DAYS",
    "AFTER_270_DAYS",
    "AFTER_365_DAYS",
]

MODE: Path = ("throughputMode",)
TO_IA: Path = ("transitionToIa",)
TO_ARCHIVE: Path = ("transitionToArchive",)


class EfsSpec(Spec):
    """EFS file system, encrypted, with a mount target in each zone."""

    driver_name: ClassVar[str] = "efs.csi.aws.com"
    resource_type: ClassVar[str] = "aws:efs/fileSystem:FileSystem"

    throughput_mode: ThroughputMode = "elastic"
    """Throughput mode: elastic grows with use, bursting with the stored data; provisioned is a
    fixed rate. AWS changes the mode in place, once in 24 hours."""

    provisioned_throughput_mibps: Annotated[float, Field(ge=1, le=3414)] | None = Field(
        default=None, examples=[128]
    )
    """Rate in MiB/s, for throughputMode provisioned only. It can be raised at any time, and lowered
    once in 24 hours, counted from the last lowering or change of throughputMode."""

    performance_mode: PerformanceMode = "generalPurpose"
    """Performance mode: generalPurpose has the lowest latency; maxIO cannot be combined with
    throughputMode elastic. Fixed for the life of the file system."""

    transition_to_ia: Age | None = "AFTER_30_DAYS"
    """Time after its last access at which a file moves to Infrequent Access; null for never."""

    transition_to_archive: Age | None = Field(default=None, examples=["AFTER_90_DAYS"])
    """Time after its last access at which a file moves to Archive. Without it, no file does. It
    needs throughputMode elastic."""

    backup: bool = True
    """Make daily backups with AWS Backup; true by default."""

    kms_key_arn: str | None = Field(
        default=None,
        examples=["arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    )
    """ARN of the KMS key that encrypts the file system. Without it, AWS's own key for EFS is used.
    Fixed for the life of the file system."""

    access_point: AccessPointSpec = AccessPointSpec()
    """Directory of the claims, and their POSIX identity."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of EFS."""
        yield from _performance_mode(self)
        yield from _provisioned_throughput(self)
        yield from _archive(self)
        yield from kms_key_errors(("kmsKeyArn",), self.kms_key_arn)


def _performance_mode(efs: EfsSpec) -> Iterator[ConfigError]:
    if efs.performance_mode == "maxIO" and efs.throughput_mode == "elastic":
        rule = "maxIO is not offered with elastic throughput"
        remedy = "set generalPurpose, or throughputMode bursting or provisioned"
        yield ConfigError(("performanceMode",), rule, efs.performance_mode, remedy, (MODE,))


def _provisioned_throughput(efs: EfsSpec) -> Iterator[ConfigError]:
    path, rate = ("provisionedThroughputMibps",), efs.provisioned_throughput_mibps
    if efs.throughput_mode == "provisioned" and rate is None:
        rule = "throughputMode provisioned needs its rate"
        remedy = "set it in MiB/s, or throughputMode elastic"
        yield ConfigError(path, rule, NOT_SET, remedy, (MODE,))
    if efs.throughput_mode != "provisioned" and rate is not None:
        rule = f"has no meaning with throughputMode {efs.throughput_mode}"
        yield ConfigError(path, rule, rate, "remove it, or set throughputMode provisioned", (MODE,))


def _archive(efs: EfsSpec) -> Iterator[ConfigError]:
    value, ages = efs.transition_to_archive, get_args(Age)
    if value is None:
        return
    if efs.throughput_mode != "elastic":
        rule = "the Archive class is for throughputMode elastic only"
        yield ConfigError(TO_ARCHIVE, rule, value, "remove it", (MODE,))
    soonest = -1 if efs.transition_to_ia is None else ages.index(efs.transition_to_ia)
    if ages.index(value) <= soonest:
        rule = "must be later than transitionToIa"
        remedy = "set a longer time, or a shorter one for transitionToIa"
        yield ConfigError(TO_ARCHIVE, rule, value, remedy, (TO_IA,))
