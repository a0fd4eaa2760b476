"""Capacity of an EC2 instance type for pods, as the kubelet of an EKS node reports it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

_GIB = 2**30
# Share of an instance type's memory that the hypervisor and the kernel keep. It is Karpenter's
# estimate (setting vmMemoryOverheadPercent), somewhat too high: what fits here fits on EC2.
_MEMORY_OVERHEAD = 0.075
_EVICTION_MIB = 100  # the kubelet's default for memory.available
_EVICTION_DISK = 0.10  # and for nodefs.available
_RESERVED_DISK_GIB = 1


@dataclass(frozen=True)
class InstanceType:
    """Instance type as EC2's DescribeInstanceTypes describes it."""

    name: str
    architecture: str  # Kubernetes' word: amd64 or arm64
    vcpus: int
    memory_mib: int
    nvidia_gpus: int
    interfaces: int
    addresses_per_interface: int
    instance_store_gib: int = 0  # all disks of its own together
    instance_store_disks: int = 0

    @classmethod
    def of(cls, description: dict[str, Any]) -> InstanceType:
        """Read one element of the InstanceTypes in EC2's answer."""
        gpus = description.get("GpuInfo", {}).get("Gpus", [])
        network = description["NetworkInfo"]
        storage = description.get("InstanceStorageInfo", {})
        store = storage.get("TotalSizeInGB", 0)
        arm = "arm64" in description["ProcessorInfo"]["SupportedArchitectures"]
        return cls(
            name=description["InstanceType"],
            architecture="arm64" if arm else "amd64",
            vcpus=description["VCpuInfo"]["DefaultVCpus"],
            memory_mib=description["MemoryInfo"]["SizeInMiB"],
            nvidia_gpus=sum(gpu["Count"] for gpu in gpus if gpu["Manufacturer"] == "NVIDIA"),
            # The VPC CNI takes interfaces of the first network card only.
            interfaces=network["MaximumNetworkInterfaces"] // network.get("MaximumNetworkCards", 1),
            addresses_per_interface=network["Ipv4AddressesPerInterface"],
            instance_store_gib=store * 10**9 // _GIB,
            instance_store_disks=sum(one.get("Count", 1) for one in storage.get("Disks", [])),
        )

    @property
    def max_pods(self) -> int:
        """Number of pods that the VPC CNI has addresses for, up to a node group's limit.

        https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html
        """
        addresses = self.interfaces * (self.addresses_per_interface - 1) + 2
        return min(addresses, 110 if self.vcpus < 30 else 250)

    def capacity(self, disk_gib: int) -> dict[str, str]:
        """Return a node's `status.capacity`, without GPUs, which module `nodes` adds.

        `disk_gib` is the disk space for images, logs and temporary volumes, in GiB.
        """
        return {
            "cpu": str(self.vcpus),
            "memory": f"{self._usable_mib}Mi",
            "ephemeral-storage": f"{disk_gib}Gi",
            "hugepages-1Gi": "0",
            "hugepages-2Mi": "0",
            "pods": str(self.max_pods),
        }

    def allocatable(self, disk_gib: int) -> dict[str, str]:
        """Return a node's `status.allocatable`: its capacity less what EKS reserves for itself.

        https://github.com/awslabs/amazon-eks-ami (nodeadm's kubelet reservations)
        """
        reserved_mib = 255 + 11 * self.max_pods + _EVICTION_MIB
        disk = int(disk_gib * _GIB * (1 - _EVICTION_DISK)) - _RESERVED_DISK_GIB * _GIB
        return self.capacity(disk_gib) | {
            "cpu": f"{self.vcpus * 1000 - _reserved_millicores(self.vcpus)}m",
            "memory": f"{self._usable_mib - reserved_mib}Mi",
            "ephemeral-storage": str(disk),
        }

    @property
    def _usable_mib(self) -> int:
        return ceil(self.memory_mib * (1 - _MEMORY_OVERHEAD))


def _reserved_millicores(vcpus: int) -> int:
    """Return the CPU that EKS reserves, in millicores.

    It is 6 % of the first core, 1 % of the second, 0.5 % of the next two, 0.25 % of the others.
    """
    shares = [60, 10, 5, 5]
    return int(sum(shares[:vcpus]) + 2.5 * max(0, vcpus - len(shares)))
