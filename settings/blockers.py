"""Objects of users that block the deletion of claims, read from the running cluster.

The cluster is read only if the update deletes claims that the stack's state contains.
"""

from __future__ import annotations

import ssl
from base64 import b64decode
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from settings.deployed import Deployed
from teardown.api import Api, ApiError
from teardown.held import Storage, controller, id_of
from teardown.remains import look, owners

TIMEOUT_SECONDS = 5.0
BUILT_IN = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
"""Namespaces that every cluster has, and that no stack deletes."""

SCALED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")
"""Kinds whose pods end when their number of replicas is set to 0."""


class ClusterReadError(Exception):
    """The running cluster could not be read."""


@dataclass(frozen=True)
class Deletions:
    """Claims that an update deletes."""

    claims: Collection[tuple[str, str]] = frozenset()
    """Namespace and name of the stack's own claims that are deleted."""
    drivers: Collection[str] = frozenset()
    """CSI drivers that are deleted, each with all volumes that it made."""
    file_systems: Collection[str] = frozenset()
    """Ids of file systems that are deleted, each with all volumes on it."""
    namespaces: Collection[str] = frozenset()
    """Namespaces that are deleted, with all objects in them."""

    def __bool__(self) -> bool:
        """Return whether the update deletes a claim, or that on which users' claims depend."""
        return bool(self.claims or self.drivers or self.file_systems)


@dataclass(frozen=True)
class Blocker:
    """Object of a user that blocks the deletion of a claim."""

    name: str
    """Kind, namespace and name, such as `Deployment ml/notebook`."""
    claim: str
    """Namespace and name of the claim."""
    command: str
    """Command that removes the object or its pods."""
    mounts: bool
    """True if pods of the object mount the claim; False if the object is the claim."""


FindBlockers = Callable[[Deployed, Deletions], list[Blocker]]


def find_blockers(deployed: Deployed, deletions: Deletions) -> list[Blocker]:
    """Return the objects of users that block the deletion of claims.

    Raises:
        ClusterReadError: AWS or the API server does not answer, or refuses.
    """
    try:
        api = _api(deployed)
        return blockers(api, look(api), deployed, deletions)
    except Exception as error:  # the SDK raises a bare Exception when an invoke fails
        raise ClusterReadError(" ".join(str(error).split())) from error


def blockers(api: Api, storage: Storage, deployed: Deployed, deletions: Deletions) -> list[Blocker]:
    """Return the users' objects that mount deleted claims, and the users' own deleted claims."""
    others = [
        one
        for one in storage.claims
        if id_of(one) not in deployed.claims and id_of(one)[0] in deletions.namespaces
    ]
    others += [
        one
        for one in [
            *storage.claims_of(deletions.drivers),
            *_claims_on(storage, deletions.file_systems),
        ]
        if id_of(one) not in deployed.claims and one not in others
    ]
    ours = [one for one in storage.claims if id_of(one) in deletions.claims]
    found = {}
    for claim in [*ours, *others]:
        for pod in storage.holders([claim]):
            blocker = _of_pod(api, pod, "/".join(id_of(claim)))
            if tuple(blocker.name.replace("/", " ").split(" ")) not in deployed.workloads:
                found[blocker.name, blocker.claim] = blocker
    return [*found.values(), *map(_of_claim, others)]


def _claims_on(storage: Storage, file_systems: Collection[str]) -> list[dict[str, Any]]:
    """Return the claims whose volume is on one of these file systems, such as an access point."""
    handles = {
        one["metadata"]["name"]: str((one["spec"].get("csi") or {}).get("volumeHandle"))
        for one in storage.volumes
    }
    return [
        one
        for one in storage.claims
        if any(each in handles.get(one["spec"].get("volumeName", ""), "") for each in file_systems)
    ]


def _of_pod(api: Api, pod: dict[str, Any], claim: str) -> Blocker:
    """Return the object that creates a pod again when it is deleted, or else the pod."""
    namespace, name = id_of(pod)
    kind, command = "Pod", f"kubectl -n {namespace} delete pod {name}"
    for owner in owners(api, [pod]):
        if owner.kind == "CronJob":
            break  # the Job has to go, not the CronJob that creates the next one later
        kind, name = owner.kind, owner.name
        command = f"kubectl -n {namespace} delete {kind.lower()} {name}"
        if kind in SCALED:
            command = f"kubectl -n {namespace} scale {kind.lower()} {name} --replicas=0"
    if kind == "Pod" and (reference := controller(pod)):  # an operator's
        kind, name = reference["kind"], reference["name"]
        group = reference["apiVersion"].rpartition("/")[0]
        command = f"kubectl -n {namespace} delete {kind.lower()}.{group} {name}"
    return Blocker(f"{kind} {namespace}/{name}", claim, command, mounts=True)


def _of_claim(claim: dict[str, Any]) -> Blocker:
    namespace, name = id_of(claim)
    command = f"kubectl -n {namespace} delete persistentvolumeclaim {name}"
    full_name = f"{namespace}/{name}"
    return Blocker(f"PersistentVolumeClaim {full_name}", full_name, command, mounts=False)


def _api(deployed: Deployed) -> Api:
    from pulumi_aws import eks  # noqa: PLC0415 (the rules are importable without the SDK)

    outputs = deployed.cluster
    if outputs is None:
        raise ApiError(0, "there is no cluster")
    certificate = b64decode(outputs["certificateAuthority"]["data"]).decode()
    authority = ssl.create_default_context(cadata=certificate)
    token = eks.get_cluster_auth(name=str(outputs["name"])).token
    return Api(str(outputs["endpoint"]), lambda: token, authority, TIMEOUT_SECONDS)
