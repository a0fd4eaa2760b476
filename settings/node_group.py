"""Managed node groups: which instances, how many, where, what may run on them."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from pydantic import Field, computed_field

from components.spec.model import Spec
from settings.instance_type import accelerator, architecture

CapacityType = Literal["ON_DEMAND", "SPOT"]
TaintEffect = Literal["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"]
SubnetKind = Literal["private", "public"]
AmiType = Literal[
    "AL2023_x86_64_STANDARD",
    "AL2023_ARM_64_STANDARD",
    "AL2023_x86_64_NVIDIA",
    "AL2023_ARM_64_NVIDIA",
    "AL2023_x86_64_NEURON",
]


class Taint(Spec):
    """A Kubernetes taint on every node of a group."""

    key: str
    """The taint's key, such as nvidia.com/gpu."""

    value: str = ""
    """Its value, a string."""

    effect: TaintEffect = "NO_SCHEDULE"
    """What it does to pods that do not tolerate it."""


class NodeGroup(Spec):
    """An EKS managed node group."""

    instance_types: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]
    """EC2 instance types that take one image: one architecture, GPUs on all or none. More than one
    widens the choice of SPOT capacity."""

    ami_type: AmiType | None = None
    """The EKS-optimized machine image. Without one, it follows from the instance types."""

    release_version: str | None = None
    """The release of the machine image, such as 1.36.2-20261118: set a newer one to patch the
    nodes, which EKS then replaces one after another. Without one, nodes keep the image they were
    made with until `cluster.version` or their launch template changes (diskSizeGib,
    instanceStore, the stack's tags). That brings the newest image also where a release is set, so
    set a newer one in the same update: EKS has no way back to an older."""

    capacity_type: CapacityType = "ON_DEMAND"
    """ON_DEMAND, or SPOT for instances that AWS may take back with two minutes' notice."""

    zones: tuple[str, ...] = ()
    """The zones its nodes are in, of the network's; none means those that the network has when the
    group is created. Other zones replace the group: EKS moves none."""

    subnets: SubnetKind = "private"
    """In which subnets of those zones. public needs no NAT gateway and gives nodes public IPs."""

    min_size: Annotated[int, Field(ge=0)] = 1
    """The fewest nodes."""

    desired_size: Annotated[int, Field(ge=0)] = 1
    """The nodes at creation, and after each update that changes it."""

    max_size: Annotated[int, Field(ge=1)] = 3
    """The most nodes."""

    disk_size_gib: Annotated[int, Field(ge=20, le=16384)] = 50
    """The root volume of each node, gp3, in GiB."""

    instance_store: bool = False
    """Keep the pods' temporary volumes (emptyDir) and images on the instances' own NVMe disks, as
    one array. Fast, and gone with the node. The nodes get the label
    eks-ml-storage/instance-store: "true"."""

    labels: dict[str, str] = Field(default_factory=dict)
    """Kubernetes labels of its nodes; values are strings."""

    taints: tuple[Taint, ...] = ()
    """Kubernetes taints of its nodes."""

    @computed_field(repr=False)  # type: ignore[prop-decorator] # as settings/fsx.py
    @property
    def image(self) -> AmiType:
        """The EKS-optimized machine image of its nodes: amiType, or what its instances need."""
        if self.ami_type is not None:
            return self.ami_type
        first = self.instance_types[0]
        return cast("AmiType", f"AL2023_{architecture(first)}_{accelerator(first)}")
