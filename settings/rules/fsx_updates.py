"""Rules of updates of FSx for Lustre: what is fixed at creation, and what changes one way only.

Sources: Amazon FSx API Reference, UpdateFileSystem and UpdateFileSystemLustreConfiguration; FSx for
Lustre User Guide, "Managing metadata performance"; the arguments that make pulumi-aws replace the
resource.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.spec.errors import NOT_SET, ConfigError, Path
from components.storage.fsx_spec import FsxSpec
from settings.deployed import DataStore
from settings.rules.replacement import (
    Change,
    is_allowed,
    permission,
    replacement_errors,
)
from settings.stack import Settings

ZONES: Path = ("network", "zones")
FSX: Path = ("storage", "fsx")
LINK: Path = (*FSX, "link")
CAPACITY: Path = (*FSX, "storageCapacityGib")
METADATA: Path = (*FSX, "metadataConfiguration")
IOPS: Path = (*METADATA, "iops")


def file_system_zone(settings: Settings) -> Iterator[ConfigError]:
    """Check that an FSx file system stays in its zone, and that the network keeps that zone."""
    there, zones = settings.deployed.file_system_zone, settings.network.zones
    wanted, store = _pair(settings)
    if wanted is None or store is None or there is None or wanted.zone == there:
        return
    if wanted.zone is None:
        if there not in zones and not is_allowed(settings, store):
            rule = f"the file system {store.id} is in {there}, and stays there for life"
            remedy = f"put {there} back, or {permission(settings, store)}"
            yield ConfigError(ZONES, rule, list(zones), remedy, (("storage", "backend"),))
        return
    change = Change((*FSX, "zone"), "its zone", wanted.zone, there)
    yield from replacement_errors(settings, store, [change])


def fsx(settings: Settings) -> Iterator[ConfigError]:
    """Check that no change of settings replaces the FSx file system."""
    wanted, store = _pair(settings)
    if wanted is not None and store is not None:
        yield from replacement_errors(settings, store, _fsx_changes(wanted, store))
        yield from replacement_errors(settings, store, _link_changes(settings, wanted, store))


def throughput(settings: Settings) -> Iterator[ConfigError]:
    """Check that throughput changes on SSD storage only, and not together with the capacity."""
    wanted, store = _pair(settings)
    if wanted is None or store is None or is_allowed(settings, store):
        return
    path: Path = (*FSX, "perUnitStorageThroughput")
    there = store.outputs.get("perUnitStorageThroughput")
    same_kind = wanted.storage_type == store.outputs.get("storageType")
    if not there or not same_kind or wanted.throughput in (None, int(there)):
        return
    if wanted.storage_type == "HDD" or store.outputs.get("efaEnabled"):
        what = "HDD storage" if wanted.storage_type == "HDD" else "an EFA-enabled file system"
        rule = f"the throughput of {what} is fixed for life, at {int(there)} MB/s per TiB"
        yield ConfigError(path, rule, wanted.throughput, f"set {int(there)}")
    elif _grows(wanted, store):
        rule = "FSx changes throughput and capacity in separate updates"
        remedy = f"set {int(there)} for now, and change it in the update after the growth"
        yield ConfigError(path, rule, wanted.throughput, remedy, (CAPACITY,))


def metadata(settings: Settings) -> Iterator[ConfigError]:
    """Check that metadata performance is neither added nor taken out, nor raised in a growth."""
    wanted, store = _pair(settings)
    if wanted is None or store is None or is_allowed(settings, store):
        return
    there, given = store.outputs.get("metadataConfiguration"), wanted.metadata_configuration
    if given is None:
        if there:
            rule = f"{store.id} was created with it, and keeps it for life"
            yield ConfigError(METADATA, rule, NOT_SET, f"set mode {there['mode']}")
    elif not there:
        rule = f"{store.id} was created without it, and FSx adds it to none"
        got = given.model_dump(by_alias=True, exclude_none=True)
        yield ConfigError(METADATA, rule, got, "remove it")
    elif given.iops not in (None, int(there.get("iops") or 0)) and _grows(wanted, store):
        rule = "FSx changes metadata IOPS and capacity in separate updates"
        remedy = "change them in the update after the growth"
        yield ConfigError(IOPS, rule, given.iops, remedy, (CAPACITY,))


def tiering(settings: Settings) -> Iterator[ConfigError]:
    """Check that the throughput of Intelligent-Tiering is not lowered."""
    wanted, store = _pair(settings)
    if wanted is None or store is None or is_allowed(settings, store):
        return
    there, value = store.outputs.get("throughputCapacity"), wanted.throughput_capacity
    if there and value is not None and value < int(there):
        rule = f"FSx raises the throughput of {store.id} only, now {int(there)} MB/s"
        yield ConfigError((*FSX, "throughputCapacity"), rule, value, f"set {int(there)} or more")


def _pair(settings: Settings) -> tuple[FsxSpec | None, DataStore | None]:
    """Return the wanted file system and the deployed one, where the stack makes it."""
    wanted = settings.storage.used_fsx
    if wanted is not None and wanted.existing is not None:
        wanted = None
    return wanted, settings.deployed.file_systems.get("fsx")


def _grows(wanted: FsxSpec, store: DataStore) -> bool:
    return (wanted.capacity_gib or 0) > int(store.outputs.get("storageCapacity") or 0)


def _fsx_changes(wanted: FsxSpec, store: DataStore) -> Iterator[Change]:
    """Yield changes of settings that are fixed at creation or change in one direction only."""
    there = store.outputs
    for path, rule, value, output in (
        ("deploymentType", "its deployment type", wanted.deployment_type, "deploymentType"),
        ("storageType", "its storage type", wanted.storage_type, "storageType"),
        ("driveCacheType", "its drive cache", wanted.drive_cache_type, "driveCacheType"),
        ("kmsKeyArn", "its key", wanted.kms_key_arn, "kmsKeyId"),
    ):
        if value is not None and value != there.get(output):
            yield Change((*FSX, path), rule, value, there.get(output) or NOT_SET)
    yield from _fixed_flags(wanted, store)
    capacity, less = int(there.get("storageCapacity") or 0), wanted.capacity_gib
    if less is not None and less < capacity:
        yield Change(CAPACITY, "all of its capacity", less, capacity)
    given, known = wanted.metadata_configuration, there.get("metadataConfiguration") or {}
    if given and given.iops is not None and given.iops < (iops := int(known.get("iops") or 0)):
        yield Change(IOPS, "its metadata IOPS, or more of them,", given.iops, iops)
    version = str(there["fileSystemTypeVersion"])
    if _version_numbers(wanted.file_system_type_version) < _version_numbers(version):
        older: Path = (*FSX, "fileSystemTypeVersion")
        rule = "its Lustre version, or a newer one,"
        yield Change(older, rule, wanted.file_system_type_version, version)


def _fixed_flags(wanted: FsxSpec, store: DataStore) -> Iterator[Change]:
    """Yield changes of what is said at the creation only; a key that is left out says false."""
    there = store.outputs
    for path, rule, value, output in (
        ("efaEnabled", "its EFA support", wanted.efa_enabled, "efaEnabled"),
        (
            "copyTagsToBackups",
            "its way to tag backups",
            wanted.copy_tags_to_backups,
            "copyTagsToBackups",
        ),
    ):
        if value != bool(there.get(output)):
            yield Change((*FSX, path), rule, value, str(bool(there.get(output))).lower())
    backup = there.get("backupId") or None
    if wanted.backup_id != backup:
        got = NOT_SET if wanted.backup_id is None else wanted.backup_id
        yield Change((*FSX, "backupId"), "the backup it was made of", got, backup)


def _link_changes(settings: Settings, fsx: FsxSpec, store: DataStore) -> Iterator[Change]:
    """Yield changes of the link to S3, which is fixed at creation."""
    there, link = store.outputs, fsx.link
    imported = there.get("importPath")
    if link is None or not imported:
        if link is not None or imported:
            wanted = None if link is None else link.model_dump(by_alias=True)
            yield Change(LINK, "its link to S3", wanted, imported or None)
        return
    for key, rule, value, output in (
        ("importPath", "the path it imports", _s3_path(settings, link.import_path), "importPath"),
        (
            "exportPath",
            "the path it exports to",
            _s3_path(settings, link.export_path),
            "exportPath",
        ),
        (
            "importedFileChunkSizeMib",
            "the stripe of imported files",
            link.imported_file_chunk_size_mib,
            "importedFileChunkSize",
        ),
    ):
        known = there.get(output)
        if value is not None and value != (int(known) if isinstance(known, float) else known):
            yield Change((*LINK, key), rule, value, known or NOT_SET)


def _s3_path(settings: Settings, path: str | None) -> str | None:
    """Return a path of the link as an s3:// path; a prefix is one of the data bucket."""
    if path is None or path.startswith("s3://"):
        return path
    there = settings.deployed.bucket
    name = settings.bucket.existing or (there.id if there else settings.bucket.name)
    return f"s3://{name}/{path.lstrip('/')}"


def _version_numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


RULES = (file_system_zone, fsx, throughput, metadata, tiering)
