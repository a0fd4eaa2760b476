"""Kubernetes namespaces of the platform."""

from collections.abc import Collection
from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.dependencies import split_depends_on

BUILT_IN = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
"""Namespaces that every cluster has."""


class NamespacesArgs(TypedDict):
    """Arguments of `Namespaces`."""

    names: Collection[str]
    """Names of the namespaces; those that every cluster has are left alone."""
    existing: NotRequired[Collection[str]]
    """Further namespaces that exist and are left alone; none by default."""


class Namespaces(pulumi.ComponentResource):
    """Namespaces, except those that every cluster has or that exist already.

    Deleting a namespace deletes all objects that users created in it, and that needs the objects'
    controllers. So the namespaces depend on the resources of `depends_on`, the controllers.
    """

    names: dict[str, pulumi.Output[str]]
    """Name of each namespace, by name; known once the namespace exists."""
    uids: dict[str, pulumi.Output[str]]
    """Unique id of each namespace, by name; empty for those that are left alone."""

    def __init__(
        self, name: str, args: NamespacesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, controllers = split_depends_on(opts)
        super().__init__("eks-ml-storage:cluster:Namespaces", name, {}, own)
        there = BUILT_IN | {*args.get("existing", ())}
        made = {
            namespace: kubernetes.core.v1.Namespace(
                f"{name}-{namespace}",
                metadata={"name": namespace},
                opts=pulumi.ResourceOptions(parent=self, depends_on=controllers),
            ).metadata
            for namespace in sorted({*args["names"]} - there)
        }
        left_alone = sorted({*args["names"]} & there)
        self.names = {
            **{each: pulumi.Output.from_input(each) for each in left_alone},
            **{each: metadata.name for each, metadata in made.items()},
        }
        self.uids = {
            **{each: pulumi.Output.from_input("") for each in left_alone},
            **{each: known.apply(lambda one: one.uid or "") for each, known in made.items()},
        }
        self.register_outputs({"names": self.names})
