"""Readiness conditions of Pods and Jobs, and the problems of their containers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rehearsal.pulumi.providers.kubernetes.awaits.progress import (
    READY,
    Progress,
    RelatedObjects,
    condition,
    is_true,
    owned_by,
    spoken,
)
from rehearsal.pulumi.providers.kubernetes.manifests import Manifest, field, name_of, namespace_of


def pod(live: Manifest, _around: RelatedObjects) -> Progress:
    """Check a Pod: it must be scheduled, initialized and ready, or have succeeded.

    A Pod that a rehearsal does not run counts as ready, with a warning.
    """
    name = shown(live)
    if field(live, "status", "phase") == "Succeeded":
        return READY
    if said := not_run([live]):
        return Progress(ready=True, warnings=said)
    for type_, waiting in (
        ("PodScheduled", "scheduled"),
        ("Initialized", "initialized"),
        ("Ready", "ready"),
    ):
        if not is_true(condition(live, type_)):
            return Progress(False, f"Waiting for Pod {name!r} to be {waiting}", complaints(live))
    return READY


def job(live: Manifest, around: RelatedObjects) -> Progress:
    """Check a Job: it is ready when complete, and failed when Kubernetes has given it up."""
    status = live.get("status") or {}
    failed = condition(live, "Failed")
    if is_true(failed):
        return Progress(
            False, spoken(failed), [spoken(failed), *_pod_complaints(live, around)], failed=True
        )
    if is_true(condition(live, "Complete")):
        return READY
    if not status.get("startTime"):
        return Progress(False, f"Waiting for Job {shown(live)!r} to start")
    counts = " | ".join(
        f"{word}: {status.get(word.lower(), 0)}" for word in ("Active", "Succeeded", "Failed")
    )
    message = f"Waiting for Job {shown(live)!r} to succeed ({counts})"
    return Progress(False, message, _pod_complaints(live, around))


NOT_RUN = "ImageNotRunnable"
"""Reason that the rehearsal's kubelet gives for a container that it does not run."""


def not_run(pods: Iterable[Manifest]) -> list[str]:
    """Return the reasons why none of these pods is waited for; empty if one is.

    A pod whose image cannot run here is scheduled and stays so. That is reported, and is no failure
    of the update: on a cluster of machines the pod would run.
    """
    unready = [one for one in pods if not is_true(condition(one, "Ready"))]
    reasons = [_reason_not_run(one) for one in unready]
    return list(dict.fromkeys(reasons)) if all(reasons) else []


def _reason_not_run(pod: Manifest) -> str:
    for status in field(pod, "status", "containerStatuses") or []:
        waiting = field(status, "state", "waiting") or {}
        if waiting.get("reason") == NOT_RUN:
            return str(waiting.get("message"))
    return ""


def complaints(pod: Manifest) -> list[str]:
    """Return the reasons why a pod is not ready, from its conditions and containers."""
    name = shown(pod)
    said = [
        f"Pod {name!r}: {spoken(entry)}"
        for type_ in ("PodScheduled", "Initialized", "Ready")
        if (entry := condition(pod, type_)) and not is_true(entry) and entry.get("message")
    ]
    statuses = [
        *(field(pod, "status", "initContainerStatuses") or []),
        *(field(pod, "status", "containerStatuses") or []),
    ]
    return said + [f"Pod {name!r}: {line}" for status in statuses for line in _container(status)]


def complaints_of(owner: Manifest, pods: Iterable[Manifest]) -> list[str]:
    """Return the reasons why the pods of an owner are not ready."""
    return [line for one in pods if owned_by(one, owner) for line in complaints(one)]


def shown(manifest: Manifest) -> str:
    """Return `namespace/name`, or the name alone in the default namespace."""
    namespace = namespace_of(manifest)
    return name_of(manifest) if namespace in ("", "default") else f"{namespace}/{name_of(manifest)}"


def _pod_complaints(owner: Manifest, around: RelatedObjects) -> list[str]:
    return complaints_of(owner, around.listed("v1", "Pod", namespace_of(owner)))


def _container(status: dict[str, Any]) -> list[str]:
    if status.get("ready"):
        return []
    name = status.get("name")
    lines = []
    waiting = field(status, "state", "waiting") or {}
    if waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
        lines.append(f"container {name!r}: {spoken(waiting)}")
    for state in ("state", "lastState"):
        ended = field(status, state, "terminated") or {}
        if ended.get("exitCode"):
            said = f" {ended['message']}" if ended.get("message") else ""
            how = f"{ended.get('reason')}: exit code {ended['exitCode']}"
            lines.append(f"container {name!r} terminated ({how}){said}")
    return lines
