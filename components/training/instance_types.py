"""The instance types that SageMaker trains on."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from components.spec.spelling import closest_match

TABLE = Path(__file__).with_name("instance_types.txt")
NVME_FAMILIES = re.compile(r"ml\.(g\d|p[3-9]|trn|[a-z]+\d+[a-z]*d[a-z]*\.)")
"""Families with NVMe disks: g4dn and later, p3dn, p4 and later, trn, and r5d and its like."""
WITHOUT_NVME = re.compile(r"ml\.p3\.")


@cache
def training_types() -> frozenset[str]:
    """Return the names of all types."""
    lines = TABLE.read_text().splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def suggest_type(wrong: str) -> str | None:
    """Return the type that a wrong name was probably meant to be, or None.

    A type of EC2 becomes the same one of SageMaker. Otherwise the family counts for more than the
    size, and the newest family of its kind for more than another kind.
    """
    plain = wrong.strip().lower().removeprefix("ml.")
    name = f"ml.{plain.removeprefix('ml.')}"
    if name in training_types():
        return name
    family, _, size = name.removeprefix("ml.").partition(".")
    sizes = [one for one in training_types() if one.startswith(f"ml.{family}.")]
    if sizes:
        return closest_match(name, sizes) or min(sizes, key=lambda one: (len(one), one))
    kind = re.match(r"[a-z]+", family)
    same = [one for one in training_types() if kind and re.match(rf"ml\.{kind[0]}\d+i?\.", one)]
    sized = [one for one in same if one.endswith(f".{size}")]
    return max(sized, key=_generation) if sized else closest_match(name, training_types())


def has_local_disks(name: str) -> bool:
    """Return whether a type has NVMe disks, which SageMaker uses instead of a volume."""
    return bool(NVME_FAMILIES.match(name)) and not WITHOUT_NVME.match(name)


def _generation(name: str) -> int:
    digits = re.search(r"\d+", name)
    return int(digits[0]) if digits else 0
