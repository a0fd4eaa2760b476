"""The add-ons of an EKS cluster that AWS manages."""

from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks

from components import dependencies
from components.aliases import STASH, former_urns
from components.cluster_spec import AddonName, ClusterSpec

DAEMONS: tuple[AddonName, ...] = ("eks-pod-identity-agent", "eks-node-monitoring-agent")
"""Add-ons that are healthy without a node, so that nodes find them when they join. The others are
Deployments, which are degraded until a node can run them."""

OF_PULUMI_EKS: tuple[AddonName, ...] = ("vpc-cni", "kube-proxy")
"""Add-ons that pulumi-eks installs with the control plane."""

REQUIRED: tuple[AddonName, ...] = ("eks-pod-identity-agent", "coredns")


class ClusterAddonsArgs(TypedDict):
    """Arguments of `ClusterAddons`."""

    spec: ClusterSpec
    """Settings of the cluster, with its version and its add-ons."""
    cluster: eks.Cluster
    """The cluster of pulumi-eks."""


class ClusterAddons(pulumi.ComponentResource):
    """The add-ons of a cluster, other than those that pulumi-eks installs with the control plane.

    Add-ons that run as Deployments wait for the nodes, which `depends_on` names. Pods that call AWS
    need all of them: CoreDNS finds AWS, and the Pod Identity agent brings the credentials.
    """

    def __init__(
        self, name: str, args: ClusterAddonsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, nodes = dependencies.split(opts)
        super().__init__("eks-ml-storage:cluster:ClusterAddons", name, {}, own)
        spec = args["spec"]
        for addon in dict.fromkeys((*REQUIRED, *spec.addons)):
            if addon in OF_PULUMI_EKS:
                continue
            eks.Addon(
                f"{name}-{addon}",
                cluster=args["cluster"],
                addon_name=addon,
                addon_version=addon_version(name, addon, spec, pulumi.ResourceOptions(parent=self)),
                configuration_values=addon_values(addon, spec),
                # EKS gives a cluster some of them by itself.
                resolve_conflicts_on_create="OVERWRITE",
                resolve_conflicts_on_update="OVERWRITE",
                opts=pulumi.ResourceOptions(
                    parent=self, depends_on=[] if addon in DAEMONS else nodes
                ),
            )
        self.register_outputs({})


def addon_version(
    name: str, addon: AddonName, spec: ClusterSpec, opts: pulumi.ResourceOptions
) -> pulumi.Input[str]:
    """Return the version of an add-on: the given one, or one that moves with Kubernetes only.

    By default it is the newest version for the cluster's Kubernetes version, and the choice is kept
    in the stack's state: an update finds the version that was chosen, whatever AWS has released
    since. A change of the Kubernetes version replaces the choice, also when an update failed half
    way: an add-on that was not brought to its version is brought there by the next update.

    Args:
        name: Logical name of the cluster, which the name of the choice begins with.
        addon: Name of the add-on.
        spec: Settings of the cluster.
        opts: Options of the choice.
    """
    given = spec.addons.get(addon)
    if given and given.version:
        return given.version
    newest = aws.eks.get_addon_version_output(
        addon_name=addon,
        kubernetes_version=spec.version,
        most_recent=True,
        opts=pulumi.InvokeOutputOptions(parent=opts.parent),
    )
    choice_name = f"{name}-{addon}-version"
    keep = pulumi.ResourceOptions(
        ignore_changes=["input"],
        replacement_trigger=spec.version,
        aliases=former_urns(STASH, choice_name),
    )
    choice = pulumi.Stash(
        choice_name,
        input=newest.version,
        opts=pulumi.ResourceOptions.merge(opts, keep),
    )
    return choice.output.apply(str)


def addon_values(addon: AddonName, spec: ClusterSpec) -> dict[str, Any] | None:
    """Return the settings of an add-on in its own schema, or None."""
    given = spec.addons.get(addon)
    return (given and given.configuration_values) or None
