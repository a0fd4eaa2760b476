"""Kubernetes namespaces of the platform."""

from collections.abc import Collection
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.dependencies import split_depends_on

BUILT_IN = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
"""Namespaces that every cluster has."""


class NamespacesArgs(TypedDict):
    """Arguments of `Namespaces`."""

    names: Collection[str]
    """Names of the namespaces; those that every cluster has are left alone."""


class Namespaces(pulumi.ComponentResource):
    """Namespaces, except those that every cluster has.

    Deleting a namespace deletes all objects that users created in it, and that needs the objects'
    controllers. So the namespaces depend on the resources of `depends_on`, the controllers.
    """

    names: dict[str, pulumi.Output[str]]
    """Name of each namespace, by name; known once the namespace exists."""
    uids: dict[str, pulumi.Output[str]]
    """Unique id of each namespace, by name; empty for those that every cluster has."""

    def __init__(
        self, name: str, args: NamespacesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, controllers = split_depends_on(opts)
        super().__init__("eks-ml-storage:cluster:Namespaces", name, {}, own)
        made = {
            namespace: kubernetes.core.v1.Namespace(
                f"{name}-{namespace}",
                metadata={"name": namespace},
                opts=pulumi.ResourceOptions(parent=self, depends_on=controllers),
            ).metadata
            for namespace in sorted({*args["names"]} - BUILT_IN)
        }
        built_in = sorted({*args["names"]} & BUILT_IN)
        self.names = {
            **{each: pulumi.Output.from_input(each) for each in built_in},
            **{each: metadata.name for each, metadata in made.items()},
        }
        self.uids = {
            **{each: pulumi.Output.from_input("") for each in built_in},
            **{each: known.apply(lambda one: one.uid or "") for each, known in made.items()},
        }
        self.register_outputs({"names": self.names})
