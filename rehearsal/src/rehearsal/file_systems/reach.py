"""Tell whether the network lets a client mount a file system.

A client has a subnet and security groups: a training job's, or those of a node's interface. It
mounts EFS by the mount target of its own zone, because the name of the file system is known in a
zone by that alone, and Lustre by all network interfaces of the file servers. Lustre's servers open
connections to their clients too.
Sources: EFS User Guide, "Mounting on Amazon EC2 with a DNS name" and "Using VPC security groups";
FSx for Lustre User Guide, "File system access control with Amazon VPC".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from rehearsal.clients.aws import Cloud

NFS = ((2049, 2049),)
LNET = ((988, 988), (1018, 1023))

Ranges = Sequence[tuple[int, int]]
Groups = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Member:
    """One end of a connection: the addresses that it has, and its security groups."""

    addresses: str
    """An IPv4 address, or the CIDR block of a subnet in which it has one."""
    groups: Groups
    """Its security groups, as EC2 describes them."""


@dataclass(frozen=True)
class Network:
    """Network of an account in one Region."""

    cloud: Cloud
    region: str

    def obstacle(
        self, system_id: str, subnet_id: str, group_ids: Sequence[str], zone: str = ""
    ) -> str | None:
        """Return what keeps a client from mounting a file system; None if nothing does.

        Args:
            system_id: Id of an EFS file system, or of an FSx for Lustre one.
            subnet_id: Subnet of the client.
            group_ids: Ids of the client's security groups.
            zone: Zone whose mount target of EFS the client asks for by the option `az` of the mount
                helper; by default the client's own.
        """
        (subnet,) = self._ec2.describe_subnets(SubnetIds=[subnet_id])["Subnets"]
        client = Member(subnet["CidrBlock"], self._groups(group_ids))
        efs = self._mount_targets(system_id)
        if efs is None:
            return self._lustre(system_id, subnet, client)
        zone = zone or subnet["AvailabilityZone"]
        targets = [one for one in efs if one["AvailabilityZoneName"] == zone]
        if not targets:
            of = f", the zone of {subnet_id}" if zone == subnet["AvailabilityZone"] else ""
            return f"{system_id} has no mount target in {zone}{of}"
        ids = [one["NetworkInterfaceId"] for one in targets]
        return self._closed(self._interfaces(ids), subnet, client, NFS, both_ways=False)

    def _lustre(self, system_id: str, subnet: Mapping[str, Any], client: Member) -> str | None:
        fsx = self.cloud.client("fsx", self.region)
        (found,) = fsx.describe_file_systems(FileSystemIds=[system_id])["FileSystems"]
        interfaces = self._interfaces(found.get("NetworkInterfaceIds", []))
        return self._closed(interfaces, subnet, client, LNET, both_ways=True)

    def _closed(
        self,
        interfaces: list[dict[str, Any]],
        subnet: Mapping[str, Any],
        client: Member,
        ports: Ranges,
        *,
        both_ways: bool,
    ) -> str | None:
        for interface in interfaces:
            if interface["VpcId"] != subnet["VpcId"]:
                return (
                    f"its network interfaces are in {interface['VpcId']}, and the subnet "
                    f"{subnet['SubnetId']} is in {subnet['VpcId']}"
                )
            groups = self._groups([one["GroupId"] for one in interface["Groups"]])
            server = Member(interface["PrivateIpAddress"], groups)
            closed = [*_closed(client, server, ports)]
            if both_ways:
                closed += _closed(server, client, ports)
            if closed:
                return "; ".join(closed)
        return None

    @property
    def _ec2(self) -> Any:
        return self.cloud.client("ec2", self.region)

    def _groups(self, ids: Sequence[str]) -> Groups:
        if not ids:
            return []
        found: Groups = self._ec2.describe_security_groups(GroupIds=[*ids])["SecurityGroups"]
        return found

    def _interfaces(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        if not ids:
            return []
        found = self._ec2.describe_network_interfaces(NetworkInterfaceIds=[*ids])
        interfaces: list[dict[str, Any]] = found["NetworkInterfaces"]
        return interfaces

    def _mount_targets(self, system_id: str) -> list[dict[str, Any]] | None:
        efs = self.cloud.client("efs", self.region)
        try:
            found = efs.describe_mount_targets(FileSystemId=system_id)
        except efs.exceptions.FileSystemNotFound:
            return None
        targets: list[dict[str, Any]] = found["MountTargets"]
        return targets


def _closed(caller: Member, called: Member, ports: Ranges) -> Iterator[str]:
    """Yield a sentence for each direction in which no rule lets a connection through."""
    for ends, key, other, way in (
        (caller, "IpPermissionsEgress", called, "outbound"),
        (called, "IpPermissions", caller, "inbound"),
    ):
        rules = [rule for group in ends.groups for rule in group[key]]
        shut = [one for one in ports if not _lets_through(rules, other, one)]
        if shut:
            names = ", ".join(one["GroupId"] for one in ends.groups) or "no security group"
            numbers = ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in shut)
            peers = ", ".join(one["GroupId"] for one in other.groups) or other.addresses
            to = "to" if way == "outbound" else "from"
            yield f"no rule of {names} allows {way} TCP {numbers} {to} {peers}"


def _lets_through(
    rules: Sequence[Mapping[str, Any]], other: Member, ports: tuple[int, int]
) -> bool:
    """Return whether the rules together let every port of a range through."""
    ids = {group["GroupId"] for group in other.groups}
    fitting = [rule for rule in rules if _is_for(rule, ids, other.addresses)]
    return all(
        any(_covers(rule, port) for rule in fitting) for port in range(ports[0], ports[1] + 1)
    )


def _is_for(rule: Mapping[str, Any], ids: set[str], addresses: str) -> bool:
    if any(pair.get("GroupId") in ids for pair in rule.get("UserIdGroupPairs", [])):
        return True
    blocks = [ip_network(one["CidrIp"], strict=False) for one in rule.get("IpRanges", [])]
    if "/" in addresses:
        return any(_subnet_of(addresses, str(block)) for block in blocks)
    return any(ip_address(addresses) in block for block in blocks)


def _subnet_of(inner: str, outer: str) -> bool:
    small, large = ip_network(inner), ip_network(outer)
    return small.version == large.version and small.subnet_of(large)  # type: ignore[arg-type]


def _covers(rule: Mapping[str, Any], port: int) -> bool:
    if rule["IpProtocol"] == "-1":
        return True
    return bool(rule["IpProtocol"] == "tcp" and rule["FromPort"] <= port <= rule["ToPort"])
