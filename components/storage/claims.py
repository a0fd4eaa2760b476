"""Claims on a file system, one in each namespace."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.dependencies import split_depends_on
from components.storage.base import Claim, VolumeSource
from components.storage.claim_names import SHARED, volume_name

TEARDOWN_LABEL = "eks-ml-storage/driver"
"""Label of a volume without a CSI driver; its value stands for the name of one."""
REQUEST = "1Gi"
"""A quantity that every volume has; only the volume shows how large the file system is."""


class ClaimsArgs(TypedDict):
    """Arguments of `Claims`."""

    namespaces: Mapping[str, pulumi.Input[str]]
    """Namespaces that get a claim, by name. The value is the name too, as an output where the
    namespace is made by the same program."""
    volume: VolumeSource
    """The file system as a volume."""
    mount_path: str
    """Path at which pods mount their claim."""
    file_system_id: pulumi.Input[str]
    """Id of the file system."""
    claim_name: NotRequired[str]
    """Name of the claims, `shared` by default."""


class Claims(pulumi.ComponentResource):
    """A claim of one name in each namespace, all of them on one file system.

    Volumes wait for the resources of `depends_on`: the driver, so that no volume outlives it at the
    end of the stack, the file system, and the access of the nodes to it.
    """

    by_namespace: dict[str, Claim]
    """The claim in each namespace."""
    mount_path: str
    """Path at which pods mount their claim."""

    def __init__(
        self, name: str, args: ClaimsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:storage:Claims", name, {}, own)
        waiting = pulumi.ResourceOptions(parent=self, depends_on=depends_on)
        self.mount_path, claim_name = args["mount_path"], args.get("claim_name", SHARED)
        self.by_namespace = {}
        for namespace, known in args["namespaces"].items():
            volume = persistent_volume(
                f"{name}-{namespace}-volume", claim_name, namespace, args["volume"], waiting
            )
            claim = bound_claim(
                f"{name}-{namespace}",
                claim_name,
                known,
                volume,
                pulumi.ResourceOptions(parent=self),
            )
            self.by_namespace[namespace] = Claim(
                namespace=pulumi.Output.from_input(known),
                name=claim.metadata.name,
                mount_path=args["mount_path"],
                volume=volume,
                file_system_id=pulumi.Output.from_input(args["file_system_id"]),
            )
        names = {namespace: claim.name for namespace, claim in self.by_namespace.items()}
        self.register_outputs({"names": names})


def persistent_volume(
    name: str,
    claim_name: str,
    namespace: str,
    source: VolumeSource,
    opts: pulumi.ResourceOptions,
) -> kubernetes.core.v1.PersistentVolume:
    """Make a volume for one claim: Kubernetes binds a volume once, so each namespace has its own.

    Args:
        name: Name of the resource.
        claim_name: Name of the claim.
        namespace: Namespace of the claim.
        source: The file system.
        opts: Options of the resource.
    """
    return kubernetes.core.v1.PersistentVolume(
        name,
        metadata={"name": volume_name(claim_name, namespace)},
        spec={
            "capacity": {"storage": source.capacity},
            "volume_mode": "Filesystem",
            "access_modes": ["ReadWriteMany"],
            "persistent_volume_reclaim_policy": "Retain",
            "storage_class_name": "",
            "claim_ref": {"namespace": namespace, "name": claim_name},
            "mount_options": source.mount_options,
            "csi": {
                "driver": source.driver,
                "volume_handle": source.handle,
                "volume_attributes": source.attributes or None,
            },
            **({"node_affinity": in_zone(source.zone)} if source.zone else {}),
        },
        # The source of a volume cannot be changed, and its name is taken until it is gone.
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(replace_on_changes=["spec.csi"], delete_before_replace=True),
        ),
    )


def in_zone(zone: str) -> kubernetes.core.v1.VolumeNodeAffinityArgsDict:
    """Return the affinity by which pods of a volume come up in a zone."""
    there: kubernetes.core.v1.NodeSelectorRequirementArgsDict = {
        "key": "topology.kubernetes.io/zone",
        "operator": "In",
        "values": [zone],
    }
    return {"required": {"node_selector_terms": [{"match_expressions": [there]}]}}


def bound_claim(  # noqa: PLR0913 (a claim, its volume, and what it asks for)
    name: str,
    claim_name: str,
    namespace: pulumi.Input[str],
    volume: kubernetes.core.v1.PersistentVolume,
    opts: pulumi.ResourceOptions,
    *,
    request: str = REQUEST,
) -> kubernetes.core.v1.PersistentVolumeClaim:
    """Make the claim of a namespace on a volume that is for it alone.

    Args:
        name: Name of the resource.
        claim_name: Name of the claim.
        namespace: Namespace of the claim.
        volume: The volume.
        opts: Options of the resource.
        request: Capacity that the claim asks for.
    """
    return kubernetes.core.v1.PersistentVolumeClaim(
        name,
        metadata={"name": claim_name, "namespace": namespace},
        spec={
            "access_modes": ["ReadWriteMany"],
            "storage_class_name": "",  # a volume that is there, not one of the default class
            "volume_name": volume.metadata.name,
            "resources": {"requests": {"storage": request}},
        },
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                depends_on=[volume],
                # Kubernetes resizes no claim without a class that may, and needs not: a claim of
                # an earlier release goes on asking for the capacity of that time.
                ignore_changes=["spec.resources"],
                custom_timeouts=pulumi.CustomTimeouts(create="5m", delete="10m"),
            ),
        ),
    )
