"""EKS add-ons: those that come with a cluster, the VPC CNI, and eks:index:Addon."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.resource import DependencyResource

from rehearsal.pulumi.providers.eks import cni
from rehearsal.pulumi.providers.eks.inputs import Accepts, Inputs, sorted_json

VERSIONED = frozenset(
    {"configurationValues", "resolveConflictsOnCreate", "resolveConflictsOnUpdate"}
)
BUNDLED = VERSIONED | {"enabled", "version"}
KUBE_PROXY = Accepts("kubeProxyAddonOptions", known=BUNDLED)
COREDNS = Accepts("corednsAddonOptions", known=BUNDLED)
VPC_CNI = Accepts(
    "vpcCniOptions",
    known=cni.OPTIONS
    | VERSIONED
    | {"addonVersion", "enableNetworkPolicy", "serviceAccountRoleArn"},
    not_rehearsed={
        "securityContextPrivileged": "no CNI runs here to be patched; leave it to real clusters"
    },
)
ADDON = Accepts(
    "eks:index:Addon",
    known=VERSIONED
    | {"addonName", "addonVersion", "cluster", "preserve", "serviceAccountRoleArn", "tags"},
    required=frozenset({"addonName", "cluster"}),
)
OVERWRITE = "OVERWRITE"


class Addon(pulumi.ComponentResource):
    """Add-on of a cluster, registered below the cluster itself."""

    def __init__(self, name: str, inputs: Inputs, options: pulumi.ResourceOptions) -> None:
        ADDON.check(inputs)
        cluster = inputs["cluster"]
        options = pulumi.ResourceOptions.merge(options, _beneath(cluster))
        super().__init__("eks:index:Addon", name, None, options)
        self.addon = aws.eks.Addon(
            name,
            cluster_name=pulumi.Output.from_input(cluster).core["cluster"].name,
            addon_name=inputs["addonName"],
            addon_version=inputs.get("addonVersion"),
            configuration_values=sorted_json(inputs.get("configurationValues")),
            preserve=inputs.get("preserve"),
            resolve_conflicts_on_create=inputs.get("resolveConflictsOnCreate"),
            resolve_conflicts_on_update=inputs.get("resolveConflictsOnUpdate"),
            service_account_role_arn=inputs.get("serviceAccountRoleArn"),
            tags=inputs.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.outputs = {"addon": self.addon}
        self.register_outputs({})


def _beneath(cluster: Any) -> pulumi.ResourceOptions:
    """Return options that make the cluster the parent, by its URN alone.

    If its object were the parent, the add-on would be one of the children that all of the
    cluster's outputs wait for, and so would wait for itself.
    """
    found_at = getattr(cluster, "found_at", None) if isinstance(cluster, pulumi.Resource) else None
    return pulumi.ResourceOptions(parent=found_at and DependencyResource(found_at))


class VpcCniAddon(pulumi.ComponentResource):
    """VPC CNI as an add-on, configured by pulumi-eks's own options."""

    addon: pulumi.Output[aws.eks.Addon]

    def __init__(
        self,
        name: str,
        cluster: aws.eks.Cluster | None,
        inputs: Inputs,
        options: pulumi.ResourceOptions,
    ) -> None:
        """Build the add-on, or find one already built when `options` has a URN."""
        props = {"addon": None} if options.urn else None
        super().__init__("eks:index:VpcCniAddon", name, props, options)
        if cluster is None:
            return
        addon = bundled(
            name,
            cluster,
            {**inputs, "version": inputs.get("addonVersion")},
            addon_name="vpc-cni",
            configuration=cni.configuration(inputs),
            options=pulumi.ResourceOptions(parent=self),
        )
        self.addon = pulumi.Output.from_input(addon)
        self.register_outputs({"addon": self.addon})


def bundled(  # noqa: PLR0913  # an add-on, its options, and whose child it is
    name: str,
    cluster: aws.eks.Cluster,
    options_of_addon: Inputs,
    *,
    addon_name: str,
    configuration: pulumi.Input[Any],
    options: pulumi.ResourceOptions,
) -> aws.eks.Addon:
    """Create an add-on that comes with the cluster.

    It has the newest version unless one is named, is kept on deletion, and overwrites what EKS
    itself installed.
    """
    return aws.eks.Addon(
        name,
        cluster_name=cluster.name,
        addon_name=addon_name,
        addon_version=options_of_addon.get("version") or newest(addon_name, cluster),
        configuration_values=sorted_json(configuration),
        preserve=True,
        resolve_conflicts_on_create=options_of_addon.get("resolveConflictsOnCreate") or OVERWRITE,
        resolve_conflicts_on_update=options_of_addon.get("resolveConflictsOnUpdate") or OVERWRITE,
        service_account_role_arn=options_of_addon.get("serviceAccountRoleArn"),
        tags=options_of_addon.get("tags"),
        opts=options,
    )


def newest(addon_name: str, cluster: aws.eks.Cluster) -> pulumi.Output[str]:
    """Return the newest version of an add-on for the cluster's Kubernetes version."""
    return aws.eks.get_addon_version_output(
        addon_name=addon_name,
        kubernetes_version=cluster.version,
        most_recent=True,
        opts=pulumi.InvokeOptions(parent=cluster),
    ).version
