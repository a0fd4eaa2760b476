"""Rules of updates: settings that are fixed at creation, and changes that would lose data.

Sources: FSx API Reference, UpdateFileSystem; EFS API Reference, UpdateFileSystem; the arguments
that make pulumi-aws replace a resource; EKS User Guide, "Subnet considerations".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from components.network_spec import MAX_ZONES
from components.node_group_spec import RELEASE_VERSION
from components.spec.errors import NOT_SET, ConfigError, Path
from components.storage.fsx_spec import FsxSpec
from settings.deployed import DataStore
from settings.stack import Settings

ZONES: Path = ("network", "zones")
FSX: Path = ("storage", "fsx")
EFS: Path = ("storage", "efs")
LINK: Path = (*FSX, "link")
ALLOWED: Path = ("allowReplacementOf",)


class Change(NamedTuple):
    """A setting that differs from what is deployed."""

    path: Path
    rule: str
    wanted: object
    there: object


def cidr(settings: Settings) -> Iterator[ConfigError]:
    """Check that the VPC keeps its block: another block replaces the VPC and all that is in it."""
    there, wanted = settings.deployed.vpc_cidr, settings.network.cidr
    if there is not None and wanted != there:
        rule = "the VPC of a deployed stack keeps its block: all that is in it would be replaced"
        yield ConfigError(("network", "cidr"), rule, wanted, f"set {there}")


def control_plane_zones(settings: Settings) -> Iterator[ConfigError]:
    """Check that the network keeps the zones of the control plane."""
    zones = settings.network.zones
    missing = [zone for zone in settings.deployed.control_plane_zones if zone not in zones]
    if missing:
        rule = "EKS keeps a control plane in all the zones that it was created in"
        yield ConfigError(ZONES, rule, list(zones), f"put {' and '.join(missing)} back")


def zone_count(settings: Settings) -> Iterator[ConfigError]:
    """Check that new subnets have free blocks, because they are created before old ones go."""
    zones, there = settings.network.zones, settings.deployed.private_cidrs
    if len(zones) <= MAX_ZONES < len({*zones, *there}):
        rule = f"the VPC has blocks for {MAX_ZONES} zones, those that this update removes included"
        remedy = "remove zones in one update, and add others in the next"
        yield ConfigError(ZONES, rule, list(zones), remedy)


def image_age(settings: Settings) -> Iterator[ConfigError]:
    """Check that an upgrade of Kubernetes names no image older than that of the nodes.

    EKS refuses it. Source: EKS API Reference, UpdateNodegroupVersion.
    """
    for name, value, has in _older_images(settings):
        if settings.release_of(name) == value:
            rule = (
                f"must not be older than the image of the group's nodes, {has}: EKS has no way back"
            )
            yield ConfigError(_release(name), rule, value, "set a newer one, or remove it")


def kept_images(settings: Settings) -> Iterator[ConfigError]:
    """Warn of a release older than the image of the nodes, which they keep."""
    for name, value, has in _older_images(settings):
        if settings.release_of(name) != value:
            rule = f"is older than the image of the group's nodes, {has}, which they keep"
            yield ConfigError(
                _release(name), rule, value, f"set {has} or a newer one, or remove it"
            )


def _older_images(settings: Settings) -> Iterator[tuple[str, str, str]]:
    for name, group in settings.node_groups.items():
        has, value = settings.deployed.node_group_images.get(name), group.release_version
        if (
            has
            and value
            and RELEASE_VERSION.fullmatch(value)
            and _release_date(value) < _release_date(has)
        ):
            yield name, value, has


def _release(group: str) -> Path:
    return ("nodeGroups", group, "releaseVersion")


def file_system_zone(settings: Settings) -> Iterator[ConfigError]:
    """Check that an FSx file system stays in its zone, and that the network keeps that zone."""
    there, zones = settings.deployed.file_system_zone, settings.network.zones
    wanted, store = settings.storage.used_fsx, settings.deployed.file_systems.get("fsx")
    if wanted is None or store is None or there is None or wanted.zone == there:
        return
    if wanted.zone is None:
        if there not in zones and not _is_allowed(settings, store):
            rule = f"the file system {store.id} is in {there}, and stays there for life"
            remedy = f"put {there} back, or {_permission(settings, store)}"
            yield ConfigError(ZONES, rule, list(zones), remedy, (("storage", "backend"),))
        return
    change = Change((*FSX, "zone"), "its zone", wanted.zone, there)
    yield from _replacement_errors(settings, store, [change])


def fsx(settings: Settings) -> Iterator[ConfigError]:
    """Check that no change of settings replaces the FSx file system."""
    wanted, store = settings.storage.used_fsx, settings.deployed.file_systems.get("fsx")
    if wanted is not None and store is not None:
        yield from _replacement_errors(settings, store, _fsx_changes(wanted, store))
        yield from _replacement_errors(settings, store, _link_changes(settings, wanted, store))


def throughput(settings: Settings) -> Iterator[ConfigError]:
    """Check that throughput changes on SSD storage only, and not together with the capacity."""
    wanted, store = settings.storage.used_fsx, settings.deployed.file_systems.get("fsx")
    if wanted is None or store is None or _is_allowed(settings, store):
        return
    path: Path = (*FSX, "perUnitStorageThroughput")
    there = store.outputs.get("perUnitStorageThroughput")
    same_kind = wanted.storage_type == store.outputs.get("storageType")
    if not there or not same_kind or wanted.throughput in (None, int(there)):
        return
    if wanted.storage_type == "HDD":
        rule = f"the throughput of HDD storage is fixed for life, at {int(there)} MB/s per TiB"
        yield ConfigError(path, rule, wanted.throughput, f"set {int(there)}")
    elif wanted.storage_capacity_gib > int(store.outputs["storageCapacity"]):
        rule = "FSx changes throughput and capacity in separate updates"
        remedy = f"set {int(there)} for now, and change it in the update after the growth"
        capacity: Path = (*FSX, "storageCapacityGib")
        yield ConfigError(path, rule, wanted.throughput, remedy, (capacity,))


def efs(settings: Settings) -> Iterator[ConfigError]:
    """Check that EFS keeps its zone, performance mode and key, which are fixed at creation."""
    wanted, store = settings.storage.used_efs, settings.deployed.file_systems.get("efs")
    if wanted is None or store is None:
        return
    mode, key = store.outputs.get("performanceMode"), store.outputs.get("kmsKeyId")
    zone = store.outputs.get("availabilityZoneName") or None
    changes = []
    if wanted.zone != zone:
        changes.append(Change((*EFS, "zone"), "its zone or zones", wanted.zone or NOT_SET, zone))
    if wanted.performance_mode != mode:
        rule = "its performance mode"
        changes.append(Change((*EFS, "performanceMode"), rule, wanted.performance_mode, mode))
    if wanted.kms_key_arn not in (None, key):
        changes.append(Change((*EFS, "kmsKeyArn"), "its key", wanted.kms_key_arn, key))
    yield from _replacement_errors(settings, store, changes)


def archived_files(settings: Settings) -> Iterator[ConfigError]:
    """Warn that files in the Archive class keep a file system on elastic throughput.

    Source: EFS User Guide, "EFS storage classes".
    """
    wanted, store = settings.storage.used_efs, settings.deployed.file_systems.get("efs")
    if wanted is None or store is None or wanted.throughput_mode == "elastic":
        return
    policies = store.outputs.get("lifecyclePolicies") or ()
    if any(one.get("transitionToArchive") for one in policies):
        path: Path = (*EFS, "throughputMode")
        rule = f"EFS refuses it while {store.id} has files in the Archive class"
        yield ConfigError(
            path, rule, wanted.throughput_mode, "read them back first, or keep elastic"
        )


def bucket(settings: Settings) -> Iterator[ConfigError]:
    """Check that the data bucket keeps its name, because another name replaces the bucket."""
    store, wanted = settings.deployed.bucket, settings.bucket
    if store is None:
        return
    if wanted.existing and not _is_allowed(settings, store):
        rule = f"the stack created {store.id}, and would delete it for an adopted bucket"
        remedy = f"remove it, or {_permission(settings, store)}"
        yield ConfigError(("bucket", "existing"), rule, wanted.existing, remedy, (ALLOWED,))
    elif not wanted.existing and wanted.name not in (None, store.id):
        change = Change(("bucket", "name"), "its name", wanted.name, store.id)
        yield from _replacement_errors(settings, store, [change])


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
    if wanted.storage_capacity_gib < (capacity := int(there["storageCapacity"])):
        less: Path = (*FSX, "storageCapacityGib")
        yield Change(less, "all of its capacity", wanted.storage_capacity_gib, capacity)
    version = str(there["fileSystemTypeVersion"])
    if _version_numbers(wanted.file_system_type_version) < _version_numbers(version):
        older: Path = (*FSX, "fileSystemTypeVersion")
        rule = "its Lustre version, or a newer one,"
        yield Change(older, rule, wanted.file_system_type_version, version)


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


def _is_allowed(settings: Settings, store: DataStore) -> bool:
    return store.id in settings.allow_replacement_of


def _permission(settings: Settings, store: DataStore) -> str:
    """Return the part of a remedy that permits the loss of a file system or bucket."""
    unprotected = " with `protect: false`" if settings.protect else ""
    return f"set `allowReplacementOf: [{store.id}]`{unprotected} to lose its data"


def _replacement_errors(
    settings: Settings, store: DataStore, changes: Iterable[Change]
) -> Iterator[ConfigError]:
    """Yield an error for each change that would lose data, unless the user allows it."""
    if _is_allowed(settings, store):
        return
    for path, rule, wanted, there in changes:
        back = f"set {there}" if there not in (None, NOT_SET) else "remove it"
        text = f"{store.id} keeps {rule} for life: another would replace it and lose its data"
        yield ConfigError(
            path, text, wanted, f"{back}, or {_permission(settings, store)}", (ALLOWED,)
        )


def _version_numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _release_date(release: str) -> str:
    return release.rpartition("-")[2]


RULES = (
    cidr,
    control_plane_zones,
    zone_count,
    image_age,
    file_system_zone,
    fsx,
    throughput,
    efs,
    bucket,
)
WARNINGS = (kept_images, archived_files)
