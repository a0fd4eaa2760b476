"""Types and methods of the package, each with the component that builds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws.ec2
import pulumi_aws.eks
import pulumi_aws.iam
from pulumi.provider import CallResult, ConstructResult, Provider
from pulumi.runtime import rpc

from rehearsal.pulumi.providers.eks import VERSION
from rehearsal.pulumi.providers.eks.addons import Addon, VpcCniAddon
from rehearsal.pulumi.providers.eks.cluster import Cluster
from rehearsal.pulumi.providers.eks.inputs import InputProblem, Inputs, RefusedError
from rehearsal.pulumi.providers.eks.managed_node_group import ManagedNodeGroup

Component = Callable[[str, Inputs, pulumi.ResourceOptions], Any]
COMPONENTS: dict[str, Component] = {
    "eks:index:Cluster": Cluster,
    "eks:index:ManagedNodeGroup": ManagedNodeGroup,
    "eks:index:Addon": Addon,
}
GET_KUBECONFIG = "eks:index:Cluster/getKubeconfig"


class EksProvider(Provider):
    """Provider that constructs pulumi-eks's components."""

    def __init__(self) -> None:
        super().__init__(VERSION)

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Build one component.

        Raises:
            RefusedError: The type is not built here, or its inputs are refused.
        """
        if resource_type not in COMPONENTS:
            reason = f"the rehearsal builds {', '.join(COMPONENTS)}"
            raise RefusedError(resource_type, [InputProblem("type", reason)])
        made = COMPONENTS[resource_type](name, inputs, options or pulumi.ResourceOptions())
        return ConstructResult(made.urn, made.outputs)

    def call(self, token: str, args: pulumi.Inputs) -> CallResult:
        """Answer a method of a component.

        Raises:
            RefusedError: The method is another than a cluster's getKubeconfig.
        """
        if token != GET_KUBECONFIG:
            raise RefusedError(
                token, [InputProblem("method", f"the rehearsal has {GET_KUBECONFIG} only")]
            )
        cluster: Any = args["__self__"]
        scope = {key: args[key] for key in ("roleArn", "profileName") if args.get(key)}
        return CallResult({"result": cluster.get_kubeconfig(**scope)})


class _Found(rpc.ResourceModule):
    """Module that finds a component to which another input refers, by its URN."""

    def version(self) -> None:
        """Accept any version of the package."""

    def construct(self, name: str, typ: str, urn: str) -> pulumi.Resource:
        """Return the component, with its outputs read from the engine."""
        options = pulumi.ResourceOptions(urn=urn)
        if typ == "eks:index:VpcCniAddon":
            return VpcCniAddon(name, None, {}, options)
        if typ == "eks:index:Cluster":
            return Cluster(name, None, options)
        raise RefusedError(typ, [InputProblem("urn", f"{urn} can't be referred to")])


def register() -> None:
    """Make references to this package's components readable, and load the classes they contain."""
    rpc.register_resource_module("eks", "index", _Found())
    for needed in (pulumi_aws.eks.Cluster, pulumi_aws.ec2.SecurityGroup, pulumi_aws.iam.Role):
        assert needed
