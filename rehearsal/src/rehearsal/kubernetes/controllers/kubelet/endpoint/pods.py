"""Containers that run here, and the reason why another one does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from rehearsal.kubernetes import kwok
from rehearsal.kubernetes.controllers.kube import Key, Kube, Object
from rehearsal.kubernetes.controllers.kubelet import images
from rehearsal.kubernetes.controllers.kubelet.containers import RunSpec
from rehearsal.kubernetes.controllers.kubelet.pod_spec import PodRunSpec
from rehearsal.kubernetes.controllers.kubelet.runs import Run


class NotRunningError(Exception):
    """The container or the pod does not run here; the message says why."""


class Known(Protocol):
    """Pod that runs here."""

    @property
    def run(self) -> Run:
        """Execution of the pod."""

    @property
    def plan(self) -> PodRunSpec:
        """Run spec of the pod."""


class Name(NamedTuple):
    """Name of a container."""

    namespace: str
    pod: str
    container: str = ""


class RunningPods:
    """Pods that run here, as the endpoint needs them.

    Args:
        kube: Client of the cluster.
        find: Function that returns a pod that runs here, or None.
    """

    def __init__(self, kube: Kube, find: Callable[[Key], Known | None]) -> None:
        self._kube = kube
        self._find = find

    def instance(self, name: Name) -> int | None:
        """Return the number of restarts of a running container; None if it does not run."""
        known = self._find(_key(name))
        if known is None or known.run.ended:
            return None
        containers = known.run.progress.containers
        running = (one for one in containers if one.name == name.container and one.runs)
        return next((one.restarts for one in running), None)

    def same_instance(self, name: Name) -> Callable[[], bool]:
        """Return the function that returns True while a container runs as it runs now."""
        now = self.instance(name)
        return lambda: now is not None and self.instance(name) == now

    def container(self, name: Name) -> RunSpec:
        """Return the run spec of a running container.

        Raises:
            NotRunningError: It does not run.
        """
        known = self._find(_key(name))
        if known is None:
            raise NotRunningError(self.why_not(name))
        if self.instance(name) is None:
            raise NotRunningError(f'container not found ("{name.container}")')
        return next(one for one in known.plan.containers if one.container.name == name.container)

    def address(self, name: Name) -> str:
        """Return the address on which a running pod's processes listen.

        Raises:
            NotRunningError: It does not run.
        """
        known = self._find(_key(name))
        if known is None or known.run.ended:
            raise NotRunningError(self.why_not(name))
        return known.plan.network.own.local

    def why_no_log(self, name: Name) -> str:
        """Return the reason why a container has no log yet; empty if it has been started."""
        pod = self._kube.get(_key(name))
        of_container = [one for one in _statuses(pod or {}) if one["name"] == name.container]
        started = any(
            one.get("lastState") or "waiting" not in one.get("state", {"waiting": {}})
            for one in of_container
        )
        return "" if started else self.why_not(name)

    def why_not(self, name: Name) -> str:
        """Return the reason why a pod or a container has not run here."""
        pod = self._kube.get(_key(name))
        if pod is None:
            return f'pod "{name.pod}" not found'
        if not kwok.leaves_to_controllers(pod):
            return (
                f'pod "{name.pod}" does not run in a rehearsal: it is of the software that serves '
                "the cluster, and only looks as if it ran"
            )
        if not images.runnable(pod):
            return f'pod "{name.pod}" is {images.not_runnable_message(pod)}'
        states = [
            one.get("state", {}) for one in _statuses(pod) if name.container in ("", one["name"])
        ]
        reasons = [state.get("waiting", {}).get("reason") for state in states]
        waits = next(filter(None, reasons), "ContainerCreating")
        of = f'container "{name.container}" in ' if name.container else ""
        return f'{of}pod "{name.pod}" is waiting to start: {waits}'


def _key(name: Name) -> Key:
    return Key("Pod", name.namespace, name.pod)


def _statuses(pod: Object) -> list[Object]:
    status = pod.get("status", {})
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
