"""Tell what the network of the account lets through: to a file system, and between its servers.

A client has a subnet and security groups: a training job's, or those of a node's interface. It
mounts EFS and S3 Files by the mount target of its own zone, because the name of the file system is
known in a zone by that alone, and Lustre by the network interfaces of all file servers. Lustre's
servers open connections to their clients too.
Sources: EFS User Guide, "Mounting on Amazon EC2 with a DNS name" and "Using VPC security groups";
FSx for Lustre User Guide, "File system access control with Amazon VPC".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule
from moto.fsx.models import fsx_backends

from rehearsal.aws import interfaces

NFS_PORTS = ((2049, 2049),)
LNET_PORTS = ((988, 988), (1018, 1023))

Ranges = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Member:
    """One end of a connection: the addresses that it can have, and its security groups."""

    addresses: str
    """CIDR block of a subnet, or an IPv4 address."""
    groups: Sequence[SecurityGroup]


@dataclass(frozen=True)
class Client:
    """A client of file systems."""

    subnet_id: str
    group_ids: Sequence[str]
    """Ids of its security groups."""
    zone: str = ""
    """Zone whose mount target it asks for, by the option `az` of the mount helper of EFS, or the
    zone's id by `azid` for S3 Files; by default its own."""


def obstacle(account_id: str, region: str, system_id: str, client: Client) -> str | None:
    """Return what keeps a client from mounting a file system; None if nothing does.

    Args:
        account_id: The account of both.
        region: Region of both.
        system_id: Id of an EFS, S3 Files or FSx for Lustre file system.
        client: The client.
    """
    ec2 = interfaces.network(account_id, region)
    subnet = interfaces.find_subnet(ec2, client.subnet_id)
    if subnet is None:
        return f"the subnet {client.subnet_id} does not exist"
    is_lustre = system_id in fsx_backends[account_id][region].file_systems
    caller = Member(str(subnet.cidr_block), _groups(ec2, client.group_ids))
    servers = [one for one in ec2.enis.values() if system_id in (one.description or "").split()]
    if other := next((one for one in servers if one.subnet.vpc_id != subnet.vpc_id), None):
        there = other.subnet.vpc_id
        return (
            f"its network interfaces are in {there}, and the subnet {subnet.id} is in "
            f"{subnet.vpc_id}"
        )
    if not is_lustre:
        zone = client.zone or subnet.availability_zone
        servers = [
            one
            for one in servers
            if zone in {one.subnet.availability_zone, one.subnet.availability_zone_id}
        ]
        if not servers:
            of = f", the zone of {subnet.id}" if zone == subnet.availability_zone else ""
            return f"{system_id} has no mount target in {zone}{of}"
    return next(filter(None, (_closed(one, caller, both_ways=is_lustre) for one in servers)), None)


def unmet(caller: Member, called: Member, ports: Ranges) -> Iterator[tuple[str, list[str]]]:
    """Yield inbound and outbound, each with the ports that no rule of that direction allows.

    Args:
        caller: End that opens connections, with outbound rules.
        called: End that they are opened to, with inbound rules.
        ports: First and last of each range of TCP ports.
    """
    inbound = [rule for group in called.groups for rule in group.ingress_rules]
    outbound = [rule for group in caller.groups for rule in group.egress_rules]
    for direction, rules, other in (("inbound", inbound, caller), ("outbound", outbound, called)):
        shut = [f"{a}-{b}" if b > a else str(a) for a, b in ports if not _pass(rules, other, a, b)]
        if shut:
            yield direction, shut


def _closed(server: Any, client: Member, *, both_ways: bool) -> str | None:
    called = Member(f"{server.private_ip_address}/32", [*server.group_set])
    ports = LNET_PORTS if both_ways else NFS_PORTS
    ways = [(client, called), (called, client)] if both_ways else [(client, called)]
    said = []
    for caller, callee in ways:
        for direction, shut in unmet(caller, callee, ports):
            own, other = (callee, caller) if direction == "inbound" else (caller, callee)
            word = "from" if direction == "inbound" else "to"
            said.append(
                f"no rule of {_names(own) or 'no security group'} allows {direction} TCP "
                f"{', '.join(shut)} {word} {_names(other) or other.addresses}"
            )
    return "; ".join(said) or None


def _names(member: Member) -> str:
    return ", ".join(group.id for group in member.groups)


def _groups(ec2: EC2Backend, ids: Iterable[str]) -> list[SecurityGroup]:
    found = (ec2.get_security_group_from_id(one) for one in ids)
    return [one for one in found if one]


def _pass(rules: Iterable[SecurityGroupRule], other: Member, low: int, high: int) -> bool:
    """Return whether the rules together let every port of a range through."""
    fitting = [rule for rule in rules if _is_for(rule, other)]
    return all(any(_covers(rule, port) for rule in fitting) for port in range(low, high + 1))


def _is_for(rule: SecurityGroupRule, other: Member) -> bool:
    if rule.source_group:
        return rule.source_group.get("GroupId") in {group.id for group in other.groups}
    if not rule.cidr_ipv4:
        return False
    return ip_network(other.addresses).subnet_of(ip_network(rule.cidr_ipv4))  # type: ignore[arg-type]


def _covers(rule: SecurityGroupRule, port: int) -> bool:
    if rule.ip_protocol == "-1":
        return True
    return rule.ip_protocol == "tcp" and (rule.from_port or 0) <= port <= (rule.to_port or 0)
