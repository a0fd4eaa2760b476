"""Rules of an EFS file system that exists, by what AWS has of it.

Sources: EFS User Guide, "Managing mount targets" (one VPC at a time, one mount target in a zone),
"Mounting One Zone file systems", "Using IAM to control access to file systems" and "Replicating EFS
file systems" (a destination is read-only).
"""

from __future__ import annotations

from collections.abc import Iterator

from components.spec.errors import ConfigError, Path
from components.storage.efs_client_policy import MOUNT, NFS, PODS, ROOT, SAGEMAKER, WRITE, Client
from components.storage.efs_replication_spec import FILE_SYSTEM_ID
from components.storage.found_efs import FoundEfs
from settings.account import Account
from settings.stack import Settings

EXISTING: Path = ("storage", "efs", "existing")
NETWORK: Path = ("network", "existing")
ZONES: Path = ("network", "zones")


def is_there(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Check that there is a file system of that id."""
    named = _named(settings)
    if named is not None and FILE_SYSTEM_ID.fullmatch(named) and account.efs is None:
        rule = "there must be an EFS file system of this id in the account and Region"
        remedy = f"see `aws efs describe-file-systems --region {settings.region}`"
        yield ConfigError(EXISTING, rule, named, remedy)


def is_writable(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Check that the file system is not the copy of another one."""
    found = _found(settings, account)
    if found is not None and found.is_replica:
        rule = "is the destination of a replication, to which nobody else can write"
        remedy = "name its source, or end the replication first"
        yield ConfigError(EXISTING, rule, found.id, remedy)


def same_vpc(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Check that its mount targets are in the stack's VPC, because it has them in one VPC."""
    found = _found(settings, account)
    if found is None:
        return
    own = _vpc(settings)
    theirs = next((one.vpc_id for one in found.mount_targets if one.vpc_id != own), None)
    if theirs is not None:
        rule = f"has mount targets in {theirs}, and EFS has those of a file system in one VPC"
        remedy = f"set network.existing.vpcId to {theirs}, or delete those mount targets"
        yield ConfigError(EXISTING, rule, found.id, remedy, (NETWORK,))


def zone(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Check that a One Zone file system has a subnet, and nodes, in its zone."""
    found = _found(settings, account)
    if found is None or found.zone is None:
        return
    zones, groups = settings.network.zones, settings.node_groups
    if found.zone not in zones:
        rule = f"is a One Zone file system of {found.zone}, where the stack has no subnet"
        remedy = f"add {found.zone} to network.zones, or a subnet there to network.existing"
        yield ConfigError(EXISTING, rule, found.id, remedy, (ZONES, NETWORK))
    elif groups and not any(found.zone in (one.zones or zones) for one in groups.values()):
        rule = f"is a One Zone file system of {found.zone}, where no node group has nodes"
        remedy = f"add {found.zone} to the zones of a node group"
        yield ConfigError(EXISTING, rule, found.id, remedy, (("nodeGroups",),))


def policy(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Check that its policy lets in the clients of the stack, which have no IAM credentials."""
    found = _found(settings, account)
    if found is None:
        return
    for client, actions, depends_on in _clients(settings):
        if found.denies(client, *actions):
            names = ", ".join(one.partition(":")[2] for one in actions)
            rule = (
                f"has a policy that keeps out {client.name}: {names} must be allowed to everybody"
            )
            remedy = (
                f"allow it; see `aws efs describe-file-system-policy --file-system-id {found.id}`"
            )
            yield ConfigError(EXISTING, rule, found.id, remedy, depends_on)


def _clients(settings: Settings) -> Iterator[tuple[Client, tuple[str, ...], tuple[Path, ...]]]:
    """Yield each client of the stack with what it needs, and the keys by which there is one."""
    yield PODS, (MOUNT, WRITE), ()
    if settings.training.jobs and settings.storage.backend == "efs":
        yield SAGEMAKER, (MOUNT,), (("training", "jobs"),)
    if settings.storage.nfs_volume is not None:
        yield NFS, (MOUNT, WRITE, ROOT), (("storage", "efs", "nfsVolume"),)


def _named(settings: Settings) -> str | None:
    efs = settings.storage.used_efs
    return efs.existing if efs else None


def _found(settings: Settings, account: Account) -> FoundEfs | None:
    return account.efs if _named(settings) else None


def _vpc(settings: Settings) -> str | None:
    """Return the id of the stack's VPC; None if the stack makes it."""
    network = settings.existing.network
    return network.vpc.id if network and network.vpc else None


IN_ACCOUNT = (is_there, is_writable, same_vpc, zone, policy)
