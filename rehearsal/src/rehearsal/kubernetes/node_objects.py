"""Node object of an instance in a managed node group, with the fields that EKS sets."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from rehearsal.aws.node_config import NO_LOCAL_STORAGE, LocalStorage
from rehearsal.kubernetes import kwok
from rehearsal.kubernetes.instances import InstanceType
from rehearsal.paths import HOST

Node = dict[str, Any]

GROUP_LABEL = "eks.amazonaws.com/nodegroup"
GENERATION_ANNOTATION = "rehearsal/generation"
CONFIGURATION_ANNOTATION = "rehearsal/configuration"
LOCAL_DISKS_ANNOTATION = "rehearsal/local-disks"
"""Annotation of a node with file systems on its own disks: their mount points, with spaces."""
GPU = "nvidia.com/gpu"

ENDPOINT_ADDRESS_TYPE = "ExternalDNS"
"""Type of the node's address at which the API server reaches its kubelet."""

_DEFAULT_DISK_GIB = 20
_EFFECTS = {
    "NO_SCHEDULE": "NoSchedule",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
    "NO_EXECUTE": "NoExecute",
}


@dataclass(frozen=True)
class Location:
    """Location of an instance: its private address, and the zone of its subnet."""

    address: str
    zone: str
    zone_id: str


@dataclass(frozen=True)
class NodeGroup:
    """Managed node group, with the properties of its instances."""

    description: dict[str, Any]  # as EKS's DescribeNodegroup has it
    region: str
    instance_type: InstanceType
    locations: tuple[Location, ...]  # of the instances there should be
    root_volume_gib: int = _DEFAULT_DISK_GIB
    local_storage: LocalStorage = NO_LOCAL_STORAGE  # nodeadm's use of the instances' own disks

    @property
    def disk_gib(self) -> int:
        """Size in GiB of the disk for images, logs and pods' temporary volumes.

        nodeadm moves all of them to an array of the instance's own disks, if it has some.
        """
        share = {"RAID0": 1.0, "RAID10": 0.5}.get(self.local_storage.strategy, 0)
        return int(self.instance_type.instance_store_gib * share) or self.root_volume_gib

    @property
    def local_disks(self) -> tuple[str, ...]:
        """Paths at which file systems on the instance's own disks are mounted."""
        return self.local_storage.mount_points(self.instance_type.instance_store_disks)

    @property
    def generation(self) -> str:
        """Hash that differs if EKS would replace the instances by new ones."""
        fields = ("nodegroupArn", "version", "releaseVersion", "launchTemplate")
        made_of = [self.description.get(field) for field in fields]
        text = json.dumps([made_of, self.instance_type.name], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def labels(self) -> dict[str, str]:
        """Labels in the group's own configuration."""
        return dict(self.description.get("labels") or {})

    @property
    def taints(self) -> list[dict[str, str]]:
        """Taints in the group's configuration, in the format of Kubernetes."""
        return [
            {
                "key": taint["key"],
                "value": taint.get("value", ""),
                "effect": _EFFECTS[taint["effect"]],
            }
            for taint in self.description.get("taints") or []
        ]

    @property
    def configuration(self) -> str:
        """Labels and taints as JSON, which an update of the group changes on running nodes."""
        return json.dumps({"labels": self.labels, "taints": self.taints}, sort_keys=True)


def node(group: NodeGroup, location: Location) -> Node:
    """Return the object that the kubelet of a new instance registers, without GPUs."""
    kind = group.instance_type
    version = group.description.get("version", "")
    name, disks = host_name(location.address, group.region), group.local_disks
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": _aws_labels(group, location) | group.labels,
            "annotations": {
                kwok.MANAGED_ANNOTATION: kwok.MANAGED_VALUE,
                GENERATION_ANNOTATION: group.generation,
                CONFIGURATION_ANNOTATION: group.configuration,
                **({LOCAL_DISKS_ANNOTATION: " ".join(disks)} if disks else {}),
            },
        },
        "spec": {
            "providerID": f"aws:///{location.zone}/{_instance_id(group, location)}",
            "taints": group.taints,
        },
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": location.address},
                {"type": "InternalDNS", "address": name},
                {"type": "Hostname", "address": name},
            ],
            "capacity": kind.capacity(group.disk_gib),
            "allocatable": kind.allocatable(group.disk_gib),
            "nodeInfo": {
                "architecture": kind.architecture,
                "operatingSystem": "linux",
                "osImage": f"{group.description.get('amiType', 'CUSTOM')} (rehearsed by kwok)",
                "kubeletVersion": f"v{version}.0-eks-rehearsed" if version else "v0.0.0",
            },
        },
    }


def with_endpoint(one: Node, port: int) -> Node:
    """Return a node whose status leads the API server to a kubelet on a loopback port."""
    address = {"type": ENDPOINT_ADDRESS_TYPE, "address": HOST}
    status = {
        "addresses": [*one["status"]["addresses"], address],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
    }
    return one | {"status": one["status"] | status}


def host_name(address: str, region: str) -> str:
    """Return the private DNS name that EC2 gives to an address."""
    domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    return f"ip-{address.replace('.', '-')}.{domain}"


def shows_gpus(group: NodeGroup, device_plugin_runs: bool) -> bool:
    """Return True if the kubelet knows of the instance's GPUs.

    This needs a driver, which AWS's NVIDIA images have, and NVIDIA's device plugin as a pod on the
    node; Bottlerocket's image contains the plugin. Without them the instance has GPUs and the node
    has none.
    https://docs.aws.amazon.com/eks/latest/userguide/ml-eks-optimized-ami.html
    """
    image = group.description.get("amiType", "CUSTOM")
    if not group.instance_type.nvidia_gpus:
        return False
    if image.startswith("BOTTLEROCKET"):
        return "NVIDIA" in image
    return device_plugin_runs and (image == "CUSTOM" or "NVIDIA" in image or "GPU" in image)


def _aws_labels(group: NodeGroup, location: Location) -> dict[str, str]:
    kind = group.instance_type
    return {
        GROUP_LABEL: group.description["nodegroupName"],
        "eks.amazonaws.com/capacityType": group.description.get("capacityType", "ON_DEMAND"),
        "kubernetes.io/arch": kind.architecture,
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": host_name(location.address, group.region),
        "beta.kubernetes.io/arch": kind.architecture,
        "beta.kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": kind.name,
        "beta.kubernetes.io/instance-type": kind.name,
        "topology.kubernetes.io/region": group.region,
        "topology.kubernetes.io/zone": location.zone,
        "topology.k8s.aws/zone-id": location.zone_id,
        "failure-domain.beta.kubernetes.io/region": group.region,
        "failure-domain.beta.kubernetes.io/zone": location.zone,
    }


def _instance_id(group: NodeGroup, location: Location) -> str:
    text = f"{group.description['nodegroupArn']}/{location.address}"
    return f"i-{hashlib.sha256(text.encode()).hexdigest()[:17]}"
