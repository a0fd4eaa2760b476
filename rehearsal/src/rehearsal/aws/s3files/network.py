"""API calls of S3 Files for mount targets, which connect a file system to a VPC.

Source: S3 User Guide, "Managing mount targets": one in each zone, all of them in one VPC.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult

from rehearsal.aws import interfaces
from rehearsal.aws.s3files.calls import S3FilesCalls
from rehearsal.aws.s3files.models import MountTarget, conflict, invalid, new_id, refusal
from rehearsal.aws.service import Lifecycle


class MountTargetCalls(S3FilesCalls):
    """CreateMountTarget and the other calls for mount targets."""

    def create_mount_target(self) -> ActionResult:
        """Create a mount target in a subnet, with an interface that has the security groups."""
        given, ec2 = self.given, interfaces.network(self.current_account, self.region)
        system = self.available(given["fileSystemId"])
        subnet = interfaces.find_subnet(ec2, given["subnetId"])
        if subnet is None:
            raise refusal(
                "ResourceNotFoundException", f"The subnet {given['subnetId']} does not exist."
            )
        if given.get("ipAddressType", "IPV4_ONLY") != "IPV4_ONLY" or "ipv6Address" in given:
            raise invalid(f"The subnet {subnet.id} has no IPv6 addresses.")
        self._check_others(system.id, subnet)
        groups = self._groups(ec2, subnet, given.get("securityGroups", []))
        id_ = new_id("fsmt")
        (interface,) = interfaces.create(
            ec2, [subnet.id], groups, f"S3 Files mount target for {system.id} ({id_})"
        )
        made = ec2.enis[interface]
        description = {
            "availabilityZoneId": subnet.availability_zone_id,
            "ownerId": self.current_account,
            "mountTargetId": id_,
            "fileSystemId": system.id,
            "subnetId": subnet.id,
            "ipv4Address": made.private_ip_address,
            "networkInterfaceId": interface,
            "vpcId": subnet.vpc_id,
            "securityGroups": [group.id for group in made.group_set],
        }
        found = MountTarget(description, Lifecycle("creating", "available"))
        self.s3files.mount_targets[id_] = found
        return ActionResult(found.as_created())

    def _check_others(self, system: str, subnet: Any) -> None:
        zone = subnet.availability_zone_id
        for other in self.s3files.targets_of(system):
            about = {"resourceId": other.description["mountTargetId"]}
            if other.description["vpcId"] != subnet.vpc_id:
                raise conflict(
                    f"The mount targets of {system} are in {other.description['vpcId']}, and "
                    f"{subnet.id} is in {subnet.vpc_id}: all must be in one VPC.",
                    **about,
                )
            if other.description["availabilityZoneId"] == zone:
                raise conflict(f"The file system {system} has a mount target in {zone}.", **about)

    def _groups(self, ec2: Any, subnet: Any, wanted: list[str]) -> list[str]:
        for group_id in wanted:
            group = ec2.get_security_group_from_id(group_id)
            if group is None:
                raise refusal(
                    "ResourceNotFoundException", f"The security group {group_id} does not exist."
                )
            if group.vpc_id != subnet.vpc_id:
                raise invalid(f"The security group {group_id} is not in {subnet.vpc_id}.")
        return wanted

    def get_mount_target(self) -> ActionResult:
        """Describe a mount target."""
        return ActionResult(self.s3files.mount_target(self.given["mountTargetId"]).describe())

    def list_mount_targets(self) -> ActionResult:
        """List the mount targets of a file system, or of the one that an access point is of."""
        named = self.given.get("fileSystemId")
        if point := self.given.get("accessPointId"):
            named = self.s3files.access_point(point).file_system_id
        if named is None:
            raise invalid("Either fileSystemId or accessPointId is required.")
        system = self.s3files.file_system(named)
        return self.page(
            "mountTargets", [one.describe() for one in self.s3files.targets_of(system.id)]
        )

    def update_mount_target(self) -> ActionResult:
        """Set the security groups of a mount target."""
        found = self.s3files.mount_target(self.given["mountTargetId"])
        ec2 = interfaces.network(self.current_account, self.region)
        subnet = interfaces.find_subnet(ec2, found.description["subnetId"])
        groups = self._groups(ec2, subnet, self.given["securityGroups"])
        interface = found.description["networkInterfaceId"]
        ec2.modify_network_interface_attribute(interface, groups)
        found.description["securityGroups"] = groups
        return ActionResult(found.describe())

    def delete_mount_target(self) -> ActionResult:
        """Delete a mount target; its interface goes after a while."""
        found = self.s3files.mount_target(self.given["mountTargetId"])
        ec2 = interfaces.network(self.current_account, self.region)
        interfaces.leave(ec2, [found.description["networkInterfaceId"]])
        del self.s3files.mount_targets[found.description["mountTargetId"]]
        return EmptyResult()
