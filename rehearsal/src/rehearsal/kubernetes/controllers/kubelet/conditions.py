"""Conditions of a pod's status."""

from __future__ import annotations

from typing import Any, NamedTuple

from rehearsal.kubernetes.controllers.kube import now
from rehearsal.kubernetes.controllers.kubelet.progress import Container, Progress

Condition = dict[str, Any]

DISRUPTED = "DisruptionTarget"
ENFORCED = "rehearsal/enforces-limits-and-networks"
NOT_ENFORCED = (
    "limits of CPU and memory, network policies, security groups except those of file systems, and "
    "the owners of files are not enforced in a rehearsal"
)
OVER = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}


class Finding(NamedTuple):
    """Status of one condition, with its reason and message."""

    holds: bool
    reason: str = ""
    message: str = ""


def of(earlier: list[Condition], progress: Progress) -> list[Condition]:
    """Return the conditions of a pod in this state; conditions of other types stay as they are."""
    found = {
        "PodReadyToStartContainers": Finding(progress.phase not in OVER),
        "Initialized": _initialised(progress),
        "ContainersReady": _ready(progress),
        "Ready": _ready(progress),
        ENFORCED: Finding(False, "NotEmulated", NOT_ENFORCED),
    }
    if progress.disrupted:
        found[DISRUPTED] = Finding(True, "TerminationByKubelet", progress.message)
    known = {one["type"]: one for one in earlier}
    others = [one for one in earlier if one["type"] not in found]
    return others + [_condition(known.get(type_, {}), type_, one) for type_, one in found.items()]


def _initialised(progress: Progress) -> Finding:
    # Sidecars are ended with the pod, which does not undo that it was initialised.
    if progress.phase not in ("Pending", "Failed"):
        return Finding(True, "PodCompleted" if progress.phase == "Succeeded" else "")
    waits = [one.name for one in progress.containers if one.init and not _got_through(one)]
    if not waits:
        return Finding(True)
    message = f"containers with incomplete status: [{' '.join(waits)}]"
    return Finding(False, "ContainersNotInitialized", message)


def _got_through(container: Container) -> bool:
    ended = container.sidecar and "terminated" in container.state
    return bool(ended or container.initialised)


def _ready(progress: Progress) -> Finding:
    if progress.phase in OVER:
        return Finding(False, OVER[progress.phase])
    counted = [one for one in progress.containers if not one.init or one.sidecar]
    unready = [one.name for one in counted if not one.ready]
    if not unready:
        return Finding(True)
    message = f"containers with unready status: [{' '.join(unready)}]"
    return Finding(False, "ContainersNotReady", message)


def _condition(earlier: Condition, type_: str, found: Finding) -> Condition:
    status = "True" if found.holds else "False"
    since = earlier.get("lastTransitionTime") if earlier.get("status") == status else None
    condition = {"type": type_, "status": status, "lastTransitionTime": since or now()}
    said = {"reason": found.reason, "message": found.message}
    return condition | {name: value for name, value in said.items() if value}
