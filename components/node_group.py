"""A group of EC2 instances that EKS runs as nodes of a cluster."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pulumi_kubernetes as kubernetes

from components.cluster import Cluster
from components.network import Network
from components.node_template import LABEL, launch_template
from components.policies import managed_policy_arn, trust

NODE_POLICIES = (
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEC2ContainerRegistryReadOnly",
)

GROUP_LABEL = "eks-ml-storage/node-group"
"""The label of nodes that tells their group."""

EFFECTS = {
    "NO_SCHEDULE": "NoSchedule",
    "NO_EXECUTE": "NoExecute",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}
"""Kubernetes' names of EKS's."""


class TaintArgs(TypedDict):
    """A taint that the nodes carry."""

    key: str
    """The taint's key."""
    value: str
    """The taint's value, may be empty."""
    effect: str
    """NO_SCHEDULE, NO_EXECUTE or PREFER_NO_SCHEDULE."""


class NodeGroupArgs(TypedDict):
    """What a NodeGroup is made of."""

    cluster: Cluster
    """The cluster that the nodes join."""
    network: Network
    """Where the nodes run."""
    subnets: str
    """In which of its subnets, private or public."""
    zones: list[str]
    """In which of its zones; in all of them when none is named."""
    instance_types: list[str]
    """EC2 instance types of one architecture; EKS takes whichever it gets."""
    image: str
    """EKS's machine image, as AL2023_x86_64_STANDARD."""
    release_version: str | None
    """Release of that image, as 1.36.2-20261118; the newest at creation and at each change of the
    Kubernetes version when None."""
    capacity_type: str
    """ON_DEMAND or SPOT."""
    min_size: int
    """Fewest nodes."""
    desired_size: int
    """Nodes at first."""
    max_size: int
    """Most nodes."""
    disk_size_gib: int
    """Each node's root volume, in GiB."""
    instance_store: bool
    """Whether pods' temporary volumes are on the instances' own disks."""
    labels: dict[str, str]
    """Kubernetes labels of the nodes."""
    taints: list[TaintArgs]
    """Kubernetes taints of the nodes."""


class NodeGroup(pulumi.ComponentResource):
    """A managed node group with a role of its own.

    A launch template of its own encrypts the root volumes, keeps the role out of reach of pods and
    tags what it launches.
    """

    role: aws.iam.Role

    def __init__(
        self,
        name: str,
        args: NodeGroupArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("eks-ml-storage:cluster:NodeGroup", name, {}, opts)
        self._name, self._child = name, pulumi.ResourceOptions(parent=self)
        self.role = aws.iam.Role(
            f"{name}-role",
            description=f"Nodes of group {name}",
            assume_role_policy=pulumi.Output.json_dumps(trust("ec2.amazonaws.com")),
            opts=self._child,
        )
        self._taints = args["taints"]
        permissions = [self._permission(policy) for policy in NODE_POLICIES]
        self._nodes(args, [*permissions, *args["network"].egress])
        self.register_outputs({"roleArn": self.role.arn})

    def place(self, pod: kubernetes.core.v1.PodSpecArgsDict) -> kubernetes.core.v1.PodSpecArgsDict:
        """A pod's spec with what brings it to this group's nodes, whatever their taints."""
        return placed(pod, self._name, self._taints)

    def _permission(self, policy: str) -> aws.iam.RolePolicyAttachment:
        """One of AWS's policies on the nodes' role."""
        return aws.iam.RolePolicyAttachment(
            f"{self._name}-{policy}",
            role=self.role.name,
            policy_arn=managed_policy_arn(policy),
            opts=self._child,
        )

    def _nodes(self, args: NodeGroupArgs, after: Sequence[pulumi.Resource]) -> None:
        """The nodes, which can join once their role has its permissions and they have a route."""
        store = args["instance_store"]
        template = launch_template(
            f"{self._name}-template", args["disk_size_gib"], self._child, instance_store=store
        )
        eks.ManagedNodeGroup(
            self._name,
            cluster=args["cluster"].eks_cluster,
            node_role_arn=self.role.arn,
            subnet_ids=args["network"].subnet_ids(args["subnets"], args["zones"]),
            instance_types=args["instance_types"],
            ami_type=args["image"],
            # pulumi-eks leaves it out for a group with a launch template, which then stays behind.
            version=args["cluster"].version,
            release_version=args["release_version"],
            capacity_type=args["capacity_type"],
            launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                min_size=args["min_size"],
                desired_size=args["desired_size"],
                max_size=args["max_size"],
            ),
            labels={**args["labels"], GROUP_LABEL: self._name, **(LABEL if store else {})},
            taints=[
                aws.eks.NodeGroupTaintArgs(
                    key=taint["key"], value=taint["value"] or None, effect=taint["effect"]
                )
                for taint in args["taints"]
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )


def placed(
    pod: kubernetes.core.v1.PodSpecArgsDict, group: str, taints: Sequence[TaintArgs]
) -> kubernetes.core.v1.PodSpecArgsDict:
    """A pod's spec that asks for the nodes of a group, and tolerates what repels others."""
    return {
        **pod,
        "node_selector": {GROUP_LABEL: group},
        "tolerations": [
            {
                "key": taint["key"],
                "operator": "Equal",
                "value": taint["value"],
                "effect": EFFECTS[taint["effect"]],
            }
            for taint in taints
        ],
    }
