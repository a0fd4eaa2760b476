"""EKS cluster itself: the aws:eks/cluster:Cluster among the children of the component."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from rehearsal.pulumi.providers.eks.inputs import Inputs, is_set, merged
from rehearsal.pulumi.providers.eks.service_role import ServiceRole

Partition = pulumi.Input[str]

# Set at creation only; later EKS reports other values than it was given.
IGNORED = ["accessConfig.bootstrapClusterCreatorAdminPermissions", "bootstrapSelfManagedAddons"]


def service_role(
    name: str, inputs: Inputs, partition: Partition, parent: pulumi.Resource
) -> ServiceRole | None:
    """Create the role with which EKS manages the cluster; return None if the program gives one."""
    if is_set(inputs, "serviceRole"):
        return None
    return ServiceRole(
        f"{name}-eksRole",
        service="eks.amazonaws.com",
        description="Allows EKS to manage clusters on your behalf.",
        policies=["AmazonEKSClusterPolicy"],
        partition=partition,
        actions=["sts:AssumeRole", "sts:TagSession"],
        tags=inputs.get("tags"),
        parent=parent,
    )


def subnet_ids(inputs: Inputs, parent: pulumi.Resource) -> pulumi.Output[list[str]]:
    """Return the cluster's subnets: as given, public then private, or the default VPC's."""
    if is_set(inputs, "subnetIds"):
        return pulumi.Output.from_input(inputs["subnetIds"])
    apart = [inputs.get(key) or [] for key in ("publicSubnetIds", "privateSubnetIds")]
    if any(is_set(inputs, key) for key in ("publicSubnetIds", "privateSubnetIds")):
        return pulumi.Output.all(*apart).apply(lambda known: [*known[0], *known[1]])
    if is_set(inputs, "vpcId"):
        return pulumi.Output.from_input([])
    of_vpc: Any = {"name": "vpc-id", "values": [vpc_id(inputs, parent)]}
    subnets = aws.ec2.get_subnets_output(
        filters=[of_vpc],
        opts=pulumi.InvokeOptions(parent=parent),
    )
    return subnets.ids


def vpc_id(inputs: Inputs, parent: pulumi.Resource) -> pulumi.Output[str]:
    """Return the cluster's VPC: as given, else the Region's default one."""
    if is_set(inputs, "vpcId"):
        return pulumi.Output.from_input(inputs["vpcId"])
    default = aws.ec2.get_vpc_output(default=True, opts=pulumi.InvokeOptions(parent=parent))
    return default.id


def encryption(inputs: Inputs) -> pulumi.Output[Any] | None:
    """Return the envelope encryption by a KMS key, or None without a key.

    It encrypts Kubernetes Secrets, the only resources that EKS accepts.
    """
    if not is_set(inputs, "encryptionConfigKeyArn"):
        return None
    return pulumi.Output.from_input(inputs["encryptionConfigKeyArn"]).apply(
        lambda arn: {"provider": {"keyArn": arn}, "resources": ["secrets"]}
    )


def control_plane(  # noqa: PLR0913  # what the cluster is made of
    name: str,
    inputs: Inputs,
    *,
    role: ServiceRole | None,
    security_group: aws.ec2.SecurityGroup | None,
    subnets: pulumi.Output[list[str]],
    parent: pulumi.Resource,
) -> aws.eks.Cluster:
    """Create the EKS cluster, which depends on its role and the role's policies."""
    cluster_name = f"{name}-eksCluster"
    return aws.eks.Cluster(
        cluster_name,
        name=inputs.get("name"),
        role_arn=role.role.arn if role else inputs["serviceRole"].arn,
        version=inputs.get("version"),
        bootstrap_self_managed_addons=_given_or(inputs, "bootstrapSelfManagedAddons", True),
        access_config=_access_config(inputs),
        vpc_config=_vpc_config(inputs, security_group, subnets),
        encryption_config=encryption(inputs),
        enabled_cluster_log_types=inputs.get("enabledClusterLogTypes"),
        upgrade_policy=inputs.get("upgradePolicy"),
        deletion_protection=inputs.get("deletionProtection"),
        kubernetes_network_config=_network_config(inputs),
        tags=merged({"Name": cluster_name}, inputs.get("clusterTags"), inputs.get("tags")),
        opts=pulumi.ResourceOptions(
            parent=parent,
            ignore_changes=IGNORED,
            depends_on=[role.role, *role.attachments] if role else None,
        ),
    )


def _given_or(inputs: Inputs, name: str, default: Any) -> Any:
    return inputs[name] if is_set(inputs, name) else default


def _access_config(inputs: Inputs) -> Any:
    mode = inputs.get("authenticationMode")
    if not mode:
        return None
    return {"authenticationMode": mode, "bootstrapClusterCreatorAdminPermissions": True}


def _vpc_config(
    inputs: Inputs,
    security_group: aws.ec2.SecurityGroup | None,
    subnets: pulumi.Output[list[str]],
) -> Any:
    endpoint = ("endpointPrivateAccess", "endpointPublicAccess", "publicAccessCidrs")
    config: dict[str, Any] = {key: inputs[key] for key in endpoint if is_set(inputs, key)}
    if security_group:
        config["securityGroupIds"] = [security_group.id]
    return config | {"subnetIds": subnets}


def _network_config(inputs: Inputs) -> pulumi.Output[Any] | None:
    keys = ("kubernetesServiceIpAddressRange", "ipFamily")
    if not any(is_set(inputs, key) for key in keys):
        return None
    return pulumi.Output.all(*(inputs.get(key) for key in keys)).apply(
        lambda known: {
            "serviceIpv4Cidr": known[0] if known[1] in {None, "ipv4"} else None,
            "ipFamily": known[1] or "ipv4",
        }
    )
