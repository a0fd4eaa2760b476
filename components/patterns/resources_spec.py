"""Resources of a container, and what Kubernetes asks of them.

Source: Kubernetes, "Resource Management for Pods and Containers", "Extended resources" and the
checks of its API server (ValidateContainerResourceRequirements).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field

from components.names import QUALIFIED_NAME
from components.spec.errors import NOT_SET, ConfigError, Path
from components.spec.model import Spec

QUANTITY = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>m|k|M|G|T|Ki|Mi|Gi|Ti)?", re.ASCII)
UNITS = {
    **{"m": Decimal("0.001"), "k": Decimal(10) ** 3, "M": Decimal(10) ** 6},
    **{"G": Decimal(10) ** 9, "T": Decimal(10) ** 12},
    **{unit: Decimal(1024) ** power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti"), 1)},
}
NATIVE = {"cpu", "memory", "ephemeral-storage"}
PAGES = "hugepages-"
PROCESSORS = re.compile(r"\d+(\.\d+)?m?", re.ASCII)


class ResourcesSpec(Spec):
    """Requests and limits of a container, as Kubernetes quantities by resource."""

    requests: dict[str, str] = Field(
        default_factory=dict, examples=[{"cpu": "2", "memory": "4Gi", "nvidia.com/gpu": "1"}]
    )
    """Resources that a node must have free for the container."""

    limits: dict[str, str] = Field(
        default_factory=dict, examples=[{"memory": "4Gi", "nvidia.com/gpu": "1"}]
    )
    """Maximum resources of the container."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield an error for each quantity that Kubernetes refuses."""
        for part, quantities in (("requests", self.requests), ("limits", self.limits)):
            for name, value in quantities.items():
                yield from _names((part, name), name)
                yield from quantity_errors((part, name), name, value)
        for name, value in self.requests.items():
            yield from _limit(self, name, value)


def quantity_errors(path: Path, name: str, value: str) -> Iterator[ConfigError]:
    """Yield an error for a quantity of a resource that Kubernetes refuses.

    Args:
        path: Path of the quantity.
        name: Name of the resource.
        value: The quantity.
    """
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


def quantity(value: str) -> Decimal | None:
    """Return the number of a Kubernetes quantity; None if it is not a quantity."""
    found = QUANTITY.fullmatch(value)
    return Decimal(found["number"]) * UNITS.get(found["unit"], Decimal(1)) if found else None


def _names(path: Path, name: str) -> Iterator[ConfigError]:
    if name not in NATIVE and not name.startswith(PAGES) and not _is_extended(name):
        rule = "must be cpu, memory, ephemeral-storage, or a resource such as nvidia.com/gpu"
        yield ConfigError(path, rule, name, "correct the name")


def _limit(resources: ResourcesSpec, name: str, value: str) -> Iterator[ConfigError]:
    request, limit = quantity(value), quantity(resources.limits.get(name, ""))
    path, most = ("limits", name), resources.limits.get(name, NOT_SET)
    depends_on = (("requests", name),)
    if _is_extended(name) and request != limit:
        rule = "must be what is asked for: Kubernetes gives devices as they are asked for"
        yield ConfigError(path, rule, most, f'set "{value}"', depends_on)
    elif request is not None and limit is not None and request > limit:
        rule = "must not be below what is asked for"
        yield ConfigError(path, rule, most, f'set "{value}" or more', depends_on)


def _is_extended(name: str) -> bool:
    """Return whether a resource is of a device plugin, such as nvidia.com/gpu."""
    return "/" in name and QUALIFIED_NAME.fullmatch(name) is not None
