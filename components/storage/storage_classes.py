"""Storage classes, from which users' claims get storage of their own."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.dependencies import split_depends_on
from components.storage.base import StorageClassSettings


class StorageClassesArgs(TypedDict):
    """Arguments of `StorageClasses`."""

    classes: Sequence[StorageClassSettings]
    """Settings of the classes."""


class StorageClasses(pulumi.ComponentResource):
    """The storage classes of one file system.

    They wait for the resources of `depends_on`: the driver, so that no class outlives it at the end
    of the stack, and the access of the nodes to what it makes.
    """

    names: dict[str, pulumi.Output[str]]
    """Name of each class, by name; known once the class exists."""

    def __init__(
        self, name: str, args: StorageClassesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:storage:StorageClasses", name, {}, own)
        self.names = {
            one.name: storage_class(
                f"{name}-{one.name}",
                one,
                pulumi.ResourceOptions(parent=self, depends_on=depends_on),
            ).metadata.name
            for one in args["classes"]
        }
        self.register_outputs({"names": self.names})


def storage_class(
    name: str, settings: StorageClassSettings, opts: pulumi.ResourceOptions
) -> kubernetes.storage.v1.StorageClass:
    """Make a storage class. Kubernetes changes none: a changed one replaces the one of its name.

    Args:
        name: Name of the resource.
        settings: Settings of the class.
        opts: Options of the resource.
    """
    return kubernetes.storage.v1.StorageClass(
        name,
        metadata={"name": settings.name},
        provisioner=settings.provisioner,
        parameters=settings.parameters,
        mount_options=settings.mount_options,
        reclaim_policy=settings.reclaim_policy,
        volume_binding_mode=settings.volume_binding_mode,
        allow_volume_expansion=settings.allow_volume_expansion,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)),
    )
