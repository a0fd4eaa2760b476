"""Rules for claims of some CSI drivers and the pods that hold them: pure functions of objects."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
"""Annotation of a volume that a driver made on demand, with the driver's name."""

PROVISIONERS = (
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
)
"""Annotations of a claim that a driver is to make a volume for."""


@dataclass(frozen=True)
class Storage:
    """Claims, volumes, classes and pods of a cluster at one moment."""

    claims: list[Object]
    volumes: list[Object]
    classes: list[Object]
    pods: list[Object]

    def claims_of(self, drivers: Collection[str]) -> list[Object]:
        """Return the claims that drivers serve or are asked to serve.

        A claim of a class that is gone is known by its annotation or by its volume.
        """
        driver_of = {name_of(one): driver(one) for one in self.volumes}
        provisioner = {name_of(one): one.get("provisioner", "") for one in self.classes}
        return [
            one
            for one in self.claims
            if driver_of.get(one["spec"].get("volumeName", "")) in drivers
            or provisioner.get(one["spec"].get("storageClassName") or "") in drivers
            or any(notes_of(one).get(key) in drivers for key in PROVISIONERS)
        ]

    def made_by(self, drivers: Collection[str]) -> list[Object]:
        """Return the volumes that drivers made on demand."""
        return [one for one in self.volumes if notes_of(one).get(PROVISIONED_BY) in drivers]

    def users(self, claims: Iterable[Object]) -> list[Object]:
        """Return the pods that mount one of the claims and have not ended."""
        wanted = {id_of(one) for one in claims}
        return [pod for pod in self.pods if not ended(pod) and wanted & {*mounted(pod)}]

    def holders(self, claims: Iterable[Object]) -> list[Object]:
        """Return the pods for which Kubernetes keeps one of the claims: those that have a node.

        The finalizer kubernetes.io/pvc-protection waits for them.
        Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/
        """
        return [pod for pod in self.users(claims) if pod["spec"].get("nodeName")]


def ended(pod: Object) -> bool:
    """Return whether a pod has ended and will not run again."""
    return pod.get("status", {}).get("phase") in {"Succeeded", "Failed"}


def mounted(pod: Object) -> Iterator[tuple[str, str]]:
    """Yield namespace and name of each claim that a pod mounts, generic ephemeral ones too."""
    namespace, name = id_of(pod)
    for volume in pod["spec"].get("volumes") or []:
        if "persistentVolumeClaim" in volume:
            yield namespace, volume["persistentVolumeClaim"]["claimName"]
        elif "ephemeral" in volume:
            yield namespace, f"{name}-{volume['name']}"


def is_in_the_making(claim: Object) -> bool:
    """Return whether a driver is asked to make a claim's volume and none is there yet."""
    asked = any(key in notes_of(claim) for key in PROVISIONERS)
    return asked and not claim["spec"].get("volumeName")


def is_file_system(volume: Object) -> bool:
    """Return whether a volume is a file system of its own, not an access point on another one."""
    return "::" not in str((volume["spec"].get("csi") or {}).get("volumeHandle", "::"))


def driver(volume: Object) -> str:
    """Return the name of a volume's CSI driver; empty for other volumes."""
    return str((volume["spec"].get("csi") or {}).get("driver", ""))


def controller(one: Object) -> Object | None:
    """Return the reference to the controller that makes an object again, such as a ReplicaSet."""
    references: list[Object] = one["metadata"].get("ownerReferences") or []
    return next((each for each in references if each.get("controller")), None)


def notes_of(one: Object) -> dict[str, str]:
    """Return an object's annotations."""
    return one["metadata"].get("annotations") or {}


def name_of(one: Object) -> str:
    """Return an object's name."""
    return str(one["metadata"]["name"])


def id_of(one: Object) -> tuple[str, str]:
    """Return an object's namespace, empty for objects of the whole cluster, and its name."""
    return str(one["metadata"].get("namespace", "")), name_of(one)
