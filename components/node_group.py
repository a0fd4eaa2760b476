"""Managed node group of an EKS cluster."""

from collections.abc import Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pulumi_kubernetes as kubernetes

from components.dependencies import split_depends_on
from components.iam import managed_policy_arn, trust
from components.node_group_spec import NodeGroupSpec, TaintEffect, TaintSpec
from components.node_template import INSTANCE_STORE_LABEL, launch_template

NODE_POLICIES = (
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEC2ContainerRegistryReadOnly",
)

GROUP_LABEL = "eks-ml-storage/node-group"
"""Label of nodes; its value is the name of their group."""

KUBERNETES_EFFECTS: dict[TaintEffect, str] = {
    "NO_SCHEDULE": "NoSchedule",
    "NO_EXECUTE": "NoExecute",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}
"""Kubernetes' names of the effects of taints, by EKS's."""


class NodeGroupArgs(TypedDict):
    """Arguments of `NodeGroup`."""

    spec: NodeGroupSpec
    """Instances, image, sizes, labels and taints. Its zones and subnets are in `subnet_ids`."""
    cluster: eks.Cluster | str
    """The cluster of pulumi-eks that the nodes join, or the name of a cluster that exists."""
    kubernetes_version: str
    """Kubernetes version of the cluster, such as 1.36."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Ids of the subnets that the nodes are in."""


class NodeGroup(pulumi.ComponentResource):
    """A managed node group with a role and a launch template of its own.

    The launch template encrypts the root volumes, keeps the role's credentials from pods, and tags
    instances, volumes and network interfaces. The nodes depend on the resources of `depends_on`:
    they need internet access to join.
    """

    role: aws.iam.Role
    """Role of the nodes."""

    def __init__(
        self, name: str, args: NodeGroupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:cluster:NodeGroup", name, {}, own)
        self._name, self._spec = name, args["spec"]
        spec, child = args["spec"], pulumi.ResourceOptions(parent=self)
        self.role = aws.iam.Role(
            f"{name}-role",
            description=f"Nodes of group {name}",
            assume_role_policy=pulumi.Output.json_dumps(trust("ec2.amazonaws.com")),
            opts=child,
        )
        permissions = [
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy}",
                role=self.role.name,
                policy_arn=managed_policy_arn(policy),
                opts=child,
            )
            for policy in NODE_POLICIES
        ]
        template = launch_template(
            f"{name}-template", spec.disk_size_gib, child, instance_store=spec.instance_store
        )
        settings: dict[str, Any] = {
            "node_role_arn": self.role.arn,
            "subnet_ids": [*args["subnet_ids"]],
            "instance_types": [*spec.instance_types],
            "ami_type": spec.image,
            # pulumi-eks leaves it out for a group with a launch template, which then stays behind.
            "version": args["kubernetes_version"],
            "release_version": spec.release_version,
            "capacity_type": spec.capacity_type,
            "launch_template": aws.eks.NodeGroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            "scaling_config": aws.eks.NodeGroupScalingConfigArgs(
                min_size=spec.min_size, desired_size=spec.desired_size, max_size=spec.max_size
            ),
            "labels": {
                **spec.labels,
                GROUP_LABEL: name,
                **(INSTANCE_STORE_LABEL if spec.instance_store else {}),
            },
            "taints": [
                aws.eks.NodeGroupTaintArgs(
                    key=taint.key, value=taint.value or None, effect=taint.effect
                )
                for taint in spec.taints
            ],
            # Nodes can join once their role has its permissions.
            "opts": pulumi.ResourceOptions(parent=self, depends_on=[*permissions, *depends_on]),
        }
        match args["cluster"]:
            case str(cluster_name):
                aws.eks.NodeGroup(name, cluster_name=cluster_name, **settings)
            case cluster:
                eks.ManagedNodeGroup(name, cluster=cluster, **settings)
        self.register_outputs({"roleArn": self.role.arn})

    def schedule(
        self, pod: kubernetes.core.v1.PodSpecArgsDict
    ) -> kubernetes.core.v1.PodSpecArgsDict:
        """Return a pod's spec that runs on this group's nodes and tolerates their taints."""
        return with_node_selector(pod, self._name, self._spec.taints)


def with_node_selector(
    pod: kubernetes.core.v1.PodSpecArgsDict, group: str, taints: Sequence[TaintSpec]
) -> kubernetes.core.v1.PodSpecArgsDict:
    """Return a pod's spec that selects the nodes of a group, and tolerates their taints."""
    return {
        **pod,
        "node_selector": {GROUP_LABEL: group},
        "tolerations": [
            {
                "key": taint.key,
                "operator": "Equal",
                "value": taint.value,
                "effect": KUBERNETES_EFFECTS[taint.effect],
            }
            for taint in taints
        ],
    }
