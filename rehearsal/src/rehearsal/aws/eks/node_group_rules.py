"""AWS's rules for the settings of managed node groups."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES

from rehearsal.aws.eks.catalogue import minor
from rehearsal.aws.eks.models import invalid

# A node's kubelet may be this many minor versions behind the API server.
KUBELET_SKEW = 3
LAST_VERSION_WITH_AL2 = "1.32"
LONGEST_NAME = 63
NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*")
DEVICES = {"NVIDIA": "GpuInfo", "NEURON": "NeuronInfo"}
"""EC2's description of the device that instances need, by the end of an image's type."""


def check_name(name: str) -> None:
    """Raise an error unless a node group may have this name."""
    # Source: https://github.com/terraform-aws-modules/terraform-aws-eks/issues/1713
    if len(name) > LONGEST_NAME:
        raise invalid(f"nodeGroupName can't be longer than {LONGEST_NAME} characters!")
    if not NAME.fullmatch(name):
        raise invalid("The nodegroupName parameter contains invalid characters.")


def check_scaling(scaling: Mapping[str, int]) -> None:
    """Raise an error unless the desired number of nodes is within its limits."""
    low, desired, high = scaling["minSize"], scaling["desiredSize"], scaling["maxSize"]
    if low > desired:
        raise invalid(f"Minimum capacity {low} can't be greater than desired size {desired}")
    if desired > high:
        raise invalid(f"desired capacity {desired} can't be greater than max size {high}")


def check_instance_types(types: Sequence[str], ami_type: str | None, version: str) -> str:
    """Return the AMI type for instance types; raise an error unless these exist and match it."""
    if unknown := [name for name in types if name not in INSTANCE_TYPES]:
        raise invalid(f"The following supplied instance types do not exist: [{unknown[0]}]")
    arm = {_is_arm(name) for name in types}
    wanted = ami_type or _default_ami_type(types)
    other = arm != {"ARM" in wanted or "aarch64" in wanted.lower()}
    device = next((fact for end, fact in DEVICES.items() if wanted.endswith(end)), None)
    without = device is not None and any(device not in _facts(one) for one in types)
    if wanted != "CUSTOM" and (other or without):
        raise invalid(
            f"[{', '.join(types)}] is not a valid instance type for requested amiType {wanted}"
        )
    if wanted.startswith("AL2_") and minor(version) > minor(LAST_VERSION_WITH_AL2):
        raise invalid(
            f"AMI Type {wanted} is only supported for kubernetes versions "
            f"{LAST_VERSION_WITH_AL2} or earlier"
        )
    return wanted


def _default_ami_type(types: Sequence[str]) -> str:
    if _is_arm(types[0]):
        return "AL2023_ARM_64_STANDARD"
    gpu = "GpuInfo" in _facts(types[0])
    return "AL2023_x86_64_NVIDIA" if gpu else "AL2023_x86_64_STANDARD"


def _is_arm(instance_type: str) -> bool:
    return "arm64" in _facts(instance_type)["ProcessorInfo"]["SupportedArchitectures"]


def _facts(instance_type: str) -> dict[str, Any]:
    found: dict[str, Any] = INSTANCE_TYPES[instance_type]
    return found


def release_day(release: str) -> str:
    """Return the day of a machine image's release, as YYYYMMDD, which orders the releases."""
    return release.rpartition("-")[2]


def changed_taints(
    taints: Sequence[dict[str, str]], change: Mapping[str, Sequence[dict[str, str]]]
) -> list[dict[str, str]]:
    """Return the taints after a change; a taint is identified by its key and effect."""
    by_key = {(taint["key"], taint["effect"]): taint for taint in taints}
    for taint in change.get("removeTaints") or []:
        by_key.pop((taint["key"], taint["effect"]), None)
    for taint in change.get("addOrUpdateTaints") or []:
        by_key[taint["key"], taint["effect"]] = taint
    return list(by_key.values())
