"""State of a pod's containers, one by one and together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from rehearsal.kubernetes.controllers.kube import Object, now

Status = dict[str, Any]


@dataclass(frozen=True)
class Container:
    """State of one container of a pod."""

    name: str
    image: str
    init: bool
    """True for an init container; one that is restarted for ever is a sidecar."""
    state: Status
    sidecar: bool = False
    restarts: int = 0
    last: Status = field(default_factory=dict)
    """State before the present start."""
    started: bool = False
    ready: bool = False

    @property
    def exit_code(self) -> int | None:
        """Exit code; None until the container has ended."""
        code: int | None = self.state.get("terminated", {}).get("exitCode")
        return code

    @property
    def runs(self) -> bool:
        """True while its process runs."""
        return "running" in self.state

    @property
    def initialised(self) -> bool:
        """True if this container lets the containers after it start."""
        return self.started if self.sidecar else self.exit_code == 0

    def waiting(self, reason: str, message: str = "") -> Container:
        """Return the state of a container that has not been started (again) yet."""
        said = {"reason": reason} | ({"message": message} if message else {})
        last = self.state if "terminated" in self.state else self.last
        return replace(self, state={"waiting": said}, last=last, started=False, ready=False)

    def running(self) -> Container:
        """Return the state of a container that has been started; its readiness stays as it was."""
        last = self.state if "terminated" in self.state else self.last
        return replace(self, state={"running": {"startedAt": now()}}, last=last)

    def terminated(self, exit_code: int, reason: str = "", message: str = "") -> Container:
        """Return the state of a container that has ended."""
        ended = {
            "exitCode": exit_code,
            "reason": reason or ("Error" if exit_code else "Completed"),
            "startedAt": self.state.get("running", {}).get("startedAt", now()),
            "finishedAt": now(),
        } | ({"message": message} if message else {})
        return replace(self, state={"terminated": ended}, started=False, ready=False)

    def restarted(self) -> Container:
        """Return the state of a container that is about to be restarted."""
        return replace(self, restarts=self.restarts + 1)


@dataclass(frozen=True)
class Progress:
    """State of a pod as a whole."""

    containers: tuple[Container, ...]
    phase: str = "Pending"
    reason: str = ""
    message: str = ""
    disrupted: bool = False
    """True if the pod was ended from outside, which a Job need not count as a failure."""


def containers(pod: Object) -> tuple[Container, ...]:
    """Return the containers in a pod's spec, init containers first, none of them started."""
    spec = pod["spec"]
    first = [_container(one, init=True) for one in spec.get("initContainers", [])]
    reason = "PodInitializing" if first else "ContainerCreating"
    rest = [_container(one, init=False) for one in spec["containers"]]
    return tuple(one.waiting(reason) for one in (*first, *rest))


def resumed(pod: Object, container: Container) -> Container:
    """Return the state of a container that other controllers started, from the pod's status."""
    known = next((one for one in _known(pod) if one["name"] == container.name), None)
    if known is None:
        return container
    restarts, last = known.get("restartCount", 0), known.get("lastState") or {}
    state = known.get("state", {})
    if "running" in state:
        ended = {"exitCode": 137, "reason": "Error", "finishedAt": now(), **state["running"]}
        return replace(container, restarts=restarts + 1, last={"terminated": ended})
    if "terminated" in state:
        return replace(container, restarts=restarts + 1, last=state)
    return replace(container, restarts=restarts, last=last)


def _container(spec: Object, *, init: bool) -> Container:
    sidecar = init and spec.get("restartPolicy") == "Always"
    return Container(spec["name"], spec["image"], init, {}, sidecar)


def _known(pod: Object) -> list[Status]:
    status = pod.get("status", {})
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
