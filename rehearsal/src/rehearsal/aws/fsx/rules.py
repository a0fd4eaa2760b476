"""AWS's rules for the settings of a Lustre file system.

Each rule takes the request, in the API's shape, and returns the error or None.
Source: FSx API reference of CreateFileSystem and CreateFileSystemLustreConfiguration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlparse

from rehearsal.aws.fsx import tiers
from rehearsal.aws.service import Refusal

Request = Mapping[str, Any]

# MB/s per TiB of storage, by deployment type and storage type.
THROUGHPUTS = {
    ("PERSISTENT_1", "SSD"): (50, 100, 200),
    ("PERSISTENT_1", "HDD"): (12, 40),
    ("PERSISTENT_2", "SSD"): (125, 250, 500, 1000),
}
HDD_STEPS_GIB = {12: 6000, 40: 1800}
# FSx for Lustre User Guide, "Increasing storage capacity".
EFA_STEPS_GIB = {125: 38400, 250: 19200, 500: 9600, 1000: 4800}
VERSIONS = ("2.10", "2.12", "2.15")
LINK_SETTINGS = ("ImportPath", "ExportPath", "AutoImportPolicy", "ImportedFileChunkSize")


def lustre(request: Request) -> Mapping[str, Any]:
    """Return the LustreConfiguration of a request, with the default type SCRATCH_1."""
    return {"DeploymentType": "SCRATCH_1"} | (request.get("LustreConfiguration") or {})


def storage_type(request: Request) -> str:
    """Return the StorageType of a request; SSD by default."""
    return str(request.get("StorageType") or "SSD")


def first_refusal(request: Request) -> Refusal | None:
    """Return the error for the first rule that a CreateFileSystem request violates, or None."""
    return next((refusal for rule in RULES if (refusal := rule(request))), None)


def one_subnet(request: Request) -> Refusal | None:
    """Check that a Lustre file system is in exactly one subnet."""
    if len(request["SubnetIds"]) != 1:
        return Refusal(
            "BadRequest",
            "Exactly one subnet ID must be provided for a Lustre file system, "
            f"got: {', '.join(request['SubnetIds'])}",
        )
    return None


def storage(request: Request) -> Refusal | None:
    """Check the storage type against the deployment type, and the drive cache of HDD."""
    deployment, kind = lustre(request)["DeploymentType"], storage_type(request)
    cache = lustre(request).get("DriveCacheType")
    only = {"HDD": "PERSISTENT_1", tiers.TIERING: "PERSISTENT_2", "SSD": deployment}
    if only.get(kind) != deployment:
        return Refusal("BadRequest", f"Storage type {kind} is not supported for {deployment}.")
    if (kind == "HDD") != (cache is not None):
        return Refusal(
            "BadRequest",
            "DriveCacheType is required for storage type HDD and not supported for SSD, "
            f"got storage type {kind} and drive cache type {cache}.",
        )
    return None


def throughput(request: Request) -> Refusal | None:
    """Check PerUnitStorageThroughput against the deployment type and the storage type."""
    deployment, value = lustre(request)["DeploymentType"], _throughput(request)
    allowed = THROUGHPUTS.get((deployment, storage_type(request)), (None,))
    if value in allowed:
        return None
    if allowed == (None,):
        return Refusal("BadRequest", f"PerUnitStorageThroughput is not supported for {deployment}.")
    if value is None:
        return Refusal("BadRequest", f"PerUnitStorageThroughput is required for {deployment}.")
    return Refusal(
        "InvalidPerUnitStorageThroughput",
        f"Invalid per unit storage throughput for {deployment}, storage type "
        f"{storage_type(request)}: {value}. Valid values: {', '.join(map(str, allowed))}",
    )


def capacity(request: Request) -> Refusal | None:
    """Check StorageCapacity, in GiB, against deployment type, storage type and throughput."""
    value = request.get("StorageCapacity")
    if storage_type(request) == tiers.TIERING:
        said = "StorageCapacity is not supported for storage type INTELLIGENT_TIERING."
        return None if value is None else Refusal("BadRequest", said)
    if value is None:
        return Refusal("BadRequest", "StorageCapacity is required.")
    first, step = _capacities(request)
    if value == first or (value > 0 and value % step == 0):
        return None
    return Refusal(
        "BadRequest",
        f"Invalid storage capacity for {lustre(request)['DeploymentType']}, storage type "
        f"{storage_type(request)}: {value}. Valid values: {first} GiB and multiples of {step} GiB.",
    )


def version(request: Request) -> Refusal | None:
    """Check FileSystemTypeVersion; PERSISTENT_2 requires 2.12 or later."""
    value = request.get("FileSystemTypeVersion")
    deployment = lustre(request)["DeploymentType"]
    if value is None or (value in VERSIONS and (value, deployment) != ("2.10", "PERSISTENT_2")):
        return None
    return Refusal(
        "BadRequest", f"File system type version {value} is not supported for {deployment}."
    )


def link(request: Request) -> Refusal | None:
    """Check ImportPath and the settings that depend on it."""
    settings = lustre(request)
    given = [name for name in LINK_SETTINGS if name in settings]
    if given and settings["DeploymentType"] == "PERSISTENT_2":
        return Refusal(
            "BadRequest",
            f"{', '.join(given)} can't be set for PERSISTENT_2: use data repository associations.",
        )
    if given and "ImportPath" not in settings:
        return Refusal("BadRequest", f"{', '.join(given)} requires ImportPath.")
    if "ExportPath" in settings and _bucket(settings, "ExportPath") != _bucket(
        settings, "ImportPath"
    ):
        return Refusal(
            "InvalidExportPath",
            f"The export path {settings['ExportPath']} must be in the bucket of the import path "
            f"{settings['ImportPath']}.",
        )
    return None


def backups(request: Request) -> Refusal | None:
    """Check that backups are set only for persistent file systems without a link to S3."""
    settings = lustre(request)
    if not settings.get("AutomaticBackupRetentionDays"):
        given = settings.get("DailyAutomaticBackupStartTime")
        return given and Refusal(
            "BadRequest", "DailyAutomaticBackupStartTime requires AutomaticBackupRetentionDays."
        )
    if settings["DeploymentType"].startswith("SCRATCH"):
        return Refusal("BadRequest", "Backups are not supported for scratch file systems.")
    if "ImportPath" in settings:
        return Refusal(
            "BadRequest",
            "Backups are not supported for file systems linked to a data repository: "
            "AutomaticBackupRetentionDays must be 0.",
        )
    return None


RULES: tuple[Callable[[Request], Refusal | None], ...] = (
    one_subnet,
    storage,
    throughput,
    capacity,
    version,
    link,
    backups,
    lambda request: tiers.first_refusal(lustre(request), storage_type(request)),
)


def growth(current: Request, new: int, wait: float = 0.0) -> Refusal | None:
    """Check that storage capacity only grows, in its steps, and at most every six hours.

    Args:
        current: The present file system, in the shape of a request.
        new: Requested capacity, in GiB.
        wait: Seconds until the capacity may be changed again.
    """
    if lustre(current)["DeploymentType"] == "SCRATCH_1":
        return Refusal("BadRequest", "The storage capacity of SCRATCH_1 can't be changed.")
    if storage_type(current) == tiers.TIERING:
        return Refusal("BadRequest", "Intelligent-Tiering has no storage capacity to change.")
    if refusal := capacity({**current, "StorageCapacity": new}):
        return refusal
    if new <= current["StorageCapacity"]:
        return Refusal(
            "BadRequest",
            "The storage capacity must be greater than the current "
            f"{current['StorageCapacity']} GiB, got: {new}",
        )
    if wait:
        return Refusal(
            "BadRequest",
            f"The storage capacity can be increased again in {wait / 3600:.1f} hours: six hours "
            "have to pass after an increase was requested.",
        )
    return None


def tier(current: Request, new: int) -> Refusal | None:
    """Check a new throughput: SSD storage may go up and down, HDD and EFA keep their own."""
    changed = {**lustre(current), "PerUnitStorageThroughput": new}
    fixed = storage_type(current) == "HDD" or lustre(current).get("EfaEnabled")
    if new != lustre(current).get("PerUnitStorageThroughput") and fixed:
        return Refusal(
            "BadRequest",
            "PerUnitStorageThroughput can't be changed for storage type HDD, nor for EFA-enabled "
            "file systems.",
        )
    return throughput({**current, "LustreConfiguration": changed})


def newer(current: Request, new: str) -> Refusal | None:
    """Check that a new Lustre version exists in FSx and is later than the present one."""
    order = [*VERSIONS]
    if new not in order or order.index(new) <= order.index(current["FileSystemTypeVersion"]):
        return Refusal(
            "BadRequest",
            f"The file system type version must be newer than the current "
            f"{current['FileSystemTypeVersion']}, got: {new}",
        )
    return None


def _capacities(request: Request) -> tuple[int, int]:
    if lustre(request).get("EfaEnabled"):
        step = EFA_STEPS_GIB.get(_throughput(request) or 0, 38400)
        return step, step
    if storage_type(request) == "HDD":
        step = HDD_STEPS_GIB.get(_throughput(request) or 0, 6000)
        return step, step
    if lustre(request)["DeploymentType"] == "SCRATCH_1":
        return (2400 if request["StorageCapacity"] == 2400 else 1200), 3600
    return 1200, 2400


def _throughput(request: Request) -> int | None:
    value: int | None = lustre(request).get("PerUnitStorageThroughput")
    return value


def _bucket(settings: Mapping[str, Any], name: str) -> str:
    return str(urlparse(settings[name]).netloc)
