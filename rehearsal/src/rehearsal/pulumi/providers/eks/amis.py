"""AMI type of a node group, by its operating system (EKS: Amazon EKS optimized AMIs)."""

from __future__ import annotations

import re
from collections.abc import Sequence

# (operating system, NVIDIA GPUs, architecture): AMI type
AMI_TYPES = {
    ("AL2", False, "x86_64"): "AL2_x86_64",
    ("AL2", True, "x86_64"): "AL2_x86_64_GPU",
    ("AL2", False, "arm64"): "AL2_ARM_64",
    ("AL2023", False, "x86_64"): "AL2023_x86_64_STANDARD",
    ("AL2023", False, "arm64"): "AL2023_ARM_64_STANDARD",
    ("AL2023", True, "x86_64"): "AL2023_x86_64_NVIDIA",
    ("Bottlerocket", False, "arm64"): "BOTTLEROCKET_ARM_64",
    ("Bottlerocket", False, "x86_64"): "BOTTLEROCKET_x86_64",
    ("Bottlerocket", True, "arm64"): "BOTTLEROCKET_ARM_64_NVIDIA",
    ("Bottlerocket", True, "x86_64"): "BOTTLEROCKET_x86_64_NVIDIA",
}
_INSTANCE_TYPE = re.compile(r"[a-z]+[0-9]+(?P<processor>[a-z])?-?[a-z]*\.[a-zA-Z0-9-]+")


def ami_type(operating_system: str, gpu: bool, instance_types: Sequence[str]) -> str:
    """Return the AMI type for nodes of these instance types.

    Raises:
        ValueError: There is none, or the instance types differ in architecture.
    """
    wanted = (operating_system, gpu, architecture(instance_types))
    if wanted not in AMI_TYPES:
        told = f"operating system {operating_system}, GPU support {gpu}, {wanted[2]}"
        raise ValueError(f"operatingSystem: no AMI type for {told}")
    return AMI_TYPES[wanted]


def architecture(instance_types: Sequence[str]) -> str:
    """Return the architecture that all instance types share; x86_64 when there are none.

    Raises:
        ValueError: The instance types differ in architecture, or one is no EC2 instance type.
    """
    found = {_architecture(one) for one in instance_types}
    if len(found) > 1:
        raise ValueError("instanceTypes: they must share one architecture, Graviton or x86_64")
    return found.pop() if found else "x86_64"


def _architecture(instance_type: str) -> str:
    match = _INSTANCE_TYPE.fullmatch(instance_type)
    if not match:
        raise ValueError(f"instanceTypes: {instance_type} is not an EC2 instance type")
    return "arm64" if match["processor"] == "g" else "x86_64"
