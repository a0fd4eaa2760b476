"""A pod's status as a kubelet writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rehearsal.cluster.controllers.kube import Object, now

Status = dict[str, Any]


@dataclass(frozen=True)
class Container:
    """How one container of a pod stands."""

    name: str
    image: str
    init: bool
    state: Status
    restarts: int = 0

    @property
    def exit_code(self) -> int | None:
        """The exit code, once it ended."""
        code: int | None = self.state.get("terminated", {}).get("exitCode")
        return code

    def waiting(self, reason: str, message: str = "") -> Container:
        """Not started (again) yet."""
        said = {"reason": reason} | ({"message": message} if message else {})
        return replace(self, state={"waiting": said})

    def running(self) -> Container:
        """Started."""
        return replace(self, state={"running": {"startedAt": now()}})

    def terminated(self, exit_code: int, reason: str = "", message: str = "") -> Container:
        """Ended."""
        ended = {
            "exitCode": exit_code,
            "reason": reason or ("Error" if exit_code else "Completed"),
            "startedAt": self.state.get("running", {}).get("startedAt", now()),
            "finishedAt": now(),
        }
        return replace(
            self, state={"terminated": ended | ({"message": message} if message else {})}
        )

    def restarted(self) -> Container:
        """About to start once more."""
        return replace(self, restarts=self.restarts + 1)


@dataclass(frozen=True)
class Progress:
    """How a pod stands as a whole."""

    containers: tuple[Container, ...]
    phase: str = "Pending"
    reason: str = ""
    message: str = ""


def containers(pod: Object) -> tuple[Container, ...]:
    """The containers of a pod as its spec has them, init containers first, none started."""
    kinds = (("initContainers", True), ("containers", False))
    return tuple(
        Container(one["name"], one["image"], init, {}).waiting("ContainerCreating")
        for field, init in kinds
        for one in pod["spec"].get(field, [])
    )


def restarts(pod: Object, name: str) -> int:
    """How often a container was restarted, by the pod's present status."""
    status = pod.get("status", {})
    known = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
    return next((one.get("restartCount", 0) for one in known if one["name"] == name), 0)


def pod_status(pod: Object, progress: Progress) -> Status:
    """The status of a pod that has got so far."""
    earlier = pod.get("status", {})
    address = earlier.get("podIP") or _address(pod["metadata"]["uid"])
    status: Status = {
        "phase": progress.phase,
        "startTime": earlier.get("startTime") or now(),
        "podIP": address,
        "podIPs": [{"ip": address}],
        "conditions": _conditions(earlier.get("conditions", []), progress),
        "containerStatuses": _statuses(pod, progress.containers, init=False),
        "reason": progress.reason or None,
        "message": progress.message or None,
    }
    if pod["spec"].get("initContainers"):
        status["initContainerStatuses"] = _statuses(pod, progress.containers, init=True)
    return status


def differs(earlier: Status, wanted: Status) -> bool:
    """Whether writing the wanted status would change anything."""
    return any(earlier.get(name) != value for name, value in wanted.items())


def _statuses(pod: Object, all_: Sequence[Container], *, init: bool) -> list[Status]:
    return [
        {
            "name": one.name,
            "image": one.image,
            "imageID": "",
            "containerID": f"rehearsal://{pod['metadata']['uid']}/{one.name}",
            "ready": "running" in one.state or (init and one.exit_code == 0),
            "started": "running" in one.state,
            "restartCount": one.restarts,
            "state": one.state,
        }
        for one in all_
        if one.init == init
    ]


def _conditions(earlier: list[Status], progress: Progress) -> list[Status]:
    over = progress.phase in ("Succeeded", "Failed")
    initialised = all(one.exit_code == 0 for one in progress.containers if one.init)
    ready = progress.phase == "Running" and all(
        "running" in one.state for one in progress.containers if not one.init
    )
    reason = ""
    if not ready:
        reason = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}.get(progress.phase, "")
        reason = reason or "ContainersNotReady"
    wanted = {
        "PodReadyToStartContainers": (not over, ""),
        "Initialized": (initialised, ""),
        "ContainersReady": (ready, reason),
        "Ready": (ready, reason),
    }
    known = {one["type"]: one for one in earlier}
    others = [one for one in earlier if one["type"] not in wanted]
    return others + [
        _condition(known.get(type_, {}), type_, *value) for type_, value in wanted.items()
    ]


def _condition(earlier: Status, type_: str, holds: bool, reason: str) -> Status:
    status = "True" if holds else "False"
    since = earlier.get("lastTransitionTime") if earlier.get("status") == status else None
    condition = {"type": type_, "status": status, "lastTransitionTime": since or now()}
    return condition | ({"reason": reason} if reason else {})


def _address(uid: str) -> str:
    """An address of the pod's own, from its UID, in a range that no network here uses."""
    number = int(uid.replace("-", "")[:8], 16)
    return f"198.18.{number >> 8 & 255}.{number & 255}"
