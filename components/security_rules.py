"""Rules between two security groups."""

from typing import Any, NamedTuple

import pulumi
import pulumi_aws as aws


class Ports(NamedTuple):
    """A range of TCP ports, both ends included, or all traffic."""

    first: int
    last: int
    protocol: str = "tcp"
    """Protocol as EC2 names it: tcp, or -1 for all traffic, which has no ports."""

    def __str__(self) -> str:
        if self.protocol != "tcp":
            return "all"
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


ALL_TRAFFIC = Ports(-1, -1, "-1")


def allow_from(  # noqa: PLR0913, PLR0917 (two groups, their names and the ports)
    name: str,
    group_id: pulumi.Input[str],
    source_id: pulumi.Input[str],
    source: str,
    ports: Ports,
    opts: pulumi.ResourceOptions,
) -> aws.vpc.SecurityGroupIngressRule:
    """Let members of a source group open connections to members of a group.

    Args:
        name: Beginning of the rule's name.
        group_id: Id of the group.
        source_id: Id of the source group.
        source: Name of the source group, part of the rule's name.
        ports: TCP ports, or all traffic.
        opts: Options of the rule.
    """
    return aws.vpc.SecurityGroupIngressRule(
        f"{name}-from-{source}-{ports}",
        security_group_id=group_id,
        referenced_security_group_id=source_id,
        **_traffic(ports),
        description=f"{_described(ports)} from {source}",
        opts=opts,
    )


def allow_to(  # noqa: PLR0913, PLR0917 (two groups, their names and the ports)
    name: str,
    group_id: pulumi.Input[str],
    target_id: pulumi.Input[str],
    target: str,
    ports: Ports,
    opts: pulumi.ResourceOptions,
) -> aws.vpc.SecurityGroupEgressRule:
    """Let members of a group open connections to members of a target group.

    Args:
        name: Beginning of the rule's name.
        group_id: Id of the group.
        target_id: Id of the target group.
        target: Name of the target group, part of the rule's name.
        ports: TCP ports, or all traffic.
        opts: Options of the rule.
    """
    return aws.vpc.SecurityGroupEgressRule(
        f"{name}-to-{target}-{ports}",
        security_group_id=group_id,
        referenced_security_group_id=target_id,
        **_traffic(ports),
        description=f"{_described(ports)} to {target}",
        opts=opts,
    )


def _traffic(ports: Ports) -> dict[str, Any]:
    if ports.protocol != "tcp":
        return {"ip_protocol": ports.protocol}
    return {"ip_protocol": "tcp", "from_port": ports.first, "to_port": ports.last}


def _described(ports: Ports) -> str:
    return f"TCP {ports}" if ports.protocol == "tcp" else "All traffic"
