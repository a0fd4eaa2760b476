"""Rules of Amazon EFS that other sections of the config have a part in.

Sources: EFS User Guide, "Mounting One Zone file systems" and "Using IAM to control access to file
systems".
"""

from __future__ import annotations

from collections.abc import Iterator

from components.names import kms_region_errors
from components.spec.errors import ConfigError, Path
from components.storage.efs_client_policy import MOUNT, PODS, SAGEMAKER, WRITE
from settings.stack import Settings

EFS: Path = ("storage", "efs")
ZONE: Path = (*EFS, "zone")
ZONES: Path = ("network", "zones")


def kms_key(settings: Settings) -> Iterator[ConfigError]:
    """Check that the key is one of the stack's Region."""
    path: Path = (*EFS, "kmsKeyArn")
    yield from kms_region_errors(path, settings.storage.efs.kms_key_arn, settings.region)


def access_point_permissions(settings: Settings) -> Iterator[ConfigError]:
    """Check that SageMaker, which mounts EFS without an access point, can read the datasets."""
    point = settings.storage.efs.access_point
    if settings.training.jobs and not point.lets_others_read:
        rule = "SageMaker reads the datasets as any other user: others must read and enter"
        path: Path = (*EFS, "accessPoint", "permissions")
        remedy, depends_on = point.permissions_remedy, (("training", "jobs"),)
        yield ConfigError(path, rule, point.permissions, remedy, depends_on)


def further_access_points(settings: Settings) -> Iterator[ConfigError]:
    """Check that the directory of the claims is not closed by another access point's mode."""
    efs = settings.storage.efs
    for name, point in efs.access_points.items():
        below = f"{efs.access_point.path.rstrip('/')}/".startswith(f"{point.path.rstrip('/')}/")
        if settings.training.jobs and below and not point.lets_others_read:
            rule = "the datasets are below this directory, and SageMaker reads as any other user"
            path: Path = (*EFS, "accessPoints", name, "permissions")
            depends_on: tuple[Path, ...] = (("training", "jobs"), (*EFS, "accessPoint", "path"))
            yield ConfigError(path, rule, point.permissions, point.permissions_remedy, depends_on)


def zone_of_network(settings: Settings) -> Iterator[ConfigError]:
    """Check that a One Zone file system has a subnet for its mount target."""
    zone, zones = settings.storage.efs.zone, settings.network.zones
    if zone is not None and zones and zone not in zones:
        rule = "must be one of network.zones: its mount target is in a subnet of the stack"
        yield ConfigError(ZONE, rule, zone, f"set {zones[0]}, or add {zone} there", (ZONES,))


def nodes_in_zone(settings: Settings) -> Iterator[ConfigError]:
    """Check that a One Zone file system has nodes in its zone, where its pods come up."""
    zone, groups = settings.storage.efs.zone, settings.node_groups
    if zone is None or zone not in settings.network.zones or not groups:
        return
    if not any(zone in (group.zones or settings.network.zones) for group in groups.values()):
        rule = "pods that mount it come up in this zone, and no node group has nodes there"
        remedy = f"add {zone} to the zones of a node group"
        yield ConfigError(ZONE, rule, zone, remedy, (("nodeGroups",),))


def policy_of_sagemaker(settings: Settings) -> Iterator[ConfigError]:
    """Check that SageMaker may read: without an access point, and perhaps without TLS."""
    for i, statement in enumerate(settings.storage.efs.policy):
        of_all = statement.locks_out(PODS, MOUNT, WRITE)  # which is another error
        if settings.training.jobs and not of_all and statement.locks_out(SAGEMAKER, MOUNT):
            rule = "denies SageMaker to read, which mounts without credentials or an access point"
            path: Path = (*EFS, "policy", i, "actions")
            remedy = "deny elasticfilesystem:ClientWrite only, or remove training.jobs"
            depends_on: tuple[Path, ...] = (("training", "jobs"),)
            yield ConfigError(path, rule, list(statement.actions), remedy, depends_on)


RULES = (
    kms_key,
    access_point_permissions,
    further_access_points,
    zone_of_network,
    nodes_in_zone,
    policy_of_sagemaker,
)
