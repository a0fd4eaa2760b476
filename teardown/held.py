"""Rules for the claims of certain CSI drivers and the pods that use them, as pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
"""Annotation of a dynamically provisioned volume; its value is the name of the CSI driver."""

PROVISIONERS = (
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
)
"""Annotations that name the provisioner of a claim; the second is the older, beta name."""

DRIVER_LABEL = "eks-ml-storage/driver"
"""Label of a volume without a CSI driver that a stack made, as on the disks of nodes."""

PROVISIONING = "Provisioning"
UNFINISHED = ("Canceled", "DeadlineExceeded", "ResourceExhausted", "Aborted", "Unavailable")
"""gRPC codes after which a provisioner goes on with a volume, also when its claim is deleted.

Source: https://github.com/kubernetes-csi/external-provisioner, `isFinalError` in
pkg/controller/controller.go; `claimsInProgress` in sig-storage-lib-external-provisioner
"""


@dataclass(frozen=True)
class Limits:
    """Storage classes and volumes of a stack, if the cluster outlives it."""

    classes: Collection[str] = ()
    """Names of storage classes."""
    volumes: Collection[str] = ()
    """Names of volumes."""

    def __bool__(self) -> bool:
        """Return whether there are limits."""
        return bool(self.classes or self.volumes)

    def include(self, one: Object, volume: str | None) -> bool:
        """Return whether a claim or a volume is within the limits.

        Args:
            one: The claim or volume.
            volume: Name of the volume, or of the one that the claim is bound to.
        """
        return (
            not self
            or one["spec"].get("storageClassName") in self.classes
            or (volume in self.volumes)
        )


EVERYTHING = Limits()


@dataclass(frozen=True)
class Storage:
    """Claims, volumes, storage classes and pods of a cluster at one moment."""

    claims: list[Object]
    volumes: list[Object]
    classes: list[Object]
    pods: list[Object]

    def claims_of(self, drivers: Collection[str], limits: Limits = EVERYTHING) -> list[Object]:
        """Return the claims whose volume comes, or is to come, from one of these drivers.

        A claim whose storage class was deleted is recognized by its annotation or by its volume.

        Args:
            drivers: Names of CSI drivers.
            limits: Classes and volumes to which the claims are limited.
        """
        driver_of = {name_of(one): driver(one) for one in self.volumes}
        provisioner = {name_of(one): one.get("provisioner", "") for one in self.classes}
        return [
            one
            for one in self.claims
            if limits.include(one, one["spec"].get("volumeName"))
            and (
                driver_of.get(one["spec"].get("volumeName", "")) in drivers
                or provisioner.get(one["spec"].get("storageClassName") or "") in drivers
                or any(notes_of(one).get(key) in drivers for key in PROVISIONERS)
            )
        ]

    def made_by(self, drivers: Collection[str], limits: Limits = EVERYTHING) -> list[Object]:
        """Return the volumes that these drivers provisioned dynamically, within limits."""
        return [
            one
            for one in self.volumes
            if notes_of(one).get(PROVISIONED_BY) in drivers and limits.include(one, name_of(one))
        ]

    def users(self, claims: Iterable[Object]) -> list[Object]:
        """Return the pods that mount one of the claims, those that have ended included."""
        wanted = {id_of(one) for one in claims}
        return [pod for pod in self.pods if wanted & {*mounted(pod)}]

    def holders(self, claims: Iterable[Object]) -> list[Object]:
        """Return the pods that keep Kubernetes from deleting one of the claims: those on a node.

        The finalizer kubernetes.io/pvc-protection waits for the pod objects, also of pods that have
        ended: the completed pod of a Job keeps its claim. Source: Kubernetes,
        pkg/controller/volume/pvcprotection/pvc_protection_controller.go, `podUsesPVC`
        """
        return [pod for pod in self.users(claims) if pod["spec"].get("nodeName")]


def mounted(pod: Object) -> Iterator[tuple[str, str]]:
    """Yield the namespace and name of each claim of a pod, generic ephemeral ones included."""
    namespace, name = id_of(pod)
    for volume in pod["spec"].get("volumes") or []:
        if "persistentVolumeClaim" in volume:
            yield namespace, volume["persistentVolumeClaim"]["claimName"]
        elif "ephemeral" in volume:
            yield namespace, f"{name}-{volume['name']}"


def is_in_the_making(claim: Object) -> bool:
    """Return whether a driver was asked to provision a claim and has not yet done so."""
    asked = any(key in notes_of(claim) for key in PROVISIONERS)
    return asked and not claim["spec"].get("volumeName")


def orphans(
    events: Iterable[Object], claims: Iterable[Object], drivers: Collection[str]
) -> list[Object]:
    """Return the last event of each deleted claim for which a driver still creates a volume.

    Only the provisioner knows such a claim: it deletes the volume after it has created it.
    """
    there = {None, *(one["metadata"]["uid"] for one in claims)}
    # Times are in seconds: of two events at the same one, that of an end came last.
    said = sorted(events, key=lambda one: (said_at(one), not _is_unfinished(one)))
    last = {
        one["involvedObject"]["uid"]: one
        for one in said
        if one["involvedObject"].get("kind") == "PersistentVolumeClaim"
        and one["involvedObject"].get("uid") not in there
        and one.get("reason", "").startswith(PROVISIONING)
        and _speaker(one) in drivers
    }
    return [one for one in last.values() if _is_unfinished(one)]


def _speaker(event: Object) -> str:
    # The provisioner adds the name of its pod and a number to that of the driver.
    component = (event.get("source") or {}).get("component") or event.get("reportingComponent")
    return str(component).partition("_")[0]


def said_at(event: Object) -> str:
    """Return the time of the last occurrence of an event, in UTC."""
    times = (event.get("lastTimestamp"), event.get("eventTime"))
    return str(next(filter(None, times), event["metadata"]["creationTimestamp"]))


def _is_unfinished(event: Object) -> bool:
    if event.get("reason") == PROVISIONING:
        return True
    codes = (f"code = {code} " in f"{event.get('message', '')} " for code in UNFINISHED)
    return event.get("reason") == "ProvisioningFailed" and any(codes)


def is_file_system(volume: Object) -> bool:
    """Return whether a volume is a whole file system and not an access point of one."""
    return "::" not in str((volume["spec"].get("csi") or {}).get("volumeHandle", "::"))


def driver(volume: Object) -> str:
    """Return the name of a volume's CSI driver, or what its label has instead; empty without."""
    labels = volume["metadata"].get("labels") or {}
    return str((volume["spec"].get("csi") or {}).get("driver") or labels.get(DRIVER_LABEL, ""))


def controller(one: Object) -> Object | None:
    """Return an object's owner reference to its controller, such as a ReplicaSet, or None."""
    references: list[Object] = one["metadata"].get("ownerReferences") or []
    return next((each for each in references if each.get("controller")), None)


def notes_of(one: Object) -> dict[str, str]:
    """Return an object's annotations."""
    return one["metadata"].get("annotations") or {}


def name_of(one: Object) -> str:
    """Return an object's name."""
    return str(one["metadata"]["name"])


def id_of(one: Object) -> tuple[str, str]:
    """Return an object's namespace and name; the namespace is empty for cluster-scoped objects."""
    return str(one["metadata"].get("namespace", "")), name_of(one)
