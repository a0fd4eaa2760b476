"""Find the objects in a cluster that must be gone before its controllers are removed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from teardown.api import Api, Object
from teardown.held import (
    EVERYTHING,
    Limits,
    Storage,
    controller,
    id_of,
    is_file_system,
    is_in_the_making,
    orphans,
    said_at,
)

CORE, APPS, BATCH = "/api/v1", "/apis/apps/v1", "/apis/batch/v1"
INGRESSES = "/apis/networking.k8s.io/v1/ingresses"
CLAIM = f"{CORE}/namespaces/%s/persistentvolumeclaims/%s"
ACK = "/apis/sagemaker.services.k8s.aws/v1alpha1"

MAX_CREATION_SECONDS = 15 * 60
"""Maximum time that FSx needs to create a file system, in seconds."""

OWNERS = {
    ("apps", "Deployment"): f"{APPS}/namespaces/%s/deployments/%s",
    ("apps", "ReplicaSet"): f"{APPS}/namespaces/%s/replicasets/%s",
    ("apps", "StatefulSet"): f"{APPS}/namespaces/%s/statefulsets/%s",
    ("apps", "DaemonSet"): f"{APPS}/namespaces/%s/daemonsets/%s",
    ("batch", "Job"): f"{BATCH}/namespaces/%s/jobs/%s",
    ("batch", "CronJob"): f"{BATCH}/namespaces/%s/cronjobs/%s",
    ("", "ReplicationController"): f"{CORE}/namespaces/%s/replicationcontrollers/%s",
}
"""API path of each kind that creates pods again, by API group and kind."""


@dataclass(frozen=True)
class Remainder:
    """An object to delete, with its API path; an empty path means to wait without deleting it."""

    kind: str
    namespace: str
    name: str
    path: str
    uid: str
    leaving: bool
    """True if its deletion has already begun."""

    def __str__(self) -> str:
        """Return the kind and the name in the form that `kubectl` takes."""
        place = f" in namespace {self.namespace}" if self.namespace else ""
        return f"{self.kind} {self.name}{place}"


@dataclass(frozen=True)
class Scope:
    """Limits of a teardown."""

    drivers: Collection[str]
    """Names of the CSI drivers that are being removed."""
    since: str = ""
    """Name of a namespace as old as the stack. Load balancers older than it are left alone; so are
    all if it is empty."""
    limits: Limits = EVERYTHING
    """Storage classes and volumes of the stack, if the cluster outlives it: all others are left
    alone."""
    training_jobs: bool = True
    """False if the controller of the training jobs stays."""


def find(api: Api, scope: Scope, now: datetime) -> list[Remainder]:
    """Return all objects that remain; the owners of pods come first.

    Args:
        api: Client of the cluster's API.
        scope: Limits of the teardown.
        now: The current time.
    """
    storage, drivers = look(api), scope.drivers
    claims = storage.claims_of(drivers, scope.limits)
    users = storage.users(claims)
    return [
        *owners(api, users),
        *(_namespaced("Pod", f"{CORE}/namespaces/%s/pods/%s", pod) for pod in users),
        *(_claim(one, now) for one in claims),
        *(() if scope.limits else _orphans(api, storage, drivers, now)),
        # Waited for only: the provisioner deletes the file system after its claim. Deleting the
        # PersistentVolume object would leave the file system.
        *(_remainder("PersistentVolume", "", one) for one in _going(storage, scope)),
        *(_load_balancers(api, scope.since) if scope.since else ()),
        *(_of_ack(api) if scope.training_jobs else ()),
    ]


def look(api: Api) -> Storage:
    """Return the cluster's claims, volumes, storage classes and pods."""
    return Storage(
        claims=api.list(f"{CORE}/persistentvolumeclaims"),
        volumes=api.list(f"{CORE}/persistentvolumes"),
        classes=api.list("/apis/storage.k8s.io/v1/storageclasses"),
        pods=api.list(f"{CORE}/pods"),
    )


def owners(api: Api, pods: Iterable[Object]) -> Iterator[Remainder]:
    """Yield the controllers that would create pods again, up to their Deployments and CronJobs.

    The pods of an operator's own kinds may be created again, but cannot start without their claims.
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


def retained(api: Api, scope: Scope) -> list[Object]:
    """Return the file systems of the drivers that have the reclaim policy Retain."""
    storage = Storage([], api.list(f"{CORE}/persistentvolumes"), [], [])
    return [
        one
        for one in storage.made_by(scope.drivers, scope.limits)
        if one["spec"].get("persistentVolumeReclaimPolicy") == "Retain" and is_file_system(one)
    ]


def _claim(one: Object, now: datetime) -> Remainder:
    """Return a claim, without a path while a file system is being created for it.

    A claim that is deleted meanwhile may leave a file system that no volume refers to.
    Source: https://github.com/kubernetes-csi/external-provisioner/issues/486
    """
    age = now - datetime.fromisoformat(_created(one))
    wait = is_in_the_making(one) and age.total_seconds() < MAX_CREATION_SECONDS
    return _namespaced("PersistentVolumeClaim", "" if wait else CLAIM, one)


def _orphans(
    api: Api, storage: Storage, drivers: Collection[str], now: datetime
) -> Iterator[Remainder]:
    """Yield deleted claims for which a driver is still creating a file system.

    Kubernetes keeps events for an hour. A driver that was stopped meanwhile reports none.
    """
    for one in orphans(api.list(f"{CORE}/events"), storage.claims, drivers):
        age = now - datetime.fromisoformat(said_at(one))
        if age.total_seconds() < MAX_CREATION_SECONDS:
            about = one["involvedObject"]
            yield Remainder(
                about["kind"], about["namespace"], about["name"], "", about["uid"], True
            )


def _going(storage: Storage, scope: Scope) -> list[Object]:
    return [
        one
        for one in storage.made_by(scope.drivers, scope.limits)
        if one["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
    ]


def _load_balancers(api: Api, since: str) -> Iterator[Remainder]:
    """Yield Services and Ingresses with a load balancer in AWS, except those older than `since`.

    These belong to a cluster that existed before the stack. Times are compared as text, because all
    of them are in UTC.
    """
    namespace = api.get(f"{CORE}/namespaces/{since}") or {"metadata": {}}
    born = namespace["metadata"].get("creationTimestamp", "")
    for service in api.list(f"{CORE}/services"):
        if service["spec"].get("type") == "LoadBalancer" and _created(service) >= born:
            yield _namespaced("Service", f"{CORE}/namespaces/%s/services/%s", service)
    for ingress in api.list(INGRESSES):
        finalizers = ingress["metadata"].get("finalizers") or []
        if any("ingress.k8s.aws/" in each for each in finalizers) and _created(ingress) >= born:
            path = INGRESSES.replace("ingresses", "namespaces/%s/ingresses/%s")
            yield _namespaced("Ingress", path, ingress)


def _of_ack(api: Api) -> Iterator[Remainder]:
    """Yield every object whose finalizer only the ACK controller for SageMaker can remove."""
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
