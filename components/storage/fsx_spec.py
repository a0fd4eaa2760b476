"""Settings of an FSx for Lustre file system, and what FSx asks of them.

Sources: Amazon FSx API Reference, CreateFileSystem and CreateFileSystemLustreConfiguration; FSx
for Lustre User Guide, "Deployment and storage class options" and "Working with backups".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from components.names import kms_key_errors
from components.spec.errors import NOT_SET, ConfigError, Path
from components.spec.model import Spec
from components.storage.fsx_association_spec import (
    ASSOCIATIONS,
    FsxAssociationSpec,
    association_errors,
)
from components.storage.fsx_link_spec import FsxLinkSpec

DeploymentType = Literal["PERSISTENT_1", "PERSISTENT_2", "SCRATCH_2"]
StorageType = Literal["SSD", "HDD"]
DriveCacheType = Literal["NONE", "READ"]
DataCompressionType = Literal["NONE", "LZ4"]
FileSystemTypeVersion = Literal["2.12", "2.15"]

THROUGHPUTS: Final[dict[tuple[DeploymentType, StorageType], tuple[int, ...]]] = {
    ("PERSISTENT_1", "SSD"): (50, 100, 200),
    ("PERSISTENT_1", "HDD"): (12, 40),
    ("PERSISTENT_2", "SSD"): (125, 250, 500, 1000),
    ("SCRATCH_2", "SSD"): (),
}
"""Throughputs in MB/s per TiB (FSx API, PerUnitStorageThroughput). FSx offers no other pair."""

MIN_SSD_GIB = 1200
SSD_STEP_GIB = 2400
HDD_STEPS_GIB = {12: 6000, 40: 1800}
"""Steps of capacity in GiB, by the throughput in MB/s per TiB."""

TYPE: Path = ("deploymentType",)
STORAGE_TYPE: Path = ("storageType",)
THROUGHPUT: Path = ("perUnitStorageThroughput",)
LINK: Path = ("link",)

TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
WEEKLY_TIME = re.compile(r"[1-7]:([01]\d|2[0-3]):[0-5]\d", re.ASCII)


class FsxSpec(Spec):
    """FSx for Lustre file system in one zone.

    AWS changes these in place: a larger capacity, another throughput of SSD storage, a newer
    version, compression, backups, times, tags and the link's autoImportPolicy. Any other change
    would replace the file system and lose its data, and is refused; see allowReplacementOf.
    """

    driver_name: ClassVar[str] = "fsx.csi.aws.com"
    resource_type: ClassVar[str] = "aws:fsx/lustreFileSystem:LustreFileSystem"

    deployment_type: DeploymentType = "PERSISTENT_1"
    """Deployment type. PERSISTENT_1 is replicated. PERSISTENT_2 is replicated and faster, and is
    linked to S3 by associations only. SCRATCH_2 is not replicated: data is lost when a file server
    fails."""

    storage_type: StorageType = "SSD"
    """Kind of disks: SSD, or HDD with PERSISTENT_1."""

    drive_cache_type: DriveCacheType | None = Field(default=None, examples=["READ"])
    """SSD read cache of HDD storage: NONE or READ. HDD storage requires the key; SSD storage has no
    cache."""

    storage_capacity_gib: int = 1200
    """Storage capacity in GiB. SSD: 1200, or a multiple of 2400. HDD: a multiple of 6000 at 12 MB/s
    per TiB, of 1800 at 40. It can grow, six hours after the last growth, and cannot shrink."""

    per_unit_storage_throughput: int | None = None
    """Throughput in MB/s per TiB of capacity. PERSISTENT_1: 50, 100 or 200 (SSD), 12 or 40 (HDD).
    PERSISTENT_2: 125, 250, 500 or 1000. By default it is the lowest of them. On SSD storage it
    changes in place, and clients wait for a few minutes; on HDD storage it is fixed."""

    file_system_type_version: FileSystemTypeVersion = "2.15"
    """Lustre version of the file servers. A newer version is installed in place."""

    data_compression_type: DataCompressionType = "LZ4"
    """Compression of the stored data."""

    zone: str | None = None
    """Availability Zone of the file system, among network.zones. By default it is the first of them
    when the file system is created."""

    weekly_maintenance_start_time: str | None = None
    """Start of the weekly maintenance window in UTC, as d:HH:MM where Monday is 1 and Sunday is 7.
    By default AWS chooses it."""

    automatic_backup_retention_days: Annotated[int, Field(ge=0, le=90)] = Field(
        default=0, examples=[7]
    )
    """Days that automatic backups are kept; 0 for no backups. A file system that is linked to S3
    cannot have backups."""

    daily_automatic_backup_start_time: str | None = Field(default=None, examples=["02:00"])
    """Start of the daily backup in UTC, as HH:MM. By default AWS chooses it."""

    kms_key_arn: str | None = Field(
        default=None,
        examples=["arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    )
    """ARN of the KMS key that encrypts the file system. Without it, AWS's own key for FSx is used.
    Fixed for the life of the file system."""

    link: FsxLinkSpec | None = FsxLinkSpec()
    """Link of the whole file system to S3; null for none. It is fixed at creation, and exports
    nothing by itself."""

    associations: dict[str, FsxAssociationSpec] = Field(default_factory=dict)
    """Links of directories to S3 by name, at most 8, instead of `link`. They come and go on a
    running file system, and may import and export changes by themselves."""

    @property
    def is_linked(self) -> bool:
        """True if the file system, or a directory of it, is linked to S3."""
        return self.link is not None or bool(self.associations)

    @property
    def throughput(self) -> int | None:
        """Throughput in MB/s per TiB, by default the lowest of the type; None for SCRATCH_2."""
        if self.per_unit_storage_throughput is not None:
            return self.per_unit_storage_throughput
        return min(THROUGHPUTS.get((self.deployment_type, self.storage_type), ()), default=None)

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of FSx for Lustre."""
        for rule in (
            *(_storage_type, _drive_cache, _throughput, _storage_capacity, _maintenance_window),
            *(_backups, _backup_time, _kms_key, _link, _associations),
        ):
            yield from rule(self)


