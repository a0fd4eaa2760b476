"""Settings of a managed node group and the rules of EKS about them.

Sources: EKS API Reference, CreateNodegroup; EKS User Guide, "Managed node groups"; Kubernetes,
"Labels and Selectors" and "Taints and Tolerations".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal, cast

from pydantic import Field

from components.instance_type import NAME, accelerator, architecture
from components.names import LABEL_VALUE, QUALIFIED_NAME
from components.network_spec import SubnetKind
from components.spec.errors import ConfigError
from components.spec.model import Spec

CapacityType = Literal["ON_DEMAND", "SPOT"]
TaintEffect = Literal["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"]
AmiType = Literal[
    "AL2023_x86_64_STANDARD",
    "AL2023_ARM_64_STANDARD",
    "AL2023_x86_64_NVIDIA",
    "AL2023_ARM_64_NVIDIA",
    "AL2023_x86_64_NEURON",
]

RESERVED_LABELS = ("kubernetes.io/", "k8s.io/", "eks.amazonaws.com/")
"""Parts that no label may contain. EKS refuses them with "Label cannot contain reserved prefixes
[kubernetes.io/, k8s.io/, eks.amazonaws.com/]", also in node-role.kubernetes.io/worker."""
RESERVED_TAINTS = ("node.kubernetes.io/", "eks.amazonaws.com/")
MAX_KEY_LENGTH = 63
"""Maximum length of the key of a label or taint, with prefix and slash. Source: EKS API Reference,
labelKey and taintKey."""
VALUE_RULE = "must be at most 63 letters, digits, - _ or ., none of these at an end"
KEY_LENGTH_RULE = f"EKS takes keys of at most {MAX_KEY_LENGTH} characters, prefix and slash too"
RELEASE_VERSION = re.compile(r"\d+\.\d+\.\d+-\d{8}", re.ASCII)
"""Form of a release of the EKS-optimized machine image, such as 1.36.2-20261118."""


class TaintSpec(Spec):
    """A Kubernetes taint of every node of a group."""

    key: str
    """Key of the taint, such as nvidia.com/gpu."""

    value: str = ""
    """Value of the taint, a string in quotes."""

    effect: TaintEffect = "NO_SCHEDULE"
    """Effect on pods that do not tolerate the taint."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of a taint's key and value."""
        if self.key.startswith(RESERVED_TAINTS):
            rule = f"Kubernetes and EKS set taints of {', '.join(RESERVED_TAINTS)} themselves"
            yield ConfigError(("key",), rule, self.key, "use a prefix of your own")
        elif not QUALIFIED_NAME.fullmatch(self.key):
            yield ConfigError(
                ("key",), "must be a Kubernetes taint key", self.key, "write PREFIX/NAME"
            )
        elif len(self.key) > MAX_KEY_LENGTH:
            yield ConfigError(("key",), KEY_LENGTH_RULE, self.key, "shorten it")
        if not LABEL_VALUE.fullmatch(self.value):
            yield ConfigError(("value",), VALUE_RULE, self.value, "shorten or correct it")


