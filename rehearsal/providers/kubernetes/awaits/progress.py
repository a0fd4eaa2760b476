"""What a judgement is asked with, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from rehearsal.providers.kubernetes.manifests import Manifest
from rehearsal.providers.kubernetes.manifests import field as at


@dataclass(frozen=True)
class Progress:
    """How far an object is.

    `message` is the live line; `problems` are what an error report adds; `failed` says that
    waiting longer can't help; `warnings` are said of an object that is not waited for any longer.
    """

    ready: bool
    message: str = ""
    problems: list[str] = field(default_factory=list)
    failed: bool = False
    warnings: list[str] = field(default_factory=list)


class Surroundings(Protocol):
    """The rest of the cluster, as far as a judgement looks at it."""

    def listed(self, api_version: str, kind: str, namespace: str) -> list[Manifest]:
        """The objects of a kind in a namespace."""

    def got(self, api_version: str, kind: str, namespace: str, name: str) -> Manifest | None:
        """An object, or None if there is none."""


Judgement = Callable[[Manifest, Surroundings], Progress]

READY = Progress(ready=True)


def condition(manifest: Manifest, type_: str) -> dict[str, Any]:
    """The entry of `status.conditions` with this type, or an empty one."""
    for entry in at(manifest, "status", "conditions") or []:
        if entry.get("type") == type_:
            return dict(entry)
    return {}


def is_true(entry: dict[str, Any]) -> bool:
    """Whether a condition holds."""
    return entry.get("status") == "True"


def spoken(entry: dict[str, Any]) -> str:
    """A condition's reason and message: `[BackoffLimitExceeded] Job has reached ...`."""
    return f"[{entry.get('reason', '')}] {entry.get('message', '')}".strip()


def observed(manifest: Manifest) -> bool:
    """Whether the kind's controller has seen the object as it is now."""
    seen = at(manifest, "status", "observedGeneration")
    return isinstance(seen, int) and seen >= int(at(manifest, "metadata", "generation") or 0)


def owned_by(manifest: Manifest, owner: Manifest) -> bool:
    """Whether an object's controller is `owner`."""
    uid = at(owner, "metadata", "uid")
    owners = at(manifest, "metadata", "ownerReferences") or []
    return bool(uid) and any(one.get("uid") == uid for one in owners)
