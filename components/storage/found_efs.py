"""Facts about an EFS file system that exists, as AWS tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from components.storage.efs_client_policy import Client, Statement, allows


@dataclass(frozen=True)
class FoundMountTarget:
    """A mount target that another than this stack made."""

    zone: str
    vpc_id: str
    security_group_ids: tuple[str, ...]


@dataclass(frozen=True)
class FoundEfs:
    """A file system, its mount targets of others, and its policy."""

    id: str
    dns_name: str
    zone: str | None = None
    """Zone of a One Zone file system; None for a Regional one."""
    mount_targets: tuple[FoundMountTarget, ...] = ()
    """Mount targets, those of this stack left out."""
    admitted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Security groups that each group of the mount targets lets in on NFS's port, by its id; rules
    of this stack left out."""
    policy: tuple[Statement, ...] | None = None
    """Statements of the file system's policy; None if it has none, or if it could not be read."""
    is_replica: bool = False
    """True if the file system is the destination of a replication: then nobody can write to it."""

    def denies(self, client: Client, *actions: str) -> bool:
        """Return whether the policy keeps a client without IAM credentials from an action."""
        if self.policy is None:
            return False
        return not all(allows(self.policy, client, action) for action in actions)

    @property
    def served_zones(self) -> tuple[str, ...]:
        """Zones with a mount target of another."""
        return tuple(one.zone for one in self.mount_targets)

    def groups_in(self, zones: Mapping[str, object]) -> tuple[str, ...]:
        """Return the first security group of each mount target in some zones, each once."""
        targets = [one for one in self.mount_targets if one.zone in zones]
        found = (one.security_group_ids[0] for one in targets if one.security_group_ids)
        return tuple(dict.fromkeys(found))
