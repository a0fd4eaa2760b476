"""Facts about an FSx for Lustre file system that exists, as AWS tells them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FoundLustre:
    """A file system that somebody else made."""

    id: str
    dns_name: str
    mount_name: str
    vpc_id: str
    subnet_id: str
    zone: str
    """Availability Zone of its file servers."""
    security_group_ids: tuple[str, ...] = ()
    """Ids of the security groups of its network interfaces; empty if the interfaces are gone, as
    those of a file system that is being deleted."""
    capacity_gib: int | None = None
    """Capacity in GiB; None for Intelligent-Tiering."""

    @property
    def security_group_id(self) -> str:
        """Id of the group that gets the rules of clients. One is enough: the rules of all hold."""
        return min(self.security_group_ids)
