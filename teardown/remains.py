"""The things in a cluster that have to be gone before its controllers are, at one moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from teardown.api import Api, Object
from teardown.held import Storage, controller, id_of, is_file_system, is_in_the_making

CORE, APPS, BATCH = "/api/v1", "/apis/apps/v1", "/apis/batch/v1"
INGRESSES = "/apis/networking.k8s.io/v1/ingresses"
CLAIM = f"{CORE}/namespaces/%s/persistentvolumeclaims/%s"
ACK = "/apis/sagemaker.services.k8s.aws/v1alpha1"

LONGEST_CREATION_SECONDS = 15 * 60
"""How long FSx takes to make a file system at most."""

OWNERS = {
    ("apps", "Deployment"): f"{APPS}/namespaces/%s/deployments/%s",
    ("apps", "ReplicaSet"): f"{APPS}/namespaces/%s/replicasets/%s",
    ("apps", "StatefulSet"): f"{APPS}/namespaces/%s/statefulsets/%s",
    ("apps", "DaemonSet"): f"{APPS}/namespaces/%s/daemonsets/%s",
    ("batch", "Job"): f"{BATCH}/namespaces/%s/jobs/%s",
    ("batch", "CronJob"): f"{BATCH}/namespaces/%s/cronjobs/%s",
    ("", "ReplicationController"): f"{CORE}/namespaces/%s/replicationcontrollers/%s",
}
"""Paths of the kinds that make pods again, by API group and kind."""


@dataclass(frozen=True)
class Remainder:
    """An object to delete, with the path to do it by; an empty path means to wait only."""

    kind: str
    namespace: str
    name: str
    path: str
    uid: str
    leaving: bool
    """Whether it is being deleted already."""

    def __str__(self) -> str:
        """The kind and the name, as `kubectl` takes them."""
        place = f" in namespace {self.namespace}" if self.namespace else ""
        return f"{self.kind} {self.name}{place}"


def find(api: Api, drivers: Collection[str], since: str, now: datetime) -> list[Remainder]:
    """Return all that remains, the owners of pods first.

    Args:
        api: The cluster's API.
        drivers: Names of the CSI drivers that go.
        since: A namespace as old as the stack: load balancers older than it are left alone. They
            belong to a cluster that was there before.
        now: The time.
    """
    storage = look(api)
    claims = storage.claims_of(drivers)
    users = storage.users(claims)
    born = api.get(f"{CORE}/namespaces/{since}") or {"metadata": {}}
    return [
        *owners(api, users),
        *(_namespaced("Pod", f"{CORE}/namespaces/%s/pods/%s", pod) for pod in users),
        *(_claim(one, now) for one in claims),
        # The provisioner deletes them after their claims; deleting the object by hand would not.
        *(_remainder("PersistentVolume", "", one) for one in _going(storage, drivers)),
        *_load_balancers(api, born["metadata"].get("creationTimestamp", "")),
        *_of_ack(api),
    ]


def look(api: Api) -> Storage:
    """Return the cluster's claims, volumes, classes and pods."""
    return Storage(
        claims=api.list(f"{CORE}/persistentvolumeclaims"),
        volumes=api.list(f"{CORE}/persistentvolumes"),
        classes=api.list("/apis/storage.k8s.io/v1/storageclasses"),
        pods=api.list(f"{CORE}/pods"),
    )


def owners(api: Api, pods: Iterable[Object]) -> Iterator[Remainder]:
    """Yield the controllers that would make pods again, up to their Deployments and CronJobs.

    The pods of an operator's own kinds may come again, but can't start without their claims.
    """
    pending, seen = [*pods], set()
    while pending:
        one = pending.pop()
        reference = controller(one) or {"apiVersion": "", "kind": "", "uid": ""}
        path = OWNERS.get((reference["apiVersion"].rpartition("/")[0], reference["kind"]))
        if path is None or reference["uid"] in seen:
            continue
        seen.add(reference["uid"])
        owner = api.get(path % (id_of(one)[0], reference["name"]))
        if owner is not None and owner["metadata"]["uid"] == reference["uid"]:
            pending.append(owner)
            yield _namespaced(reference["kind"], path, owner)


def retained(api: Api, drivers: Collection[str]) -> list[Object]:
    """Return the file systems that drivers made and that outlive their claims by a setting."""
    storage = Storage([], api.list(f"{CORE}/persistentvolumes"), [], [])
    return [
        one
        for one in storage.made_by(drivers)
        if one["spec"].get("persistentVolumeReclaimPolicy") == "Retain" and is_file_system(one)
    ]


def _claim(one: Object, now: datetime) -> Remainder:
    """A claim, to be waited for while a file system is being made for it.

    Deleted meanwhile it may leave a file system that nobody knows of.
    Source: https://github.com/kubernetes-csi/external-provisioner/issues/486
    """
    age = now - datetime.fromisoformat(_created(one))
    wait = is_in_the_making(one) and age.total_seconds() < LONGEST_CREATION_SECONDS
    return _namespaced("PersistentVolumeClaim", "" if wait else CLAIM, one)


def _going(storage: Storage, drivers: Collection[str]) -> list[Object]:
    """The volumes whose driver deletes what is behind them."""
    return [
        one
        for one in storage.made_by(drivers)
        if one["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
    ]


def _load_balancers(api: Api, born: str) -> Iterator[Remainder]:
    """Services and Ingresses with a load balancer in AWS; times compare as text, all in UTC."""
    for service in api.list(f"{CORE}/services"):
        if service["spec"].get("type") == "LoadBalancer" and _created(service) >= born:
            yield _namespaced("Service", f"{CORE}/namespaces/%s/services/%s", service)
    for ingress in api.list(INGRESSES):
        finalizers = ingress["metadata"].get("finalizers") or []
        if any("ingress.k8s.aws/" in each for each in finalizers) and _created(ingress) >= born:
            path = INGRESSES.replace("ingresses", "namespaces/%s/ingresses/%s")
            yield _namespaced("Ingress", path, ingress)


def _of_ack(api: Api) -> Iterator[Remainder]:
    """Every object whose finalizer ACK's controller for SageMaker has to take off."""
    kinds = (api.get(ACK) or {}).get("resources") or []
    for kind in kinds:
        if "/" not in kind["name"] and kind.get("namespaced"):
            for one in api.list(f"{ACK}/{kind['name']}"):
                yield _namespaced(kind["kind"], f"{ACK}/namespaces/%s/{kind['name']}/%s", one)


def _created(one: Object) -> str:
    return str(one["metadata"]["creationTimestamp"])


def _namespaced(kind: str, path: str, one: Object) -> Remainder:
    return _remainder(kind, path and path % id_of(one), one)


def _remainder(kind: str, path: str, one: Object) -> Remainder:
    namespace, name = id_of(one)
    metadata = one["metadata"]
    return Remainder(kind, namespace, name, path, metadata["uid"], "deletionTimestamp" in metadata)
