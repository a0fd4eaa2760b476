"""The EFS file system."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

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


class AccessPoint(Spec):
    """The directory that claims see as their root, and the POSIX identity they act as."""

    path: str = "/shared"
    """The directory on the file system; made on first use."""

    uid: Annotated[int, Field(ge=0, le=2**32 - 1)] = 1000
    """The user that owns it and that every access acts as."""

    gid: Annotated[int, Field(ge=0, le=2**32 - 1)] = 1000
    """The group that owns it and that every access acts as."""

    permissions: str = "0775"
    """Its POSIX mode, in octal and in quotes."""


class Efs(Spec):
    """An EFS file system, encrypted, with a mount target in each zone."""

    throughput_mode: ThroughputMode = "elastic"
    """elastic grows with use; bursting with stored data; provisioned is a fixed rate. AWS takes
    another mode in place, once in 24 hours."""

    provisioned_throughput_mibps: Annotated[float, Field(ge=1, le=3414)] | None = None
    """The rate of throughputMode provisioned, in MiB/s. It is raised in place at any time, and
    lowered once in 24 hours, counted from the last lowering or change of throughputMode."""

    performance_mode: PerformanceMode = "generalPurpose"
    """generalPurpose has the lowest latency; maxIO cannot be elastic. Fixed for the life of the
    file system."""

    transition_to_ia: Age | None = "AFTER_30_DAYS"
    """How long after its last access a file moves to Infrequent Access."""

    transition_to_archive: Age | None = None
    """How long after its last access a file moves to Archive (elastic only)."""

    backup: bool = True
    """Daily backups by AWS Backup."""

    kms_key_arn: str | None = None
    """The KMS key that encrypts it, as an ARN. Without one, AWS's own key for EFS. Fixed for the
    life of the file system."""

    access_point: AccessPoint = AccessPoint()
    """The directory and identity that claims have."""
