"""Rules of FSx for Lustre about the type, the size, the key and the links of a file system.

Sources: Amazon FSx API Reference, CreateFileSystem and CreateFileSystemLustreConfiguration; FSx
for Lustre User Guide, "Deployment and storage class options".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from components.names import kms_key_errors
from components.spec.errors import NOT_SET, ConfigError, Path
from components.storage.fsx_association_spec import ASSOCIATIONS, association_errors
from components.storage.fsx_types import (
    THROUGHPUTS,
    DeploymentType,
    StorageType,
    capacities,
    join_options,
)

if TYPE_CHECKING:
    from components.storage.fsx_spec import FsxSpec

TYPE: Path = ("deploymentType",)
STORAGE_TYPE: Path = ("storageType",)
THROUGHPUT: Path = ("perUnitStorageThroughput",)
CAPACITY: Path = ("storageCapacityGib",)
LINK: Path = ("link",)

WEEKLY_TIME = re.compile(r"[1-7]:([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def _storage_type(fsx: FsxSpec) -> Iterator[ConfigError]:
    if (fsx.deployment_type, fsx.storage_type) not in THROUGHPUTS:
        right = "PERSISTENT_2" if fsx.storage_type == "INTELLIGENT_TIERING" else "PERSISTENT_1"
        rule = f"{fsx.storage_type} storage is offered for {right} only, not for "
        rule += fsx.deployment_type
        remedy = f"set SSD, or deploymentType {right}"
        yield ConfigError(STORAGE_TYPE, rule, fsx.storage_type, remedy, (TYPE,))


def _drive_cache(fsx: FsxSpec) -> Iterator[ConfigError]:
    path, cache = ("driveCacheType",), fsx.drive_cache_type
    if fsx.storage_type == "HDD" and cache is None:
        rule = "HDD storage must say NONE or READ"
        yield ConfigError(path, rule, NOT_SET, "set one", (STORAGE_TYPE,))
    if fsx.storage_type != "HDD" and cache is not None:
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
    value, kind = fsx.capacity_gib, fsx.storage_type
    offered = capacities(kind, fsx.throughput, efa=fsx.efa_enabled)
    if value is None or offered is None:
        return
    fitting = offered.nearest(value)
    if value in fitting:
        return
    rule = f"must be 1200 GiB or a multiple of {offered.step} for SSD"
    if kind == "HDD":
        rule = f"must be a multiple of {offered.step} GiB for HDD at {fsx.throughput} MB/s per TiB"
    if fsx.efa_enabled:
        rule = f"must be a multiple of {offered.step} GiB with EFA at {fsx.throughput} MB/s per TiB"
    depends_on = (STORAGE_TYPE, THROUGHPUT, ("efaEnabled",))
    yield ConfigError(CAPACITY, rule, value, f"set {join_options(fitting)}", depends_on)


def _maintenance_window(fsx: FsxSpec) -> Iterator[ConfigError]:
    value = fsx.weekly_maintenance_start_time
    if value is not None and not WEEKLY_TIME.fullmatch(value):
        rule = "must be d:HH:MM in UTC, d from 1 (Monday) to 7 (Sunday)"
        remedy = 'set for instance "7:03:00", Sunday at three'
        yield ConfigError(("weeklyMaintenanceStartTime",), rule, value, remedy)


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


RULES = (
    _storage_type,
    _drive_cache,
    _throughput,
    _storage_capacity,
    _maintenance_window,
    _kms_key,
    _link,
    _associations,
)
