"""Rules of FSx for Lustre.

Sources: Amazon FSx API Reference, CreateFileSystem and CreateFileSystemLustreConfiguration; FSx
for Lustre User Guide, "Deployment and storage class options" and "Working with backups".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.names import kms_key_errors, kms_region_errors
from components.spec.errors import NOT_SET, ConfigError, Path
from settings.fsx import THROUGHPUTS, DeploymentType, StorageType
from settings.stack import Settings

FSX: Path = ("storage", "fsx")
TYPE: Path = (*FSX, "deploymentType")
STORAGE_TYPE: Path = (*FSX, "storageType")
THROUGHPUT: Path = (*FSX, "perUnitStorageThroughput")

SMALLEST_SSD = 1200
SSD_STEP = 2400
HDD_STEPS = {12: 6000, 40: 1800}
"""GiB, by MB/s per TiB."""

TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
WEEKLY_TIME = re.compile(r"[1-7]:([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def storage_type(settings: Settings) -> Iterator[ConfigError]:
    """HDD is of PERSISTENT_1 only."""
    fsx = settings.storage.fsx
    if (fsx.deployment_type, fsx.storage_type) not in THROUGHPUTS:
        rule = f"HDD storage is offered for PERSISTENT_1 only, not for {fsx.deployment_type}"
        remedy = "set SSD, or deploymentType PERSISTENT_1"
        yield ConfigError(STORAGE_TYPE, rule, fsx.storage_type, remedy, (TYPE,))


def drive_cache(settings: Settings) -> Iterator[ConfigError]:
    """HDD wants to know about its cache; SSD has none."""
    fsx = settings.storage.fsx
    path = (*FSX, "driveCacheType")
    if fsx.storage_type == "HDD" and fsx.drive_cache_type is None:
        yield ConfigError(
            path, "HDD storage must say NONE or READ", NOT_SET, "set one", (STORAGE_TYPE,)
        )
    if fsx.storage_type == "SSD" and fsx.drive_cache_type is not None:
        rule = "only HDD storage has a drive cache"
        yield ConfigError(path, rule, fsx.drive_cache_type, "remove it", (STORAGE_TYPE,))


def throughput(settings: Settings) -> Iterator[ConfigError]:
    """Each deployment and storage type has its own tiers of throughput."""
    fsx = settings.storage.fsx
    value = fsx.per_unit_storage_throughput
    offered = THROUGHPUTS.get((fsx.deployment_type, fsx.storage_type))
    if value is None or offered is None or value in offered:
        return
    kind = f"{fsx.deployment_type} {fsx.storage_type}"
    if offered:
        rule = f"must be {choice(offered)} MB/s per TiB for {kind}"
        remedy = f"set {min(offered, key=lambda tier: abs(tier - value))}, the nearest"
        if (fit := _offering(value, fsx.storage_type)) is not None:
            remedy += f", or deploymentType {fit}"
    else:
        rule, remedy = f"{kind} has no choice of throughput", "remove it"
    yield ConfigError(THROUGHPUT, rule, value, remedy, (TYPE, STORAGE_TYPE))


def capacity_step(kind: StorageType, throughput: int | None) -> int | None:
    """The step that capacity grows in, in GiB; None if there is no such throughput."""
    return SSD_STEP if kind == "SSD" else HDD_STEPS.get(throughput or 0)


def fitting_capacities(capacity: int, kind: StorageType, step: int) -> tuple[int, ...]:
    """The capacities FSx takes next to a given one, in GiB: itself if it takes that."""
    smallest = SMALLEST_SSD if kind == "SSD" else step
    if capacity == smallest or (capacity > 0 and capacity % step == 0):
        return (capacity,)
    if capacity < smallest:
        return (smallest,)
    below = capacity // step * step or smallest
    return (below, (capacity // step + 1) * step)


def storage_capacity(settings: Settings) -> Iterator[ConfigError]:
    """Capacity comes in steps."""
    fsx = settings.storage.fsx
    step = capacity_step(fsx.storage_type, fsx.throughput)
    if step is None:
        return
    fitting = fitting_capacities(fsx.storage_capacity_gib, fsx.storage_type, step)
    if fsx.storage_capacity_gib in fitting:
        return
    rule = f"must be 1200 GiB or a multiple of {step} for SSD"
    if fsx.storage_type == "HDD":
        rule = f"must be a multiple of {step} GiB for HDD at {fsx.throughput} MB/s per TiB"
    remedy = f"set {choice(fitting)}"
    value = fsx.storage_capacity_gib
    yield ConfigError((*FSX, "storageCapacityGib"), rule, value, remedy, (STORAGE_TYPE, THROUGHPUT))


def maintenance_window(settings: Settings) -> Iterator[ConfigError]:
    """The weekly window starts on a day and minute."""
    value = settings.storage.fsx.weekly_maintenance_start_time
    if value is not None and not WEEKLY_TIME.fullmatch(value):
        rule = "must be d:HH:MM in UTC, d from 1 (Monday) to 7 (Sunday)"
        remedy = 'set for instance "7:03:00", Sunday at three'
        yield ConfigError((*FSX, "weeklyMaintenanceStartTime"), rule, value, remedy)


def backups(settings: Settings) -> Iterator[ConfigError]:
    """Backups are for persistent file systems that no S3 bucket is behind."""
    fsx = settings.storage.fsx
    value, path = fsx.automatic_backup_retention_days, (*FSX, "automaticBackupRetentionDays")
    if value and fsx.link is not None:
        rule = "a file system linked to S3 has no backups: the bucket is its durable copy"
        yield ConfigError(path, rule, value, "set 0, or `link: null`", ((*FSX, "link"),))
    elif value and fsx.deployment_type == "SCRATCH_2":
        rule = "a scratch file system has no backups"
        yield ConfigError(path, rule, value, "set 0, or deploymentType PERSISTENT_1", (TYPE,))


def backup_time(settings: Settings) -> Iterator[ConfigError]:
    """The time of the daily backup has a form, and a meaning only with backups."""
    fsx = settings.storage.fsx
    value, path = fsx.daily_automatic_backup_start_time, (*FSX, "dailyAutomaticBackupStartTime")
    retention: Path = (*FSX, "automaticBackupRetentionDays")
    if value is None:
        return
    if not TIME_OF_DAY.fullmatch(value):
        yield ConfigError(path, "must be HH:MM in UTC", value, 'set for instance "02:00"')
    if not fsx.automatic_backup_retention_days:
        rule = "has a meaning only where automaticBackupRetentionDays is above 0"
        yield ConfigError(path, rule, value, "remove it", (retention,))


def kms_key(settings: Settings) -> Iterator[ConfigError]:
    """Encryption with one's own key is for persistent file systems."""
    fsx = settings.storage.fsx
    path: Path = (*FSX, "kmsKeyArn")
    yield from kms_key_errors(path, fsx.kms_key_arn)
    yield from kms_region_errors(path, fsx.kms_key_arn, settings.region)
    if fsx.kms_key_arn is not None and fsx.deployment_type == "SCRATCH_2":
        rule = "a scratch file system is encrypted with AWS's key only"
        yield ConfigError(path, rule, fsx.kms_key_arn, "remove it", (TYPE,))


def zone(settings: Settings) -> Iterator[ConfigError]:
    """The file system's subnet is one of the network's."""
    value, zones = settings.storage.fsx.zone, settings.network.zones
    if value is not None and value not in zones:
        rule = "must be one of network.zones: the file system lies in a subnet of the VPC"
        remedy = f"set {choice(zones)}" if zones else "add it to network.zones"
        yield ConfigError((*FSX, "zone"), rule, value, remedy, (("network", "zones"),))


def choice(options: tuple[int | str, ...]) -> str:
    """Options as a sentence has them: 50, 100 or 200."""
    *others, last = (str(one) for one in options)
    return f"{', '.join(others)} or {last}" if others else last


def _offering(throughput: int, kind: StorageType) -> DeploymentType | None:
    """The deployment type that has that throughput."""
    fits = [
        deployment
        for (deployment, storage), tiers in THROUGHPUTS.items()
        if storage == kind and throughput in tiers
    ]
    return fits[0] if fits else None


RULES = (
    storage_type,
    drive_cache,
    throughput,
    storage_capacity,
    maintenance_window,
    backups,
    backup_time,
    kms_key,
    zone,
)
