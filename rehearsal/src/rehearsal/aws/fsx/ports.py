"""Check that security groups allow the network traffic that Lustre needs.

The file servers talk to each other and to the clients over LNET: TCP 988 and 1018 to 1023. AWS
checks the groups when a file system is created, and refuses it if they do not allow this traffic.
Source: FSx for Lustre user guide, "File system access control with Amazon VPC".
"""

from __future__ import annotations

from collections.abc import Sequence

from moto.ec2.models.security_groups import SecurityGroup
from moto.ec2.models.subnets import Subnet

from rehearsal.aws.reach import LNET_PORTS, Member, unmet


def missing(groups: Sequence[SecurityGroup], subnet: Subnet) -> list[str]:
    """Return the traffic between file servers in these groups that no rule allows.

    Returns:
        Texts such as "inbound TCP 988"; empty if all traffic is allowed.
    """
    servers = Member(str(subnet.cidr_block), groups)
    return [
        f"{direction} TCP {ports}"
        for direction, shut in unmet(servers, servers, LNET_PORTS)
        for ports in shut
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
