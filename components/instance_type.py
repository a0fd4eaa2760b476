"""Processor and accelerator of an EC2 instance type, derived from its name.

The scheme is family, generation, attributes, size: g5g.2xlarge is of family g, generation 5, with
an AWS processor (EC2 User Guide, "Instance type naming conventions").
"""

from __future__ import annotations

import re
from typing import Literal

Architecture = Literal["x86_64", "ARM_64"]
Accelerator = Literal["STANDARD", "NVIDIA", "NEURON"]

NAME = re.compile(r"(?P<family>[a-z]+)(?P<generation>-?\d+)(?P<attributes>[a-z0-9-]*)\.[a-z0-9-]+")


def architecture(instance_type: str) -> Architecture:
    """Return the processor architecture: ARM_64 if the attributes have a g (Graviton, Grace)."""
    name = NAME.fullmatch(instance_type)
    if name is None:
        return "x86_64"
    graviton = "g" in name["attributes"] or name["family"] == "a"
    return "ARM_64" if graviton else "x86_64"


def accelerator(instance_type: str) -> Accelerator:
    """Return the devices that the EKS image must drive: NVIDIA, NEURON, or STANDARD for none."""
    name = NAME.fullmatch(instance_type)
    if name is None:
        return "STANDARD"
    if name["family"] in {"trn", "inf"} and instance_type.partition(".")[0] != "inf1":
        return "NEURON"
    amd = name["family"] == "g" and "a" in name["attributes"]
    return "NVIDIA" if name["family"] in {"g", "gr", "p"} and not amd else "STANDARD"
