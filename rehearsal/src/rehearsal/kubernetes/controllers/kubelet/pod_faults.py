"""Faults of pods: volumes that cannot be mounted for some time, and evictions."""

from __future__ import annotations

import threading
import time

from rehearsal.faults import active
from rehearsal.kubernetes.controllers.kube import Object
from rehearsal.kubernetes.controllers.kubelet.runs import Ending, Run
from rehearsal.kubernetes.controllers.kubelet.volume_sources import MountError

EVICTED = Ending(
    "Evicted",
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 64Mi.",
    disrupted=True,
)


class PodFaults:
    """Faults of the pods of one kubelet."""

    def __init__(self) -> None:
        self._mounts_from: dict[str, float] = {}

    def check_mounts(self, pod: Object) -> None:
        """Raise an error while a fault keeps the volumes of a pod from being mounted.

        Raises:
            MountError: The volumes cannot be mounted yet.
        """
        claims = [
            volume["name"]
            for volume in pod["spec"].get("volumes") or []
            if "persistentVolumeClaim" in volume or "ephemeral" in volume
        ]
        uid = pod["metadata"]["uid"]
        if claims and uid not in self._mounts_from:
            fault = active.applied("slow-mount", name=_name(pod))
            self._mounts_from[uid] = time.monotonic() + fault.seconds if fault else 0.0
        if claims and time.monotonic() < self._mounts_from[uid]:
            raise MountError(
                f'MountVolume.SetUp failed for volume "{claims[0]}" : rpc error: code = '
                "DeadlineExceeded desc = context deadline exceeded"
            )

    def forget(self, uid: str) -> None:
        """Forget a pod that is gone."""
        self._mounts_from.pop(uid, None)


def evict_later(pod: Object, run: Run) -> None:
    """Evict a pod some seconds after its start, if a fault applies to it and it still runs then."""
    found = active.planned("eviction", name=_name(pod))
    if found is None:
        return

    def evict() -> None:
        if not run.ended:
            found.record()
            run.end(0, EVICTED)

    timer = threading.Timer(found.fault.seconds, evict)
    timer.daemon = True
    timer.start()


def _name(pod: Object) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
