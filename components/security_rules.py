"""Who may talk to whom: pairs of rules between two security groups."""

from typing import NamedTuple

import pulumi
import pulumi_aws as aws


class Ports(NamedTuple):
    """A range of TCP ports, both ends included."""

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


class Rules:
    """Makes the rules of one security group and another, as children of one resource."""

    def __init__(self, name: str, parent: pulumi.Resource) -> None:
        self._name = name
        self._opts = pulumi.ResourceOptions(parent=parent)

    def admit(
        self, group_id: pulumi.Input[str], source_id: pulumi.Input[str], who: str, ports: Ports
    ) -> pulumi.Resource:
        """Let members of the source group open connections to members of the group."""
        return aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-from-{who}-{ports}",
            security_group_id=group_id,
            referenced_security_group_id=source_id,
            ip_protocol="tcp",
            from_port=ports.first,
            to_port=ports.last,
            description=f"TCP {ports} from {who}",
            opts=self._opts,
        )

    def release(
        self, group_id: pulumi.Input[str], target_id: pulumi.Input[str], who: str, ports: Ports
    ) -> pulumi.Resource:
        """Let members of the group open connections to members of the target group."""
        return aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-to-{who}-{ports}",
            security_group_id=group_id,
            referenced_security_group_id=target_id,
            ip_protocol="tcp",
            from_port=ports.first,
            to_port=ports.last,
            description=f"TCP {ports} to {who}",
            opts=self._opts,
        )
