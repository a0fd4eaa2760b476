"""Scratch volume on the nodes' own NVMe disks: one claim, by which each pod gets its node's disks.

nodeadm, and Karpenter likewise, joins the NVMe disks of a node to one array, mounts it at
/mnt/k8s-disks/0 and binds the kubelet's directory to it. The scratch volume is a directory of its
own beside that. A DaemonSet makes it, because only root may write to the array. The DaemonSet takes
the array as a `hostPath` of type Directory, so that on a node without an array its pod does not
start, and nothing is ever written to the root volume by mistake.

The claims stand on a `local` PersistentVolume whose node affinity is a label of every node with an
array, instead of the name of one node. So it holds for nodes that a group adds later, and the
scheduler keeps pods with the claim off other nodes. Kubernetes enforces no size.

Sources: https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/ (localStorage),
https://kubernetes.io/docs/concepts/storage/volumes/#local and #hostpath
"""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.dependencies import split_depends_on
from components.node_template import INSTANCE_STORE_LABEL
from components.storage.base import Claim
from components.storage.claims import TEARDOWN_LABEL, bound_claim
from components.storage.scratch_spec import NAMESPACE, ScratchSpec

CLAIM_NAME = "scratch"
IMAGE = "public.ecr.aws/docker/library/busybox:1.37.0"
ARRAY = "/mnt/k8s-disks/0"
"""Mount point of the array of a node's NVMe disks."""
DIRECTORY = "scratch"
TEARDOWN_NAME = "scratch.eks-ml-storage"
"""Name by which the teardown knows the volumes, which have no CSI driver."""
LABELS = {"app.kubernetes.io/name": "eks-ml-scratch"}

MAKE = f"mkdir -p /array/{DIRECTORY} && chmod 1777 /array/{DIRECTORY}"
"""Makes the directory with the mode of /tmp: every pod writes, whatever its user is, and deletes
only files of its own user."""
WAIT = "trap 'exit 0' TERM; while true; do sleep 3600 & wait; done"
"""Keeps the pod, which a DaemonSet would otherwise start again."""


class ScratchArgs(TypedDict):
    """Arguments of `Scratch`."""

    spec: ScratchSpec
    """Settings of the volume."""
    namespaces: Mapping[str, pulumi.Input[str]]
    """Namespaces that get a claim, by name. The value is the name too, as an output where the
    namespace is made by the same program."""


class Scratch(pulumi.ComponentResource):
    """A claim named `scratch` in each namespace, on the disks of the node that a pod runs on.

    The directory lasts as long as its node, and all pods of the node share it. The resources of
    `depends_on` are the nodes.
    """

    by_namespace: dict[str, Claim]
    """The claim in each namespace."""
    mount_path: str
    """Path at which pods mount their claim."""

    def __init__(
        self, name: str, args: ScratchArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:storage:Scratch", name, {}, own)
        child = pulumi.ResourceOptions(parent=self)
        self.mount_path = args["spec"].mount_path
        namespace = kubernetes.core.v1.Namespace(
            f"{name}-namespace",
            metadata={
                "name": NAMESPACE,
                "labels": {"pod-security.kubernetes.io/enforce": "privileged"},
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=depends_on),
        )
        directories = kubernetes.apps.v1.DaemonSet(
            f"{name}-directories",
            metadata={"name": NAMESPACE, "namespace": namespace.metadata.name, "labels": LABELS},
            spec={"selector": {"match_labels": LABELS}, "template": directory_pod()},
            opts=child,
        )
        self.by_namespace = {}
        for each, known in args["namespaces"].items():
            volume = scratch_volume(f"{name}-{each}-volume", each, child)
            claim = bound_claim(
                f"{name}-{each}",
                CLAIM_NAME,
                known,
                volume,
                pulumi.ResourceOptions(parent=self, depends_on=[directories]),
            )
            self.by_namespace[each] = Claim(
                namespace=pulumi.Output.from_input(known),
                name=claim.metadata.name,
                mount_path=self.mount_path,
                volume=volume,
                file_system_id=pulumi.Output.from_input(ARRAY),
            )
        names = {each: claim.name for each, claim in self.by_namespace.items()}
        self.register_outputs({"names": names})


def directory_pod() -> kubernetes.core.v1.PodTemplateSpecArgsDict:
    """Return a pod that makes the directory of its node, on every node that has an array.

    It runs as root, the owner of the array's root directory, without any other privilege.
    """
    return {
        "metadata": {"labels": LABELS},
        "spec": {
            "automount_service_account_token": False,
            "node_selector": INSTANCE_STORE_LABEL,
            "tolerations": [{"operator": "Exists"}],
            "priority_class_name": "system-node-critical",
            "init_containers": [_container("make", MAKE)],
            "containers": [_container("wait", WAIT)],
            "volumes": [{"name": "array", "host_path": {"path": ARRAY, "type": "Directory"}}],
        },
    }


def _container(name: str, script: str) -> kubernetes.core.v1.ContainerArgsDict:
    return {
        "name": name,
        "image": IMAGE,
        "command": ["sh", "-c", script],
        "volume_mounts": [{"name": "array", "mount_path": "/array"}],
        "resources": {
            "requests": {"cpu": "5m", "memory": "16Mi"},
            "limits": {"memory": "16Mi"},
        },
        "security_context": {
            "run_as_user": 0,
            "allow_privilege_escalation": False,
            "capabilities": {"drop": ["ALL"]},
            "read_only_root_filesystem": True,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
    }


def scratch_volume(
    name: str, namespace: str, opts: pulumi.ResourceOptions
) -> kubernetes.core.v1.PersistentVolume:
    """Make the volume of one claim: Kubernetes binds a volume once, so each namespace has its own.

    Args:
        name: Name of the resource.
        namespace: Namespace of the claim.
        opts: Options of the resource.
    """
    (key, value) = next(iter(INSTANCE_STORE_LABEL.items()))
    return kubernetes.core.v1.PersistentVolume(
        name,
        metadata={
            "name": f"{CLAIM_NAME}-{namespace}",
            "labels": {TEARDOWN_LABEL: TEARDOWN_NAME},
        },
        spec={
            "capacity": {"storage": "1Gi"},
            "volume_mode": "Filesystem",
            "access_modes": ["ReadWriteMany"],
            "persistent_volume_reclaim_policy": "Retain",
            "storage_class_name": "",
            "claim_ref": {"namespace": namespace, "name": CLAIM_NAME},
            "local": {"path": f"{ARRAY}/{DIRECTORY}"},
            "node_affinity": {
                "required": {
                    "node_selector_terms": [
                        {"match_expressions": [{"key": key, "operator": "In", "values": [value]}]}
                    ]
                }
            },
        },
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)),
    )
