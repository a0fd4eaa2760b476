"""Security groups of a cluster's control plane and nodes, and the rules between them."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from rehearsal.pulumi.providers.eks.inputs import Inputs, is_set, merged

EVERYWHERE = "0.0.0.0/0"


def cluster_security_group(
    name: str, inputs: Inputs, vpc_id: pulumi.Input[str], options: pulumi.ResourceOptions
) -> aws.ec2.SecurityGroup | None:
    """Return the control plane's own group: the one given, a new one, or None when skipped."""
    if is_set(inputs, "clusterSecurityGroup"):
        group: aws.ec2.SecurityGroup = inputs["clusterSecurityGroup"]
        return group
    if skipped(inputs):
        return None
    group_name = f"{name}-eksClusterSecurityGroup"
    group = aws.ec2.SecurityGroup(
        group_name,
        vpc_id=vpc_id,
        revoke_rules_on_delete=True,
        tags=merged(
            {"Name": group_name}, inputs.get("clusterSecurityGroupTags"), inputs.get("tags")
        ),
        opts=options,
    )
    aws.ec2.SecurityGroupRule(
        f"{name}-eksClusterInternetEgressRule",
        description="Allow internet access.",
        **_all_traffic("egress"),
        cidr_blocks=[EVERYWHERE],
        security_group_id=group.id,
        opts=options,
    )
    return group


def skipped(inputs: Inputs) -> bool:
    """Return True if the default groups are left out."""
    return bool(inputs.get("skipDefaultSecurityGroups"))


def node_security_group(  # noqa: PLR0913  # each is a property of a child
    name: str,
    *,
    vpc_id: pulumi.Input[str],
    cluster_group_id: pulumi.Input[str],
    cluster_name: pulumi.Input[str],
    tags: Any,
    options: pulumi.ResourceOptions,
) -> tuple[aws.ec2.SecurityGroup, aws.ec2.SecurityGroupRule]:
    """Create the nodes' group and its rules.

    Returns:
        The group, and the rule by which nodes reach the API server.
    """
    group_name = f"{name}-nodeSecurityGroup"
    owned = pulumi.Output.from_input(cluster_name).apply(
        lambda cluster: {f"kubernetes.io/cluster/{cluster}": "owned"}
    )
    group = aws.ec2.SecurityGroup(
        group_name,
        vpc_id=vpc_id,
        revoke_rules_on_delete=True,
        tags=merged({"Name": group_name}, owned, tags),
        opts=options,
    )
    aws.ec2.SecurityGroupRule(
        f"{name}-eksNodeIngressRule",
        description="Allow nodes to communicate with each other",
        **_all_traffic("ingress"),
        security_group_id=group.id,
        self=True,
        opts=options,
    )
    aws.ec2.SecurityGroupRule(
        f"{name}-eksNodeClusterIngressRule",
        description="Allow worker Kubelets and pods to receive communication from the cluster"
        " control plane",
        **_tcp_ingress(1025, 65535),
        security_group_id=group.id,
        source_security_group_id=cluster_group_id,
        opts=options,
    )
    aws.ec2.SecurityGroupRule(
        f"{name}-eksExtApiServerClusterIngressRule",
        description="Allow pods running extension API servers on port 443 to receive communication"
        " from cluster control plane",
        **_tcp_ingress(443, 443),
        security_group_id=group.id,
        source_security_group_id=cluster_group_id,
        opts=options,
    )
    aws.ec2.SecurityGroupRule(
        f"{name}-eksNodeInternetEgressRule",
        description="Allow internet access.",
        **_all_traffic("egress"),
        cidr_blocks=[EVERYWHERE],
        security_group_id=group.id,
        opts=options,
    )
    to_api_server = aws.ec2.SecurityGroupRule(
        f"{name}-eksClusterIngressRule",
        description="Allow pods to communicate with the cluster API Server",
        **_tcp_ingress(443, 443),
        security_group_id=cluster_group_id,
        source_security_group_id=group.id,
        opts=options,
    )
    return group, to_api_server


def _all_traffic(direction: str) -> dict[str, Any]:
    return {"type": direction, "from_port": 0, "to_port": 0, "protocol": "-1"}


def _tcp_ingress(first: int, last: int) -> dict[str, Any]:
    return {"type": "ingress", "from_port": first, "to_port": last, "protocol": "tcp"}