class NodeGroupSpec(Spec):
    """An EKS managed node group."""

    instance_types: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]
    """EC2 instance types that share one machine image: the same architecture, and GPUs in all or
    none of them. More types give SPOT more capacity to choose from."""

    ami_type: AmiType | None = None
    """Type of the EKS-optimized machine image. By default it is derived from the instance types."""

    release_version: str | None = Field(default=None, examples=["1.36.2-20261118"])
    """Release of the machine image, such as 1.36.2-20261118. A newer release patches the nodes,
    which EKS replaces one after another. By default nodes keep the image that they were created
    with, until `cluster.version` or their launch template changes (diskSizeGib, instanceStore, the
    stack's tags). Such a change installs the newest image even if a release is set. Nodes keep an
    image that is newer than this release, because EKS cannot return to an older one."""

    capacity_type: CapacityType = "ON_DEMAND"
    """ON_DEMAND, or SPOT for instances that AWS can take back with two minutes' notice."""

    zones: tuple[str, ...] = ()
    """Zones of the nodes, among network.zones. By default all zones that the network has when the
    group is created. A change replaces the group."""

    subnets: SubnetKind = "private"
    """Kind of the nodes' subnets. Nodes in public subnets have public addresses and need no NAT
    gateway."""

    min_size: Annotated[int, Field(ge=0)] = 1
    """Minimum number of nodes."""

    desired_size: Annotated[int, Field(ge=0)] = 1
    """Number of nodes at creation, and after each update that changes it."""

    max_size: Annotated[int, Field(ge=1)] = 3
    """Maximum number of nodes."""

    disk_size_gib: Annotated[int, Field(ge=20, le=16384)] = 50
    """Size of each node's root volume (gp3), in GiB."""

    instance_store: bool = False
    """Keep the temporary volumes (emptyDir) and the images of pods on the instances' own NVMe
    disks, as one RAID 0 array. It is fast, and its data is lost with the node. The nodes get the
    label eks-ml-storage/instance-store: "true"."""

    labels: dict[str, str] = Field(default_factory=dict)
    """Kubernetes labels of the nodes; values are strings, in quotes."""

    taints: tuple[TaintSpec, ...] = ()
    """Kubernetes taints of the nodes."""

    @property
    def image(self) -> AmiType:
        """Machine image of the nodes: `ami_type`, or the one that the instance types need."""
        if self.ami_type is not None:
            return self.ami_type
        first = self.instance_types[0]
        return cast("AmiType", f"AL2023_{architecture(first)}_{accelerator(first)}")

    @property
    def repels_pods(self) -> bool:
        """True if its taints keep away pods that do not tolerate them."""
        return any(taint.effect != "PREFER_NO_SCHEDULE" for taint in self.taints)

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of sizes, instances, image, labels and taints."""
        yield from _sizes(self)
        yield from _instance_types(self)
        yield from _image(self)
        yield from _labels(self)
        yield from _duplicate_taints(self)


def _sizes(spec: NodeGroupSpec) -> Iterator[ConfigError]:
    least, most = ("minSize",), ("maxSize",)
    if spec.min_size > spec.max_size:
        rule, remedy = "must not be above maxSize", f"set {spec.max_size} or less"
        yield ConfigError(least, rule, spec.min_size, remedy, (most,))
    elif not spec.min_size <= spec.desired_size <= spec.max_size:
        rule = f"must be from minSize to maxSize: {spec.min_size} to {spec.max_size}"
        nearest = min(max(spec.desired_size, spec.min_size), spec.max_size)
        remedy = f"set {nearest}, or move the limit"
        yield ConfigError(("desiredSize",), rule, spec.desired_size, remedy, (least, most))


def _instance_types(spec: NodeGroupSpec) -> Iterator[ConfigError]:
    for i, instance_type in enumerate(spec.instance_types):
        if not NAME.fullmatch(instance_type):
            rule = "must be an EC2 instance type, such as m6i.large"
            ec2 = instance_type.removeprefix("ml.")
            remedy = f"set {ec2}" if NAME.fullmatch(ec2) else "correct it"
            yield ConfigError(("instanceTypes", i), rule, instance_type, remedy)
    if len({(architecture(one), accelerator(one)) for one in spec.instance_types}) > 1:
        rule = "must share one machine image: one architecture, and GPUs on all or none"
        remedy = "make a node group for each kind"
        yield ConfigError(("instanceTypes",), rule, list(spec.instance_types), remedy)


def _image(spec: NodeGroupSpec) -> Iterator[ConfigError]:
    """Yield an error for an image of another architecture, or with drivers that nothing needs."""
    types = [one for one in spec.instance_types if NAME.fullmatch(one)]
    if spec.ami_type is None or not types:
        return
    needed, accelerated = architecture(types[0]), accelerator(types[0])
    if f"_{needed}_" not in spec.ami_type:
        rule = f"must be an image for {needed}, the architecture of {types[0]}"
    elif not spec.ami_type.endswith(("STANDARD", accelerated)):
        rule = f"must be an image without drivers that {types[0]} has no device for"
    else:
        return
    remedy = f"set AL2023_{needed}_{accelerated}, or remove it"
    yield ConfigError(("amiType",), rule, spec.ami_type, remedy, (("instanceTypes",),))


def release_version_parameter(version: str, image: AmiType) -> str:
    """Return the SSM parameter in which AWS publishes the newest release of an image.

    Args:
        version: Kubernetes version, such as 1.36.
        image: EKS-optimized machine image.

    Source: EKS User Guide, "Retrieve Amazon Linux AMI version information".
    """
    kind = image.removeprefix("AL2023_").lower()
    processor, _, variant = kind.rpartition("_")
    where = f"{version}/amazon-linux-2023/{processor.replace('arm_64', 'arm64')}/{variant}"
    return f"/aws/service/eks/optimized-ami/{where}/recommended/release_version"


def _labels(spec: NodeGroupSpec) -> Iterator[ConfigError]:
    for key, value in spec.labels.items():
        path = ("labels", key)
        if any(reserved in key for reserved in RESERVED_LABELS):
            rule = f"EKS refuses labels that contain {', '.join(RESERVED_LABELS)}"
            yield ConfigError(path, rule, key, "use a prefix of your own, such as example.com/")
        elif not QUALIFIED_NAME.fullmatch(key):
            yield ConfigError(path, "must be a Kubernetes label key", key, "write PREFIX/NAME")
        elif len(key) > MAX_KEY_LENGTH:
            yield ConfigError(path, KEY_LENGTH_RULE, key, "shorten it")
        if not value:
            yield ConfigError(path, "EKS takes no empty label", value, 'set for instance "true"')
        elif not LABEL_VALUE.fullmatch(value):
            yield ConfigError(path, VALUE_RULE, value, "shorten or correct it")


def _duplicate_taints(spec: NodeGroupSpec) -> Iterator[ConfigError]:
    kinds = [(taint.key, taint.effect) for taint in spec.taints]
    for i, kind in enumerate(kinds):
        if kind in kinds[:i]:
            rule = "a node has one taint of a key and an effect"
            yield ConfigError(("taints", i), rule, kind, "remove it")
