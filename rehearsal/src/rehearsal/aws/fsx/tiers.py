"""AWS's rules for metadata performance, EFA and Intelligent-Tiering of PERSISTENT_2.

Source: FSx API reference of CreateFileSystemLustreConfiguration,
CreateFileSystemLustreMetadataConfiguration, LustreReadCacheConfiguration and UpdateFileSystem; FSx
for Lustre user guide, "Managing metadata performance". Where FSx names no error, BadRequest is
believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.aws.service import Refusal

TIERING = "INTELLIGENT_TIERING"
METADATA_IOPS = (1500, 3000, 6000, *range(12_000, 192_001, 12_000))
SMALL_TIERING_MBPS = (1000, 2000)
TIERING_STEP_MBPS = 4000
MOST_TIERING_MBPS = 2_000_000
CACHE_GIB = (8, 32_768)
"""Least and most GiB of a read cache, for each 1000 MB/s of throughput."""
HOURS_BETWEEN_RAISES = 6
"""Minimum hours between two raises of the metadata IOPS."""

Settings = Mapping[str, Any]


def first_refusal(settings: Settings, kind: str) -> Refusal | None:
    """Return the error for the first of these rules that a new file system breaks, or None.

    Args:
        settings: LustreConfiguration of the request.
        kind: Its storage type.
    """
    return _persistent_2_only(settings) or _metadata(settings) or _tiering(settings, kind)


def update_refusal(current: Settings, kind: str, settings: Settings, wait: float) -> Refusal | None:
    """Return the error for a change of these settings, or None.

    Args:
        current: Present LustreConfiguration of the file system.
        kind: Its storage type.
        settings: LustreConfiguration of the request.
        wait: Seconds until the metadata IOPS may be raised again.
    """
    return _metadata_update(current, settings, wait) or _tiering_update(current, kind, settings)


def _persistent_2_only(settings: Settings) -> Refusal | None:
    metadata, efa = settings.get("MetadataConfiguration"), settings.get("EfaEnabled")
    if settings["DeploymentType"] != "PERSISTENT_2" and (metadata or efa):
        return Refusal(
            "BadRequest", "MetadataConfiguration and EFA are supported for PERSISTENT_2 only."
        )
    if efa and not metadata:
        return Refusal("BadRequest", "EfaEnabled requires MetadataConfiguration.")
    return None


def _metadata(settings: Settings) -> Refusal | None:
    configuration = settings.get("MetadataConfiguration")
    if not configuration:
        return None
    mode, iops = configuration.get("Mode"), configuration.get("Iops")
    if mode == "AUTOMATIC" and iops is not None:
        return Refusal("BadRequest", "Iops can't be set with metadata mode AUTOMATIC.")
    if mode == "USER_PROVISIONED" and iops not in METADATA_IOPS:
        return Refusal(
            "BadRequest",
            f"Invalid metadata Iops: {iops}. Valid values: 1500, 3000, 6000, 12000 and multiples "
            "of 12000 up to 192000.",
        )
    return None


def _tiering(settings: Settings, kind: str) -> Refusal | None:
    throughput, cache = (
        settings.get(name) for name in ("ThroughputCapacity", "DataReadCacheConfiguration")
    )
    if kind != TIERING:
        given = throughput is not None or cache is not None
        said = "ThroughputCapacity and DataReadCacheConfiguration require INTELLIGENT_TIERING."
        return Refusal("BadRequest", said) if given else None
    for name in ("ThroughputCapacity", "MetadataConfiguration", "DataReadCacheConfiguration"):
        if not settings.get(name):
            return Refusal("BadRequest", f"{name} is required for storage type {kind}.")
    wanted: int = settings["ThroughputCapacity"]
    if settings.get("EfaEnabled") and wanted % TIERING_STEP_MBPS:
        return Refusal("BadRequest", "EFA requires a ThroughputCapacity in multiples of 4000.")
    return _throughput(wanted) or _cache(cache or {}, wanted)


def _throughput(value: Any) -> Refusal | None:
    whole = value % TIERING_STEP_MBPS == 0 and 0 < value <= MOST_TIERING_MBPS
    if value in SMALL_TIERING_MBPS or whole:
        return None
    return Refusal(
        "BadRequest",
        f"Invalid throughput capacity: {value}. Valid values: 1000, 2000 and multiples of 4000 up "
        f"to {MOST_TIERING_MBPS}.",
    )


def _cache(cache: Settings, throughput: int) -> Refusal | None:
    mode, size = cache.get("SizingMode"), cache.get("SizeGiB")
    if mode != "USER_PROVISIONED":
        said = f"SizeGiB can't be set with sizing mode {mode}."
        return None if size is None else Refusal("BadRequest", said)
    least, most = (bound * throughput // 1000 for bound in CACHE_GIB)
    if size is None or not least <= size <= most:
        return Refusal("BadRequest", f"SizeGiB must be from {least} to {most}, got: {size}.")
    return None


def _metadata_update(current: Settings, settings: Settings, wait: float) -> Refusal | None:
    wanted, there = settings.get("MetadataConfiguration"), current.get("MetadataConfiguration")
    if not wanted:
        return None
    if not there:
        return Refusal(
            "BadRequest",
            "The file system was created without a metadata configuration: it can't get one.",
        )
    if refusal := _metadata({"MetadataConfiguration": wanted}):
        return refusal
    before, after = there.get("Iops"), wanted.get("Iops")
    if before and after and after < before:
        return Refusal(
            "BadRequest", f"Metadata Iops can't be decreased from {before}, got: {after}."
        )
    if wait and after != before:
        return Refusal("BadRequest", "Metadata Iops can be increased once in six hours.")
    return None


def _tiering_update(current: Settings, kind: str, settings: Settings) -> Refusal | None:
    value, cache = settings.get("ThroughputCapacity"), settings.get("DataReadCacheConfiguration")
    if value is None and not cache:
        return None
    if kind != TIERING:
        return Refusal(
            "BadRequest",
            "ThroughputCapacity and DataReadCacheConfiguration require INTELLIGENT_TIERING.",
        )
    there = current["ThroughputCapacity"]
    if value is not None and value < there:
        return Refusal(
            "BadRequest", f"ThroughputCapacity can only be increased from {there}, got: {value}."
        )
    refusal = None if value is None else _throughput(value)
    return refusal or _cache(cache or {}, value or there)
