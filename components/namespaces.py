"""Kubernetes namespaces of the platform."""

from collections.abc import Collection, Sequence
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
    uids: dict[str, pulumi.Output[str]]
    """Unique id of each namespace, by name; empty for those that every cluster has."""

    def __init__(
        self,
        name: str,
        args: NamespacesArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("eks-ml-storage:cluster:Namespaces", name, {}, opts)
        made = {
            namespace: kubernetes.core.v1.Namespace(
                f"{name}-{namespace}",
                metadata={"name": namespace},
                # A namespace goes with all that users made in it, which takes the controllers.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[*after]),
            ).metadata
            for namespace in sorted({*args["names"]} - BUILT_IN)
        }
        built_in = {*args["names"]} & BUILT_IN
        self.names = {
            **{each: pulumi.Output.from_input(each) for each in sorted(built_in)},
            **{each: metadata.name for each, metadata in made.items()},
        }
        self.uids = {
            **{each: pulumi.Output.from_input("") for each in sorted(built_in)},
            **{each: known.apply(lambda one: one.uid or "") for each, known in made.items()},
        }
        self.register_outputs({"names": self.names})
