"""Settings of an EFS file system, and what EFS asks of them.

Sources: EFS API Reference, CreateFileSystem and CreateAccessPoint; EFS User Guide,
"Performance specifications" and "EFS storage classes".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import Field

from components.names import kms_key_errors
from components.spec.errors import NOT_SET, ConfigError, Path
from components.spec.model import Spec

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
PERMISSIONS: Path = ("permissions",)

ACCESS_POINT_PATH = re.compile(r"(/(?!\.)[^/$#<>;`|&?{}^*\n]+){1,4}")
LONGEST_PATH = 100
OCTAL_MODE = re.compile(r"[0-7]{3,4}")
OWNER_ALL = 0o700
OTHERS_READ = 0o005


class AccessPointSpec(Spec):
    """Directory that claims see as their root, and the POSIX identity that they act as."""

    path: str = "/shared"
    """Path of the directory on the file system. EFS makes it on first use."""

    uid: Annotated[int, Field(ge=0, le=2**32 - 1)] = 1000
    """User id of the directory's owner, as which every access acts."""

    gid: Annotated[int, Field(ge=0, le=2**32 - 1)] = 1000
    """Group id of the directory's owner, as which every access acts."""

    permissions: str = "0775"
    """POSIX mode of the directory, in octal and in quotes. SageMaker reads past the access point,
    as another user, so that others must be able to read and enter."""

    @property
    def lets_others_read(self) -> bool:
        """Whether users other than the owner and its group may read and enter the directory."""
        mode = self.permissions
        return not OCTAL_MODE.fullmatch(mode) or int(mode, 8) & OTHERS_READ == OTHERS_READ

    @property
    def permissions_remedy(self) -> str:
        """Remedy for a mode that keeps out somebody who must be let in."""
        return f'set "{int(self.permissions, 8) | OWNER_ALL | OTHERS_READ:04o}"'

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the directory's path and mode."""
        yield from _access_point_path(self)
        yield from _permissions(self)


class EfsSpec(Spec):
    """An EFS file system, encrypted, with a mount target in each zone."""

    throughput_mode: ThroughputMode = "elastic"
    """elastic grows with use; bursting with stored data; provisioned is a fixed rate. AWS changes
    the mode in place, once in 24 hours."""

    provisioned_throughput_mibps: Annotated[float, Field(ge=1, le=3414)] | None = None
    """Rate of throughputMode provisioned, in MiB/s. It is raised in place at any time, and
    lowered once in 24 hours, counted from the last lowering or change of throughputMode."""

    performance_mode: PerformanceMode = "generalPurpose"
    """generalPurpose has the lowest latency; maxIO cannot be elastic. Fixed for the life of the
    file system."""

    transition_to_ia: Age | None = "AFTER_30_DAYS"
    """Time after its last access at which a file moves to Infrequent Access; null for never."""

    transition_to_archive: Age | None = None
    """Time after its last access at which a file moves to Archive (elastic only)."""

    backup: bool = True
    """Daily backups by AWS Backup."""

    kms_key_arn: str | None = None
    """ARN of the KMS key that encrypts the file system. AWS's own key for EFS by default. Fixed for
    the life of the file system."""

    access_point: AccessPointSpec = Field(default_factory=AccessPointSpec)
    """Directory and identity of claims."""

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


def _access_point_path(point: AccessPointSpec) -> Iterator[ConfigError]:
    value = point.path
    if not ACCESS_POINT_PATH.fullmatch(value) or len(value) > LONGEST_PATH:
        rule = (
            f"must be an absolute path of 1 to 4 directories, none of which begins with a dot, and "
            f"at most {LONGEST_PATH} characters"
        )
        yield ConfigError(("path",), rule, value, "set for instance /shared")


def _permissions(point: AccessPointSpec) -> Iterator[ConfigError]:
    value = point.permissions
    if not OCTAL_MODE.fullmatch(value):
        rule = "must be a POSIX mode: three or four octal digits"
        yield ConfigError(PERMISSIONS, rule, value, 'set for instance "0775"')
    elif int(value, 8) & OWNER_ALL != OWNER_ALL:
        rule = "pods act as the directory's owner, who must read, write and enter it"
        yield ConfigError(PERMISSIONS, rule, value, point.permissions_remedy)