def capacity_step(kind: StorageType, throughput: int | None) -> int | None:
    """Return the step of capacity in GiB; None if there is no such throughput in MB/s per TiB."""
    return SSD_STEP_GIB if kind == "SSD" else HDD_STEPS_GIB.get(throughput or 0)


def nearest_capacities(capacity: int, kind: StorageType, step: int) -> tuple[int, ...]:
    """Return the capacities in GiB that FSx takes next to one: itself if FSx takes it.

    Args:
        capacity: The wanted capacity, in GiB.
        kind: Type of the storage.
        step: Step that its capacity comes in, in GiB.
    """
    smallest = MIN_SSD_GIB if kind == "SSD" else step
    if capacity == smallest or (capacity > 0 and capacity % step == 0):
        return (capacity,)
    if capacity < smallest:
        return (smallest,)
    below = capacity // step * step or smallest
    return (below, (capacity // step + 1) * step)


def join_options(options: tuple[int | str, ...]) -> str:
    """Return options as a sentence has them: 50, 100 or 200."""
    *others, last = (str(one) for one in options)
    return f"{', '.join(others)} or {last}" if others else last


def _storage_type(fsx: FsxSpec) -> Iterator[ConfigError]:
    if (fsx.deployment_type, fsx.storage_type) not in THROUGHPUTS:
        rule = f"HDD storage is offered for PERSISTENT_1 only, not for {fsx.deployment_type}"
        remedy = "set SSD, or deploymentType PERSISTENT_1"
        yield ConfigError(STORAGE_TYPE, rule, fsx.storage_type, remedy, (TYPE,))


def _drive_cache(fsx: FsxSpec) -> Iterator[ConfigError]:
    path, cache = ("driveCacheType",), fsx.drive_cache_type
    if fsx.storage_type == "HDD" and cache is None:
        rule = "HDD storage must say NONE or READ"
        yield ConfigError(path, rule, NOT_SET, "set one", (STORAGE_TYPE,))
    if fsx.storage_type == "SSD" and cache is not None:
        rule = "only HDD storage has a drive cache"
        yield ConfigError(path, rule, cache, "remove it", (STORAGE_TYPE,))


def _throughput(fsx: FsxSpec) -> Iterator[ConfigError]:
    value = fsx.per_unit_storage_throughput
    offered = THROUGHPUTS.get((fsx.deployment_type, fsx.storage_type))
    if value is None or offered is None or value in offered:
        return
    kind = f"{fsx.deployment_type} {fsx.storage_type}"
    if offered:
        rule = f"must be {join_options(offered)} MB/s per TiB for {kind}"
        remedy = f"set {min(offered, key=lambda tier: abs(tier - value))}, the nearest"
        if (fit := _deployment_type_with(value, fsx.storage_type)) is not None:
            remedy += f", or deploymentType {fit}"
    else:
        rule, remedy = f"{kind} has no choice of throughput", "remove it"
    yield ConfigError(THROUGHPUT, rule, value, remedy, (TYPE, STORAGE_TYPE))


def _deployment_type_with(throughput: int, kind: StorageType) -> DeploymentType | None:
    for (deployment, storage), tiers in THROUGHPUTS.items():
        if storage == kind and throughput in tiers:
            return deployment
    return None


def _storage_capacity(fsx: FsxSpec) -> Iterator[ConfigError]:
    value, kind = fsx.storage_capacity_gib, fsx.storage_type
    step = capacity_step(kind, fsx.throughput)
    if step is None:
        return
    fitting = nearest_capacities(value, kind, step)
    if value in fitting:
        return
    rule = f"must be 1200 GiB or a multiple of {step} for SSD"
    if kind == "HDD":
        rule = f"must be a multiple of {step} GiB for HDD at {fsx.throughput} MB/s per TiB"
    path, depends_on = ("storageCapacityGib",), (STORAGE_TYPE, THROUGHPUT)
    yield ConfigError(path, rule, value, f"set {join_options(fitting)}", depends_on)


def _maintenance_window(fsx: FsxSpec) -> Iterator[ConfigError]:
    value = fsx.weekly_maintenance_start_time
    if value is not None and not WEEKLY_TIME.fullmatch(value):
        rule = "must be d:HH:MM in UTC, d from 1 (Monday) to 7 (Sunday)"
        remedy = 'set for instance "7:03:00", Sunday at three'
        yield ConfigError(("weeklyMaintenanceStartTime",), rule, value, remedy)


def _backups(fsx: FsxSpec) -> Iterator[ConfigError]:
    path, value = ("automaticBackupRetentionDays",), fsx.automatic_backup_retention_days
    if value and fsx.is_linked:
        rule = "a file system linked to S3 has no backups: the bucket is its durable copy"
        remedy = "set 0, or `link: null`" if fsx.link else "set 0, or remove the associations"
        yield ConfigError(path, rule, value, remedy, (LINK, ASSOCIATIONS))
    elif value and fsx.deployment_type == "SCRATCH_2":
        rule = "a scratch file system has no backups"
        yield ConfigError(path, rule, value, "set 0, or deploymentType PERSISTENT_1", (TYPE,))


def _backup_time(fsx: FsxSpec) -> Iterator[ConfigError]:
    path, value = ("dailyAutomaticBackupStartTime",), fsx.daily_automatic_backup_start_time
    if value is None:
        return
    if not TIME_OF_DAY.fullmatch(value):
        yield ConfigError(path, "must be HH:MM in UTC", value, 'set for instance "02:00"')
    if not fsx.automatic_backup_retention_days:
        rule = "has a meaning only where automaticBackupRetentionDays is above 0"
        depends_on = (("automaticBackupRetentionDays",),)
        yield ConfigError(path, rule, value, "remove it", depends_on)


def _kms_key(fsx: FsxSpec) -> Iterator[ConfigError]:
    path: Path = ("kmsKeyArn",)
    yield from kms_key_errors(path, fsx.kms_key_arn)
    if fsx.kms_key_arn is not None and fsx.deployment_type == "SCRATCH_2":
        rule = "a scratch file system is encrypted with AWS's key only"
        yield ConfigError(path, rule, fsx.kms_key_arn, "remove it", (TYPE,))


def _link(fsx: FsxSpec) -> Iterator[ConfigError]:
    if fsx.link is not None and fsx.deployment_type == "PERSISTENT_2":
        rule = "PERSISTENT_2 cannot be linked to S3 by importPath and exportPath"
        remedy = "set PERSISTENT_1, or `link: null` and `associations`"
        yield ConfigError(TYPE, rule, fsx.deployment_type, remedy, (LINK,))


def _associations(fsx: FsxSpec) -> Iterator[ConfigError]:
    yield from association_errors(fsx.associations)
    if fsx.associations and fsx.link is not None:
        rule = "a file system has either a link or associations"
        remedy = "set `link: null`, or remove the associations"
        yield ConfigError(ASSOCIATIONS, rule, [*fsx.associations], remedy, (LINK,))
