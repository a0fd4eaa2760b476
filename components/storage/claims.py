"""The shared storage as Kubernetes sees it: volumes, claims, and a class for more."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.storage.shared_storage import StorageClassArgs, VolumeArgs

CLAIM_NAME = "shared"
REQUEST = "1Gi"
"""A quantity that every volume has; only the volume shows how large the file system is."""


class ClaimsArgs(TypedDict):
    """What Claims are made of."""

    namespaces: dict[str, pulumi.Output[str]]
    """Namespaces that get a claim, by name."""
    volume: VolumeArgs
    """What they claim."""
    storage_class: StorageClassArgs
    """The class for claims of one's own."""


class Claims(pulumi.ComponentResource):
    """A claim named `shared` in each namespace, all of them on one file system."""

    names: dict[str, pulumi.Output[str]]
    """The claim's name in each namespace, known once it is bound."""
    ready: list[pulumi.Resource]
    """The bound claims."""
    volumes: dict[str, pulumi.Resource]
    """What is claimed in each namespace; whatever keeps it mounted is to be replaced with it."""
    storage_class: kubernetes.storage.v1.StorageClass
    """The class for claims of one's own."""
    storage_class_name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: ClaimsArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("eks-ml-storage:storage:Claims", name, {}, opts)
        self._name, self._args = name, args
        # After the driver, so that at the end of the stack no volume outlives it.
        self._after = after
        self.storage_class = self._storage_class()
        self.storage_class_name = self.storage_class.metadata.name
        volumes = {namespace: self._volume(namespace) for namespace in args["namespaces"]}
        self.volumes = {**volumes}
        claims = {
            namespace: self._claim(namespace, known, volumes[namespace])
            for namespace, known in args["namespaces"].items()
        }
        self.names = {namespace: claim.metadata.name for namespace, claim in claims.items()}
        self.ready = list(claims.values())
        self.register_outputs({"names": self.names})

    def _storage_class(self) -> kubernetes.storage.v1.StorageClass:
        """The class that makes storage on demand."""
        given = self._args["storage_class"]
        return kubernetes.storage.v1.StorageClass(
            f"{self._name}-class",
            metadata={"name": given["name"]},
            provisioner=given["provisioner"],
            parameters=given["parameters"],
            mount_options=given["mount_options"],
            reclaim_policy="Delete",
            volume_binding_mode="Immediate",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*self._after]),
        )

    def _claim(
        self,
        namespace: str,
        known: pulumi.Output[str],
        volume: kubernetes.core.v1.PersistentVolume,
    ) -> kubernetes.core.v1.PersistentVolumeClaim:
        """A namespace's claim, on a volume that is for it alone."""
        return kubernetes.core.v1.PersistentVolumeClaim(
            f"{self._name}-{namespace}",
            metadata={"name": CLAIM_NAME, "namespace": known},
            spec={
                "access_modes": ["ReadWriteMany"],
                "storage_class_name": "",  # a volume that is there, not one of the default class
                "volume_name": volume.metadata.name,
                "resources": {"requests": {"storage": REQUEST}},
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[volume],
                # Kubernetes resizes no claim without a class that may, and needs not: a claim of
                # an earlier release goes on asking for what its file system had then.
                ignore_changes=["spec.resources"],
                custom_timeouts=pulumi.CustomTimeouts(create="5m", delete="10m"),
            ),
        )

    def _volume(self, namespace: str) -> kubernetes.core.v1.PersistentVolume:
        """A volume for one claim: Kubernetes binds a volume once, so each namespace has its own."""
        given = self._args["volume"]
        return kubernetes.core.v1.PersistentVolume(
            f"{self._name}-{namespace}-volume",
            metadata={"name": f"{CLAIM_NAME}-{namespace}"},
            spec={
                "capacity": {"storage": given["capacity"]},
                "volume_mode": "Filesystem",
                "access_modes": ["ReadWriteMany"],
                "persistent_volume_reclaim_policy": "Retain",
                "storage_class_name": "",
                "claim_ref": {"namespace": namespace, "name": CLAIM_NAME},
                "mount_options": given["mount_options"],
                "csi": {
                    "driver": given["driver"],
                    "volume_handle": given["handle"],
                    "volume_attributes": given["attributes"] or None,
                },
            },
            # What a volume is on cannot be changed, and its name is taken until it is gone.
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*self._after],
                replace_on_changes=["spec.csi"],
                delete_before_replace=True,
            ),
        )
