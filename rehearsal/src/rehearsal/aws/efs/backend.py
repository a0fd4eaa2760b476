"""Resources of EFS in one Region of the account."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from moto.efs.models import EFSBackend, FileSystem, MountTarget, efs_backends

from rehearsal.aws import clock, interfaces
from rehearsal.aws.service import Refusal


@dataclass(frozen=True)
class Replication:
    """Replication of a file system to one other file system, in this or another Region."""

    source_id: str
    source_region: str
    destination_id: str
    destination_region: str
    since: float = field(default_factory=clock.now)
    """Time of its creation, in seconds since the epoch."""


class EFS(EFSBackend):
    """EFS of the account in one Region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.throughput_changes: dict[str, float] = {}
        """Time when each file system's mode was changed or its throughput decreased, by its id."""
        self.replications: dict[str, Replication] = {}
        """Replications whose source is in this Region, by the id of the source."""
        self.overwritable: set[str] = set()
        """Ids of the file systems whose replication overwrite protection is off."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a saved state; that of an earlier release knows no replications."""
        self.__dict__ = {"replications": {}, "overwritable": set(), **state}

    def file_system(self, file_system_id: str) -> FileSystem:
        """Return the file system with an id or ARN.

        Raises:
            Refusal: FileSystemNotFound.
        """
        found = self.file_systems_by_id.get(file_system_id.rsplit("/", maxsplit=1)[-1])
        if found is None:
            raise Refusal("FileSystemNotFound", f"File system '{file_system_id}' does not exist.")
        return found

    def replication(self, file_system_id: str) -> Replication | None:
        """Return the replication that a file system of this Region is part of, or None."""
        account = efs_backends[self.account_id]
        for region in account:
            for one in cast(EFS, account[region]).replications.values():
                ends = (
                    (one.source_id, one.source_region),
                    (one.destination_id, one.destination_region),
                )
                if (file_system_id, self.region_name) in ends:
                    return one
        return None

    def protection(self, file_system_id: str) -> str:
        """Return the state of a file system's replication overwrite protection."""
        found = self.replication(file_system_id)
        if found and found.destination_id == file_system_id:
            return "REPLICATING"
        return "DISABLED" if file_system_id in self.overwritable else "ENABLED"

    def create_mount_target(
        self,
        file_system_id: str,
        subnet_id: str,
        ip_address: str | None = None,
        security_groups: list[str] | None = None,
    ) -> MountTarget:
        """Create a mount target, by default with a free address of the subnet."""
        zone = self.file_system(file_system_id).availability_zone_name
        subnet = interfaces.find_subnet(self.ec2_backend, subnet_id)
        if zone and subnet and subnet.availability_zone != zone:
            raise Refusal(
                "AvailabilityZonesMismatch",
                f"The file system {file_system_id} is in {zone} only, and the subnet {subnet_id} "
                f"in {subnet.availability_zone}.",
            )
        if ip_address is None and interfaces.find_subnet(self.ec2_backend, subnet_id):
            ip_address = interfaces.free_address(self.ec2_backend, subnet_id)
        target = super().create_mount_target(file_system_id, subnet_id, ip_address, security_groups)
        interface = self.ec2_backend.get_network_interface(target.network_interface_id)
        target.security_groups = [group.id for group in interface.group_set]
        interface.description = f"EFS mount target for {file_system_id} ({target.mount_target_id})"
        interface.status = "in-use"
        return target

    def delete_file_system(self, file_system_id: str) -> None:
        """Delete a file system that is neither mounted nor replicated, and its access points.

        Source: EFS API Reference, DeleteFileSystem.
        """
        if self.replication(file_system_id):
            raise Refusal(
                "FileSystemInUse",
                f"The file system {file_system_id} is part of a replication configuration. Delete "
                "that first.",
            )
        super().delete_file_system(file_system_id)
        self.overwritable.discard(file_system_id)
        self.access_points = {
            access_point_id: one
            for access_point_id, one in self.access_points.items()
            if one.file_system_id != file_system_id
        }

    def delete_access_point(self, access_point_id: str) -> None:
        """Delete an existing access point."""
        self.describe_access_points(access_point_id, None)
        super().delete_access_point(access_point_id)
