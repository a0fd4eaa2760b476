"""Status of a pod as a kubelet writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rehearsal.kubernetes.controllers.kube import Object, now
from rehearsal.kubernetes.controllers.kubelet import conditions
from rehearsal.kubernetes.controllers.kubelet.progress import Container, Progress

Status = dict[str, Any]


def pod_status(
    pod: Object, progress: Progress, address: str = "", host: str = "", *, leaving: bool = False
) -> Status:
    """Return the status of a pod in a given state.

    Args:
        pod: Pod with its present status.
        progress: State of the pod and its containers.
        address: Address of the pod in the Kubernetes API; empty while it has none.
        host: Address of its node; empty if the node has none.
        leaving: True if the pod is deleted and being ended, so that no container counts as ready.
    """
    earlier = pod.get("status", {})
    all_ = progress.containers
    if leaving:
        all_ = tuple(replace(one, ready=False) for one in all_)
        progress = replace(progress, containers=all_)
    status: Status = {
        "phase": progress.phase,
        "startTime": earlier.get("startTime") or now(),
        "conditions": conditions.of(earlier.get("conditions", []), progress),
        "containerStatuses": _statuses(pod, [one for one in all_ if not one.init]),
        "reason": progress.reason or None,
        "message": progress.message or None,
    }
    if address:
        status |= {"podIP": address, "podIPs": [{"ip": address}]}
    if host:
        status |= {"hostIP": host, "hostIPs": [{"ip": host}]}
    if pod["spec"].get("initContainers"):
        status["initContainerStatuses"] = _statuses(pod, [one for one in all_ if one.init])
    return status


def differs(earlier: Status, wanted: Status) -> bool:
    """Return True if the wanted status would change the earlier one."""
    return any(_told(earlier.get(name)) != _told(value) for name, value in wanted.items())


def _told(value: Any) -> Any:
    """Return a value without the empty fields that the API server adds to it."""
    if isinstance(value, dict):
        return {name: _told(one) for name, one in value.items() if one is not None}
    return [_told(one) for one in value] if isinstance(value, list) else value


def _statuses(pod: Object, all_: Sequence[Container]) -> list[Status]:
    return [
        {
            "name": one.name,
            "image": one.image,
            "imageID": "",
            "containerID": f"rehearsal://{pod['metadata']['uid']}/{one.name}/{one.restarts}",
            # An init container that has succeeded counts as ready.
            "ready": one.ready or (one.init and not one.sidecar and one.exit_code == 0),
            "started": one.started,
            "restartCount": one.restarts,
            "state": one.state,
            "lastState": one.last,
        }
        for one in all_
    ]
