"""Kubernetes quantities, such as 1200Gi."""

from __future__ import annotations

import math
import re
from decimal import Decimal

_UNITS = {"": Decimal(1), "m": Decimal("0.001")}
_UNITS |= {unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", start=1)}
_UNITS |= {f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", start=1)}
_QUANTITY = re.compile(r"([0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)")


def to_bytes(quantity: str | int) -> int:
    """Return a quantity as a whole number, rounded up.

    Raises:
        ValueError: The text is not a quantity of Kubernetes.
    """
    match = _QUANTITY.fullmatch(str(quantity))
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"{quantity!r} is no quantity: want a number and a unit such as Gi")
    return math.ceil(Decimal(match[1]) * _UNITS[match[2]])
