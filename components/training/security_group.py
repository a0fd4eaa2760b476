"""The security group of training jobs in the VPC."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws


class TrainingSecurityGroupArgs(TypedDict):
    """Arguments of `TrainingSecurityGroup`."""

    vpc_id: pulumi.Input[str]
    """Id of the VPC."""


class TrainingSecurityGroup(pulumi.ComponentResource):
    """A group whose members may call any address, and each other within the group.

    It needs the VPC alone, so that a file system can allow it before there is a cluster.
    """

    id: pulumi.Output[str]
    """Id of the security group."""

    def __init__(
        self,
        name: str,
        args: TrainingSecurityGroupArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("eks-ml-storage:training:SecurityGroup", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            description="SageMaker training jobs",
            vpc_id=args["vpc_id"],
            opts=child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-from-itself",
            security_group_id=group.id,
            referenced_security_group_id=group.id,
            ip_protocol="-1",
            description="The other instances of a distributed job",
            opts=child,
        )
        aws.vpc.SecurityGroupEgressRule(
            f"{name}-to-anywhere",
            security_group_id=group.id,
            cidr_ipv4="0.0.0.0/0",
            ip_protocol="-1",
            description="S3, the shared storage and each other",
            opts=child,
        )
        self.id = group.id
        self.register_outputs({"id": self.id})
