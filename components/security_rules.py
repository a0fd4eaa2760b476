"""Rules between two security groups."""

from typing import NamedTuple

import pulumi
import pulumi_aws as aws


class Ports(NamedTuple):
    """A range of TCP ports, both ends included."""

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


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
        ports: TCP ports.
        opts: Options of the rule.
    """
    return aws.vpc.SecurityGroupIngressRule(
        f"{name}-from-{source}-{ports}",
        security_group_id=group_id,
        referenced_security_group_id=source_id,
        ip_protocol="tcp",
        from_port=ports.first,
        to_port=ports.last,
        description=f"TCP {ports} from {source}",
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
        ports: TCP ports.
        opts: Options of the rule.
    """
    return aws.vpc.SecurityGroupEgressRule(
        f"{name}-to-{target}-{ports}",
        security_group_id=group_id,
        referenced_security_group_id=target_id,
        ip_protocol="tcp",
        from_port=ports.first,
        to_port=ports.last,
        description=f"TCP {ports} to {target}",
        opts=opts,
    )
