"""Rules of FSx for Lustre about metadata performance, EFA and Intelligent-Tiering.

Sources: Amazon FSx API Reference, CreateFileSystemLustreConfiguration,
CreateFileSystemLustreMetadataConfiguration and LustreReadCacheConfiguration; the arguments of
`aws.fsx.LustreFileSystem` in pulumi-aws, which are narrower where the two differ; FSx for Lustre
User Guide, "Managing metadata performance" and "Linking your file system to an Amazon S3 bucket".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from components.spec.errors import NOT_SET, ConfigError, Path
from components.storage.fsx_association_spec import ASSOCIATIONS
from components.storage.fsx_types import (
    MAX_TIERING_MBPS,
    TIERING_STEP_MBPS,
    join_options,
    nearest_multiple,
)

if TYPE_CHECKING:
    from components.storage.fsx_spec import FsxSpec

TYPE: Path = ("deploymentType",)
STORAGE_TYPE: Path = ("storageType",)
METADATA: Path = ("metadataConfiguration",)
MODE: Path = (*METADATA, "mode")
IOPS: Path = (*METADATA, "iops")
EFA: Path = ("efaEnabled",)
VERSION: Path = ("fileSystemTypeVersion",)
THROUGHPUT: Path = ("throughputCapacity",)
CACHE: Path = ("dataReadCacheConfiguration",)
SIZE: Path = (*CACHE, "sizeGib")

SSD_IOPS = (1500, 3000, 6000, *range(12000, 192001, 12000))
TIERING_IOPS = (6000, 12000)
MIN_CACHE_GIB, MAX_CACHE_GIB = 32, 131072
"""Size of a read cache for each 4000 MB/s of throughput, in GiB."""
MIN_METADATA_VERSION = "2.15"


def _metadata(fsx: FsxSpec) -> Iterator[ConfigError]:
    metadata = fsx.metadata_configuration
    if metadata is None:
        return
    value = metadata.model_dump(by_alias=True, exclude_none=True)
    if fsx.deployment_type != "PERSISTENT_2":
        rule = f"is offered for PERSISTENT_2 only, not for {fsx.deployment_type}"
        remedy = "remove it, or set deploymentType PERSISTENT_2"
        yield ConfigError(METADATA, rule, value, remedy, (TYPE,))
    elif fsx.file_system_type_version != MIN_METADATA_VERSION:
        rule = f"is offered with Lustre {MIN_METADATA_VERSION} only"
        remedy = f'remove it, or set fileSystemTypeVersion "{MIN_METADATA_VERSION}"'
        yield ConfigError(METADATA, rule, value, remedy, (VERSION,))


def _metadata_iops(fsx: FsxSpec) -> Iterator[ConfigError]:
    metadata, kind = fsx.metadata_configuration, fsx.storage_type
    if metadata is None:
        return
    offered = TIERING_IOPS if kind == "INTELLIGENT_TIERING" else SSD_IOPS
    if metadata.mode == "AUTOMATIC":
        if kind == "INTELLIGENT_TIERING":
            rule = "INTELLIGENT_TIERING storage has USER_PROVISIONED metadata only"
            remedy = "set USER_PROVISIONED, with iops 6000 or 12000"
            yield ConfigError(MODE, rule, metadata.mode, remedy, (STORAGE_TYPE,))
        if metadata.iops is not None:
            rule = "FSx decides them itself in the mode AUTOMATIC"
            yield ConfigError(
                IOPS, rule, metadata.iops, "remove it, or set mode USER_PROVISIONED", (MODE,)
            )
    elif metadata.iops not in offered:
        few = "1500, 3000, 6000 or a multiple of 12000 up to 192000"
        rule = f"must be {join_options(offered) if kind == 'INTELLIGENT_TIERING' else few}"
        got = NOT_SET if metadata.iops is None else metadata.iops
        right = min(offered, key=lambda one: abs(one - (metadata.iops or 0)))
        remedy = f"set {right}, or mode AUTOMATIC" if kind == "SSD" else f"set {right}"
        yield ConfigError(IOPS, rule, got, remedy, (MODE, STORAGE_TYPE))


def _efa(fsx: FsxSpec) -> Iterator[ConfigError]:
    if not fsx.efa_enabled:
        return
    if fsx.deployment_type != "PERSISTENT_2":
        rule = f"EFA is offered for PERSISTENT_2 only, not for {fsx.deployment_type}"
        remedy = "set false, or deploymentType PERSISTENT_2 with a metadataConfiguration"
        yield ConfigError(EFA, rule, fsx.efa_enabled, remedy, (TYPE,))
    elif fsx.metadata_configuration is None:
        rule = "EFA needs a metadataConfiguration"
        mode = "USER_PROVISIONED" if fsx.storage_type == "INTELLIGENT_TIERING" else "AUTOMATIC"
        remedy = f"set metadataConfiguration with mode {mode}, or efaEnabled false"
        yield ConfigError(EFA, rule, fsx.efa_enabled, remedy, (METADATA,))


def _tiering(fsx: FsxSpec) -> Iterator[ConfigError]:
    """Check what Intelligent-Tiering asks for, and what it has not."""
    if fsx.storage_type != "INTELLIGENT_TIERING":
        return
    if fsx.throughput_capacity is None:
        rule = "INTELLIGENT_TIERING storage needs a throughput in MB/s"
        yield ConfigError(THROUGHPUT, rule, NOT_SET, "set 4000 or more", (STORAGE_TYPE,))
    if fsx.metadata_configuration is None:
        rule = "INTELLIGENT_TIERING storage needs it"
        remedy = "set mode USER_PROVISIONED with iops 6000"
        yield ConfigError(METADATA, rule, NOT_SET, remedy, (STORAGE_TYPE,))
    if fsx.data_read_cache_configuration is None:
        rule = "INTELLIGENT_TIERING storage needs it"
        remedy = "set sizingMode PROPORTIONAL_TO_THROUGHPUT_CAPACITY, or NO_CACHE"
        yield ConfigError(CACHE, rule, NOT_SET, remedy, (STORAGE_TYPE,))
    if "storage_capacity_gib" in fsx.model_fields_set:
        rule = "INTELLIGENT_TIERING storage has no capacity: it follows the data"
        path: Path = ("storageCapacityGib",)
        yield ConfigError(path, rule, fsx.storage_capacity_gib, "remove it", (STORAGE_TYPE,))
    if fsx.associations:
        rule = "INTELLIGENT_TIERING storage cannot be linked to S3"
        remedy = "remove the associations, or set storageType SSD"
        yield ConfigError(ASSOCIATIONS, rule, [*fsx.associations], remedy, (STORAGE_TYPE,))


def _not_tiering(fsx: FsxSpec) -> Iterator[ConfigError]:
    """Check that other storage has nothing of Intelligent-Tiering."""
    if fsx.storage_type == "INTELLIGENT_TIERING":
        return
    cache = fsx.data_read_cache_configuration
    for path, value in (
        (THROUGHPUT, fsx.throughput_capacity),
        (CACHE, cache.model_dump(by_alias=True, exclude_none=True) if cache else None),
    ):
        if value is not None:
            rule = f"is of INTELLIGENT_TIERING storage only, not of {fsx.storage_type}"
            more = ": set perUnitStorageThroughput" if path == THROUGHPUT else ""
            yield ConfigError(path, rule, value, f"remove it{more}", (STORAGE_TYPE,))


def _tiering_throughput(fsx: FsxSpec) -> Iterator[ConfigError]:
    value = fsx.throughput_capacity
    if value is None or (value % TIERING_STEP_MBPS == 0 and 0 < value <= MAX_TIERING_MBPS):
        return
    rule = f"must be a multiple of {TIERING_STEP_MBPS} MB/s up to {MAX_TIERING_MBPS}"
    right = nearest_multiple(value, TIERING_STEP_MBPS, MAX_TIERING_MBPS)
    yield ConfigError(THROUGHPUT, rule, value, f"set {right}")


def _cache_size(fsx: FsxSpec) -> Iterator[ConfigError]:
    cache, throughput = fsx.data_read_cache_configuration, fsx.throughput_capacity
    if cache is None:
        return
    size, mode = cache.size_gib, cache.sizing_mode
    depends_on: tuple[Path, ...] = ((*CACHE, "sizingMode"), THROUGHPUT)
    if mode != "USER_PROVISIONED":
        if size is not None:
            rule = f"has no meaning with sizingMode {mode}"
            remedy = "remove it, or set sizingMode USER_PROVISIONED"
            yield ConfigError(SIZE, rule, size, remedy, depends_on)
        return
    shares = (throughput or TIERING_STEP_MBPS) // TIERING_STEP_MBPS or 1
    least, most = MIN_CACHE_GIB * shares, MAX_CACHE_GIB * shares
    if size is None or not least <= size <= most:
        rule = f"must be {least} to {most} GiB: {MIN_CACHE_GIB} to {MAX_CACHE_GIB} for each "
        rule += f"{TIERING_STEP_MBPS} MB/s of throughput"
        got = NOT_SET if size is None else size
        right = least if size is None else min(max(size, least), most)
        yield ConfigError(SIZE, rule, got, f"set {right}", depends_on)


RULES = (
    _metadata,
    _metadata_iops,
    _efa,
    _tiering,
    _not_tiering,
    _tiering_throughput,
    _cache_size,
)
