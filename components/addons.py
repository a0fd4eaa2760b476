"""Managed add-ons of an EKS cluster."""

from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks

from components.aliases import STASH, former_urns
from components.cluster_spec import AddonName, ClusterSpec
from components.dependencies import split_depends_on

DAEMONS: tuple[AddonName, ...] = ("eks-pod-identity-agent", "eks-node-monitoring-agent")
"""Add-ons that run as DaemonSets, which are healthy without a node. They are installed before the
nodes join. The others are Deployments, which are degraded until a node can run them."""

INSTALLED_BY_PULUMI_EKS: tuple[AddonName, ...] = ("vpc-cni", "kube-proxy")
"""Add-ons that pulumi-eks installs with the control plane."""

REQUIRED: tuple[AddonName, ...] = ("eks-pod-identity-agent", "coredns")


class ClusterAddonsArgs(TypedDict):
    """Arguments of `ClusterAddons`."""

    spec: ClusterSpec
    """Settings of the cluster, with its version and its add-ons."""
    cluster: eks.Cluster
    """The cluster of pulumi-eks."""


class ClusterAddons(pulumi.ComponentResource):
    """Add-ons of a cluster, other than those that pulumi-eks installs with the control plane.

    Those that run as Deployments depend on the resources of `depends_on`, the nodes. Pods that call
    AWS need all add-ons: CoreDNS for its DNS names, the Pod Identity agent for credentials.
    """

    def __init__(
        self, name: str, args: ClusterAddonsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, nodes = split_depends_on(opts)
        super().__init__("eks-ml-storage:cluster:ClusterAddons", name, {}, own)
        spec = args["spec"]
        for addon in dict.fromkeys((*REQUIRED, *spec.addons)):
            if addon in INSTALLED_BY_PULUMI_EKS:
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
    """Return the version of an add-on: the given one, or one that changes with Kubernetes only.

    By default it is the newest version for the cluster's Kubernetes version. The choice is kept in
    the stack's state, so later updates use the same version, whatever AWS has released since. A
    change of the Kubernetes version replaces the choice. If that update fails half way, the next
    one installs the chosen version.

    Args:
        name: Logical name of the cluster; the name of the choice begins with it.
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
