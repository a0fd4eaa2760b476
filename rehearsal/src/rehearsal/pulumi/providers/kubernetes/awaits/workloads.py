"""Readiness conditions of Deployments, StatefulSets, DaemonSets and ReplicationControllers."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.kubernetes.awaits.pods import complaints_of, not_run
from rehearsal.pulumi.providers.kubernetes.awaits.progress import (
    READY,
    Progress,
    RelatedObjects,
    condition,
    is_true,
    observed,
    owned_by,
    spoken,
)
from rehearsal.pulumi.providers.kubernetes.manifests import (
    Manifest,
    annotation,
    field,
    namespace_of,
)

REVISION = "deployment.kubernetes.io/revision"


def deployment(live: Manifest, around: RelatedObjects) -> Progress:
    """Check a Deployment: it must be rolled out and available, and its claims bound.

    It is rolled out when its newest ReplicaSet runs all its pods.
    """
    if not observed(live):
        return Progress(False, "Waiting for the Deployment controller")
    replica_set = _newest_replica_set(live, around)
    wanted = _count(replica_set, "spec", "replicas", default=1)
    ready = _count(replica_set, "status", "readyReplicas")
    rolled_out = replica_set is not None and ready >= wanted and _progressed(live)
    unbound = _unbound_claims(live, around)
    if rolled_out and is_true(condition(live, "Available")) and not unbound:
        return READY
    if replica_set and (said := _not_run(replica_set, wanted, around)):
        return Progress(ready=True, warnings=said)
    message = f"Waiting for app ReplicaSet to be available ({ready}/{wanted} Pods available)"
    return Progress(False, message, _deployment_problems(live, replica_set, unbound, around))


def stateful_set(live: Manifest, around: RelatedObjects) -> Progress:
    """Check a StatefulSet: all replicas must be ready and of the newest revision.

    The revision does not count if the StatefulSet is updated by hand (OnDelete).
    """
    status = live.get("status") or {}
    wanted = _count(live, "spec", "replicas", default=1)
    ready = status.get("readyReplicas", 0)
    if observed(live) and (said := _not_run(live, wanted, around)):
        return Progress(ready=True, warnings=said)
    if not observed(live) or ready < wanted or status.get("replicas", 0) != wanted:
        message = f"[1/2] Waiting for StatefulSet to create Pods ({ready}/{wanted} Pods ready)"
        return Progress(False, message, [*_pods_complain(live, around)])
    by_hand = field(live, "spec", "updateStrategy", "type") == "OnDelete"
    if not by_hand and status.get("currentRevision") != status.get("updateRevision"):
        return Progress(False, "[2/2] Waiting for StatefulSet to update .status.currentRevision")
    return READY


def daemon_set(live: Manifest, around: RelatedObjects) -> Progress:
    """Check a DaemonSet: every node that should run a pod of the newest revision must run one."""
    status = live.get("status") or {}
    wanted = status.get("desiredNumberScheduled", 0)
    counts = {
        word: status.get(key, 0)
        for word, key in (
            ("scheduled", "currentNumberScheduled"),
            ("updated", "updatedNumberScheduled"),
            ("available", "numberAvailable"),
            ("ready", "numberReady"),
        )
    }
    behind = {word: count for word, count in counts.items() if count < wanted}
    if observed(live) and not behind:
        return READY
    if observed(live) and (said := _not_run(live, wanted, around)):
        return Progress(ready=True, warnings=said)
    word, count = next(iter(behind.items()), ("scheduled", 0))
    return Progress(False, f"{word.capitalize()}: {count}/{wanted}", _pods_complain(live, around))


def replication_controller(live: Manifest, _around: RelatedObjects) -> Progress:
    """Check a ReplicationController: as many replicas must be available as are wanted."""
    wanted = _count(live, "spec", "replicas", default=1)
    have = _count(live, "status", "availableReplicas")
    return Progress(have == wanted, f"Waiting for {wanted} replicas (have {have})")


def _newest_replica_set(live: Manifest, around: RelatedObjects) -> Manifest | None:
    revision = annotation(live, REVISION)
    for one in around.listed("apps/v1", "ReplicaSet", namespace_of(live)):
        if revision and owned_by(one, live) and annotation(one, REVISION) == revision:
            return one
    return None


def _progressed(live: Manifest) -> bool:
    """Return True if the rollout is over; a first revision has none, it is only created."""
    if annotation(live, REVISION) == "1":
        return True
    progressing = condition(live, "Progressing")
    return is_true(progressing) and progressing.get("reason") == "NewReplicaSetAvailable"


def _unbound_claims(live: Manifest, around: RelatedObjects) -> list[str]:
    volumes = field(live, "spec", "template", "spec", "volumes") or []
    names = [
        volume["persistentVolumeClaim"]["claimName"]
        for volume in volumes
        if volume.get("persistentVolumeClaim")
    ]
    claims = [around.got("v1", "PersistentVolumeClaim", namespace_of(live), name) for name in names]
    phases = [
        (name, field(claim, "status", "phase"))
        for name, claim in zip(names, claims, strict=True)
        if claim
    ]
    return [name for name, phase in phases if phase != "Bound"]


def _deployment_problems(
    live: Manifest, replica_set: Manifest | None, unbound: list[str], around: RelatedObjects
) -> list[str]:
    said = [
        spoken(entry)
        for type_ in ("Progressing", "Available")
        if (entry := condition(live, type_)) and not is_true(entry)
    ]
    if unbound:
        said.append(f"Failed to bind PersistentVolumeClaim(s): {', '.join(unbound)}")
    if not is_true(condition(live, "Available")):
        said.append("Minimum number of live Pods was not attained")
    return said + (_pods_complain(replica_set, around) if replica_set else [])


def _not_run(owner: Manifest, wanted: int, around: RelatedObjects) -> list[str]:
    """Return the reasons why the pods of an owner are not run, once all it wants exist."""
    pods = [one for one in around.listed("v1", "Pod", namespace_of(owner)) if owned_by(one, owner)]
    return not_run(pods) if len(pods) >= wanted else []


def _pods_complain(owner: Manifest, around: RelatedObjects) -> list[str]:
    return complaints_of(owner, around.listed("v1", "Pod", namespace_of(owner)))


def _count(manifest: Any, *path: str, default: int = 0) -> int:
    found = field(manifest, *path)
    return found if isinstance(found, int) else default
