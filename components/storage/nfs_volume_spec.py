"""Settings of the plain NFS volume of an EFS file system.

Sources: Kubernetes, "Resource Management for Pods and Containers" (quantities) and "Persistent
Volumes" (a claim binds to a volume that is at least as large).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.spec.errors import ConfigError, Path
from components.spec.model import Spec
from components.storage.mount_path import mount_path_errors

CLAIM_NAME = "nfs"
"""Name of the claims on the volume."""
QUANTITY = re.compile(r"(?P<number>[1-9]\d*)(?P<unit>Mi|Gi|Ti|Pi)")
UNITS = {unit: 1024**power for power, unit in enumerate(("Mi", "Gi", "Ti", "Pi"), 2)}

REQUEST: Path = ("request",)


class NfsVolumeSpec(Spec):
    """Volume that nodes mount by NFS, without the CSI driver: a claim named nfs in each namespace.

    It shows the whole file system. NFS has neither TLS nor IAM, so the file system's policy lets
    everybody who reaches a mount target read, write and be root.
    """

    capacity: str = "100Gi"
    """Capacity of the volume. Kubernetes compares claims with it; EFS enforces nothing."""

    request: str = "50Gi"
    """Capacity that the claims ask for, at most that of the volume."""

    mount_path: str = "/nfs"
    """Path at which the data jobs mount the claim."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the quantities and of the path."""
        for path, value in (("capacity", self.capacity), ("request", self.request)):
            if not QUANTITY.fullmatch(value):
                rule = "must be a whole number of Mi, Gi, Ti or Pi"
                yield ConfigError((path,), rule, value, "set for instance 100Gi")
        yield from _request(self)
        yield from mount_path_errors(("mountPath",), self.mount_path, "/nfs")


def size(quantity: str) -> int | None:
    """Return the bytes of a quantity such as 100Gi; None if it is not one."""
    found = QUANTITY.fullmatch(quantity)
    return int(found["number"]) * UNITS[found["unit"]] if found else None


def _request(spec: NfsVolumeSpec) -> Iterator[ConfigError]:
    wanted, there = size(spec.request), size(spec.capacity)
    if wanted is not None and there is not None and wanted > there:
        rule = "a claim stays pending on a volume that is smaller than it asks for"
        remedy = f"set {spec.capacity} or less, or a larger capacity"
        yield ConfigError(REQUEST, rule, spec.request, remedy, (("capacity",),))
