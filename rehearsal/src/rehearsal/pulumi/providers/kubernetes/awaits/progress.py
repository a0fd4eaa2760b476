"""Arguments and result of a readiness condition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from rehearsal.pulumi.providers.kubernetes.manifests import Manifest
from rehearsal.pulumi.providers.kubernetes.manifests import field as at


@dataclass(frozen=True)
class Progress:
    """Progress of an object towards readiness.

    `message` is the live line; `problems` are what an error report adds; `failed` means that
    waiting longer cannot help; `warnings` concern an object that is not waited for any longer.
    """

    ready: bool
    message: str = ""
    problems: list[str] = field(default_factory=list)
    failed: bool = False
    warnings: list[str] = field(default_factory=list)


class RelatedObjects(Protocol):
    """Related objects in the cluster, as far as a readiness condition looks at them."""

    def listed(self, api_version: str, kind: str, namespace: str) -> list[Manifest]:
        """Return the objects of a kind in a namespace."""

    def got(self, api_version: str, kind: str, namespace: str, name: str) -> Manifest | None:
        """Return an object, or None if there is none."""


Condition = Callable[[Manifest, RelatedObjects], Progress]

READY = Progress(ready=True)


def condition(manifest: Manifest, type_: str) -> dict[str, Any]:
    """Return the entry of `status.conditions` with this type, or an empty one."""
    for entry in at(manifest, "status", "conditions") or []:
        if entry.get("type") == type_:
            return dict(entry)
    return {}


def is_true(entry: dict[str, Any]) -> bool:
    """Return True if a condition holds."""
    return entry.get("status") == "True"


def spoken(entry: dict[str, Any]) -> str:
    """Return a condition's reason and message: `[BackoffLimitExceeded] Job has reached ...`."""
    return f"[{entry.get('reason', '')}] {entry.get('message', '')}".strip()


def observed(manifest: Manifest) -> bool:
    """Return True if the kind's controller has seen the object as it is now."""
    seen = at(manifest, "status", "observedGeneration")
    return isinstance(seen, int) and seen >= int(at(manifest, "metadata", "generation") or 0)


def owned_by(manifest: Manifest, owner: Manifest) -> bool:
    """Return True if `owner` is among an object's owners."""
    uid = at(owner, "metadata", "uid")
    owners = at(manifest, "metadata", "ownerReferences") or []
    return bool(uid) and any(one.get("uid") == uid for one in owners)
