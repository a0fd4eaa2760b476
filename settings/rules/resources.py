"""Rules of the resources that containers ask for.

Source: Kubernetes, "Resource Management for Pods and Containers", "Extended resources" and the
checks of its API server (ValidateContainerResourceRequirements).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from components.names import QUALIFIED_NAME
from components.spec.errors import NOT_SET, ConfigError, Path
from settings.patterns import Resources

QUANTITY = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>m|k|M|G|T|Ki|Mi|Gi|Ti)?", re.ASCII)
UNITS = {
    **{"m": Decimal("0.001"), "k": Decimal(10) ** 3, "M": Decimal(10) ** 6},
    **{"G": Decimal(10) ** 9, "T": Decimal(10) ** 12},
    **{unit: Decimal(1024) ** power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti"), 1)},
}
NATIVE = {"cpu", "memory", "ephemeral-storage"}
PAGES = "hugepages-"
PROCESSORS = re.compile(r"\d+(\.\d+)?m?", re.ASCII)


def quantity_errors(path: Path, name: str, value: str) -> Iterator[ConfigError]:
    """Find what Kubernetes refuses of a quantity of a resource, at its path."""
    amount = quantity(value)
    if amount is None:
        rule = "must be a Kubernetes quantity, such as 500m, 2 or 4Gi"
        yield ConfigError(path, rule, value, "correct it")
    elif name == "cpu" and not PROCESSORS.fullmatch(value):
        rule = "must be processors or thousandths of one, such as 2 or 500m"
        yield ConfigError(path, rule, value, "correct it")
    elif _is_extended(name) and amount != int(amount):
        rule = "must be a whole number: devices are not shared out in parts"
        yield ConfigError(path, rule, value, f'set "{max(1, int(amount))}"')


def resource_errors(path: Path, resources: Resources) -> Iterator[ConfigError]:
    """Find what Kubernetes refuses of a container's requests and limits, at their path."""
    requests, limits = resources.requests, resources.limits
    for part, quantities in (("requests", requests), ("limits", limits)):
        for name, value in quantities.items():
            where = (*path, part, name)
            if name not in NATIVE and not name.startswith(PAGES) and not _is_extended(name):
                rule = (
                    "must be cpu, memory, ephemeral-storage, or a resource such as nvidia.com/gpu"
                )
                yield ConfigError(where, rule, name, "correct the name")
            yield from quantity_errors(where, name, value)
    for name, value in requests.items():
        request, limit = quantity(value), quantity(limits.get(name, ""))
        where, most = (*path, "limits", name), limits.get(name, NOT_SET)
        if _is_extended(name) and request != limit:
            rule = "must be what is asked for: Kubernetes gives devices as they are asked for"
            yield ConfigError(where, rule, most, f'set "{value}"', ((*path, "requests", name),))
        elif request is not None and limit is not None and request > limit:
            rule = "must not be below what is asked for"
            yield ConfigError(
                where, rule, most, f'set "{value}" or more', ((*path, "requests", name),)
            )


def quantity(value: str) -> Decimal | None:
    """The number that a Kubernetes quantity stands for; None for one that is none."""
    found = QUANTITY.fullmatch(value)
    return Decimal(found["number"]) * UNITS.get(found["unit"], Decimal(1)) if found else None


def _is_extended(name: str) -> bool:
    """Whether a resource is of a device plugin, such as nvidia.com/gpu."""
    return "/" in name and QUALIFIED_NAME.fullmatch(name) is not None
