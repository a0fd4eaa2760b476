"""Field managers: the owners of an object's fields, in `metadata.managedFields`."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

from rehearsal.pulumi.providers.kubernetes.manifests import Manifest, annotation, field

# The manager of creates and of client-side apply.
CLIENT_SIDE = "pulumi-kubernetes"
PATCH_FORCE = "pulumi.com/patchForce"
_PATCH_MANAGER = "pulumi.com/patchFieldManager"
# Managers whose fields an update by server-side apply takes over, as pulumi-kubernetes does.
_TAKEN_OVER = {
    ("kubectl", "Apply"),
    ("kubectl", "Update"),
    ("before-first-apply", "Update"),
    (CLIENT_SIDE, "Update"),
    ("pulumi-resource-kubernetes", "Update"),
}


def manager_of(urn: str, inputs: Manifest, outputs: Manifest, *, server_side: bool) -> str:
    """Return a resource's field manager: the annotated one, the one it had, or one from its URN."""
    if not server_side:
        return CLIENT_SIDE
    kept = outputs.get("__fieldManager")
    own = f"{CLIENT_SIDE}-{hashlib.sha256(urn.encode()).hexdigest()[:8]}"
    return annotation(inputs, _PATCH_MANAGER) or (kept if isinstance(kept, str) else own)


def made_by(live: Manifest, manager: str) -> bool:
    """Return True if a resource made an object, in an update that ended before recording it."""
    if field(live, "metadata", "deletionTimestamp"):
        return False
    entries = field(live, "metadata", "managedFields") or []
    return manager != CLIENT_SIDE and any(entry.get("manager") == manager for entry in entries)


def taken_over(live: Manifest, manager: str) -> list[dict[str, Any]] | None:
    """Return `managedFields` with what creates and kubectl set given to `manager`.

    Return None if there is nothing to take over.
    """
    entries = copy.deepcopy(field(live, "metadata", "managedFields") or [])
    taken = [entry for entry in entries if _takes(entry, manager)]
    if not taken:
        return None
    kept = [entry for entry in entries if not _takes(entry, manager)]
    own = next((entry for entry in kept if _applies(entry, manager)), None)
    if own is None:
        own = taken.pop(0) | {"manager": manager, "operation": "Apply"}
        kept.append(own)
    for entry in taken:
        own["fieldsV1"] = _union(own.get("fieldsV1", {}), entry.get("fieldsV1", {}))
    return kept


def _takes(entry: dict[str, Any], manager: str) -> bool:
    writer = (entry.get("manager"), entry.get("operation"))
    return writer in {*_TAKEN_OVER, (manager, "Update")} and not entry.get("subresource")


def _applies(entry: dict[str, Any], manager: str) -> bool:
    return (entry.get("manager"), entry.get("operation")) == (manager, "Apply")


def _union(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any]:
    return one | {key: _union(one.get(key, {}), value) for key, value in two.items()}
