"""Kubernetes namespaces of the platform."""

from collections.abc import Collection
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

BUILT_IN = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})


class NamespacesArgs(TypedDict):
    """Which namespaces there are to be."""

    names: Collection[str]
    """Their names; those that every cluster has are left alone."""


class Namespaces(pulumi.ComponentResource):
    """Namespaces, made unless every cluster has them."""

    names: dict[str, pulumi.Output[str]]
    """Each name by itself, known once the namespace is there."""

    def __init__(
        self, name: str, args: NamespacesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:cluster:Namespaces", name, {}, opts)
        self.names = {
            namespace: pulumi.Output.from_input(namespace)
            if namespace in BUILT_IN
            else kubernetes.core.v1.Namespace(
                f"{name}-{namespace}",
                metadata={"name": namespace},
                opts=pulumi.ResourceOptions(parent=self),
            ).metadata.name
            for namespace in sorted(args["names"])
        }
        self.register_outputs({"names": self.names})
