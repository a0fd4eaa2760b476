"""Rules of updates: settings that are fixed at creation, and changes that would lose data.

Sources: EFS API Reference, UpdateFileSystem; the arguments that make pulumi-aws replace a
resource; EKS User Guide, "Subnet considerations".
"""

from __future__ import annotations

from collections.abc import Iterator

from components.network_spec import MAX_ZONES
from components.node_group_spec import RELEASE_VERSION
from components.spec.errors import NOT_SET, ConfigError, Path
from settings.rules.replacement import (
    ALLOWED,
    Change,
    is_allowed,
    permission,
    replacement_errors,
)
from settings.stack import Settings

ZONES: Path = ("network", "zones")
EFS: Path = ("storage", "efs")
S3_FILES: Path = ("storage", "s3files")


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


def efs(settings: Settings) -> Iterator[ConfigError]:
    """Check that EFS keeps its zone, performance mode and key, which are fixed at creation."""
    wanted, store = settings.storage.used_efs, settings.deployed.file_systems.get("efs")
    if wanted is None or store is None or not store.outputs:
        return  # without outputs, the file system is one that the stack has adopted
    if wanted.existing is not None:
        if not is_allowed(settings, store):
            rule = f"the stack created {store.id}, and would delete it for an existing file system"
            remedy = f"remove it, or {permission(settings, store)}"
            yield ConfigError((*EFS, "existing"), rule, wanted.existing, remedy, (ALLOWED,))
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
    yield from replacement_errors(settings, store, changes)


def archived_files(settings: Settings) -> Iterator[ConfigError]:
    """Warn that files in the Archive class keep a file system on elastic throughput.

    Source: EFS User Guide, "EFS storage classes".
    """
    wanted, store = settings.storage.used_efs, settings.deployed.file_systems.get("efs")
    if wanted is None or store is None or wanted.existing or wanted.throughput_mode == "elastic":
        return
    policies = store.outputs.get("lifecyclePolicies") or ()
    if any(one.get("transitionToArchive") for one in policies):
        path: Path = (*EFS, "throughputMode")
        rule = f"EFS refuses it while {store.id} has files in the Archive class"
        yield ConfigError(
            path, rule, wanted.throughput_mode, "read them back first, or keep elastic"
        )


def s3_files(settings: Settings) -> Iterator[ConfigError]:
    """Check that S3 Files keeps its bucket, prefix and key, which are fixed at creation."""
    wanted, store = settings.storage.used_s3_files, settings.deployed.file_systems.get("s3files")
    if wanted is None or store is None or is_allowed(settings, store):
        return
    there = store.outputs
    changes = []
    if wanted.prefix != (prefix := there.get("prefix") or ""):
        changes.append(Change((*S3_FILES, "prefix"), "its prefix", wanted.prefix, prefix))
    if wanted.kms_key_arn not in (None, key := there.get("kmsKeyId")):
        changes.append(Change((*S3_FILES, "kmsKeyArn"), "its key", wanted.kms_key_arn, key))
    bucket = settings.bucket.existing
    if bucket is not None and bucket != (name := str(there.get("bucket")).rpartition(":")[2]):
        changes.append(Change(("bucket", "existing"), "its bucket", bucket, name))
    for path, rule, value, before in changes:
        back = f"set {before!r}" if before is not None else "remove it"
        says = (
            f"{store.id} keeps {rule} for life: another would replace it, with its claims and all "
            "that is not yet in the bucket"
        )
        remedy = f"{back}, or set `allowReplacementOf: [{store.id}]`"
        yield ConfigError(path, says, value, remedy, (ALLOWED,))


def bucket(settings: Settings) -> Iterator[ConfigError]:
    """Check that the data bucket keeps its name, because another name replaces the bucket."""
    store, wanted = settings.deployed.bucket, settings.bucket
    if store is None:
        return
    if wanted.existing and not is_allowed(settings, store):
        rule = f"the stack created {store.id}, and would delete it for an adopted bucket"
        remedy = f"remove it, or {permission(settings, store)}"
        yield ConfigError(("bucket", "existing"), rule, wanted.existing, remedy, (ALLOWED,))
    elif not wanted.existing and wanted.name not in (None, store.id):
        change = Change(("bucket", "name"), "its name", wanted.name, store.id)
        yield from replacement_errors(settings, store, [change])


def _release_date(release: str) -> str:
    return release.rpartition("-")[2]


RULES = (
    cidr,
    control_plane_zones,
    zone_count,
    image_age,
    efs,
    s3_files,
    bucket,
)
WARNINGS = (kept_images, archived_files)
