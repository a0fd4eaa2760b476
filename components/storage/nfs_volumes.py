"""Plain NFS volumes of an EFS file system, which nodes mount without a CSI driver.

Source of the mount options: EFS User Guide, "Recommended NFS mount settings".
"""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.dependencies import split_depends_on
from components.storage.base import Claim
from components.storage.claims import TEARDOWN_LABEL, bound_claim, in_zone
from components.storage.nfs_volume_spec import CLAIM_NAME, NfsVolumeSpec

MOUNT_OPTIONS = [
    "nfsvers=4.1",
    "rsize=1048576",
    "wsize=1048576",
    "hard",
    "timeo=600",
    "retrans=2",
    "noresvport",
]
TEARDOWN_NAME = "nfs.eks-ml-storage"
"""Name by which the teardown knows the volumes, which have no CSI driver."""


class NfsVolumesArgs(TypedDict):
    """Arguments of `NfsVolumes`."""

    spec: NfsVolumeSpec
    """Settings of the volumes."""
    dns_name: pulumi.Input[str]
    """DNS name of the file system, fs-ID.efs.REGION.amazonaws.com."""
    file_system_id: pulumi.Input[str]
    """Id of the file system."""
    zone: str | None
    """Zone of a One Zone file system, where its name is known; None for all zones of the VPC."""
    namespaces: Mapping[str, pulumi.Input[str]]
    """Namespaces that get a claim, by name. The value is the name too, as an output where the
    namespace is made by the same program."""


class NfsVolumes(pulumi.ComponentResource):
    """A claim named `nfs` in each namespace, on the whole file system.

    Volumes wait for the resources of `depends_on`: the file system with its mount targets and its
    policy, and the access of the nodes to it.
    """

    by_namespace: dict[str, Claim]
    """The claim in each namespace."""

    def __init__(
        self, name: str, args: NfsVolumesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:storage:NfsVolumes", name, {}, own)
        waiting = pulumi.ResourceOptions(parent=self, depends_on=depends_on)
        self.by_namespace = {}
        for namespace, known in args["namespaces"].items():
            volume = nfs_volume(f"{name}-{namespace}-volume", namespace, args, waiting)
            claim = bound_claim(
                f"{name}-{namespace}",
                CLAIM_NAME,
                known,
                volume,
                pulumi.ResourceOptions(parent=self),
                request=args["spec"].request,
            )
            self.by_namespace[namespace] = Claim(
                namespace=pulumi.Output.from_input(known),
                name=claim.metadata.name,
                mount_path=args["spec"].mount_path,
                volume=volume,
                file_system_id=pulumi.Output.from_input(args["file_system_id"]),
            )
        names = {namespace: claim.name for namespace, claim in self.by_namespace.items()}
        self.register_outputs({"names": names})


def nfs_volume(
    name: str, namespace: str, args: NfsVolumesArgs, opts: pulumi.ResourceOptions
) -> kubernetes.core.v1.PersistentVolume:
    """Make the volume of one claim: Kubernetes binds a volume once, so each namespace has its own.

    Args:
        name: Name of the resource.
        namespace: Namespace of the claim.
        args: Arguments of the component.
        opts: Options of the resource.
    """
    zone = args["zone"]
    return kubernetes.core.v1.PersistentVolume(
        name,
        metadata={
            "name": f"{CLAIM_NAME}-{namespace}",
            "labels": {TEARDOWN_LABEL: TEARDOWN_NAME},
        },
        spec={
            "capacity": {"storage": args["spec"].capacity},
            "volume_mode": "Filesystem",
            "access_modes": ["ReadWriteMany"],
            "persistent_volume_reclaim_policy": "Retain",
            "storage_class_name": "",
            "claim_ref": {"namespace": namespace, "name": CLAIM_NAME},
            "mount_options": MOUNT_OPTIONS,
            "nfs": {"server": args["dns_name"], "path": "/"},
            **({"node_affinity": in_zone(zone)} if zone else {}),
        },
        # The source of a volume cannot be changed, and its name is taken until it is gone.
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(replace_on_changes=["spec.nfs"], delete_before_replace=True),
        ),
    )
