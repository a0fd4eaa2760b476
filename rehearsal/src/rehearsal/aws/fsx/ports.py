"""Check that security groups allow the network traffic that Lustre needs.

The file servers talk to each other and to the clients over LNET: TCP 988 and 1018 to 1023. AWS
checks the groups when a file system is created, and refuses it if they do not allow this traffic.
Source: FSx for Lustre user guide, "File system access control with Amazon VPC".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_network

from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule
from moto.ec2.models.subnets import Subnet

LNET_PORTS = ((988, 988), (1018, 1023))


def missing(groups: Sequence[SecurityGroup], subnet: Subnet) -> list[str]:
    """Return the traffic between file servers in these groups that no rule allows.

    Returns:
        Texts such as "inbound TCP 988"; empty if all traffic is allowed.
    """
    ids = {group.id for group in groups}
    rules = {
        "inbound": [rule for group in groups for rule in group.ingress_rules],
        "outbound": [rule for group in groups for rule in group.egress_rules],
    }
    return [
        f"{direction} TCP {low}-{high}" if high > low else f"{direction} TCP {low}"
        for direction in rules
        for low, high in LNET_PORTS
        if not _permitted(rules[direction], ids, subnet, low, high)
    ]


def lets_everything_through(groups: Sequence[SecurityGroup]) -> bool:
    """Return whether the groups allow all traffic between their members, which EFA needs.

    Source: FSx for Lustre User Guide, "EFA-enabled security groups".
    """
    ids = {group.id for group in groups}
    return all(
        any(rule.ip_protocol == "-1" and rule.source_group.get("GroupId") in ids for rule in rules)
        for rules in (
            [rule for group in groups for rule in group.ingress_rules],
            [rule for group in groups for rule in group.egress_rules],
        )
    )


def _permitted(
    rules: Iterable[SecurityGroupRule], ids: set[str], subnet: Subnet, low: int, high: int
) -> bool:
    """Return whether the rules allow every port of a range between members of the groups."""
    reaching = [rule for rule in rules if _reaches(rule, ids, subnet)]
    return all(any(_covers(rule, port) for rule in reaching) for port in range(low, high + 1))


def _reaches(rule: SecurityGroupRule, ids: set[str], subnet: Subnet) -> bool:
    if rule.source_group:
        return rule.source_group.get("GroupId") in ids
    if not rule.cidr_ipv4:
        return False
    return ip_network(str(subnet.cidr_block)).subnet_of(ip_network(rule.cidr_ipv4))  # type: ignore[arg-type]


def _covers(rule: SecurityGroupRule, port: int) -> bool:
    if rule.ip_protocol == "-1":
        return True
    return rule.ip_protocol == "tcp" and (rule.from_port or 0) <= port <= (rule.to_port or 0)
