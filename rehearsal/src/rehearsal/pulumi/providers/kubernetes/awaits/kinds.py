"""Readiness condition and default timeout of each kind."""

from __future__ import annotations

from rehearsal.pulumi.providers.kubernetes.awaits import (
    networking,
    pods,
    storage,
    wait_for,
    workloads,
)
from rehearsal.pulumi.providers.kubernetes.awaits.progress import (
    READY,
    Condition,
    Progress,
    RelatedObjects,
    condition,
    is_true,
)
from rehearsal.pulumi.providers.kubernetes.manifests import Manifest, annotation, field

SKIP_AWAIT = "pulumi.com/skipAwait"
TIMEOUT_SECONDS = "pulumi.com/timeoutSeconds"
DEFAULT_TIMEOUT = 600.0  # seconds, pulumi-kubernetes's for every kind not named below

_TIMEOUTS = {
    "PersistentVolume": 300.0,
    "PersistentVolumeClaim": 300.0,
    "ResourceQuota": 60.0,
    "Secret": 5.0,
}


def established(live: Manifest, _around: RelatedObjects) -> Progress:
    """Check a CustomResourceDefinition, which is ready when objects of its kind can be created."""
    refused = condition(live, "NamesAccepted")
    problems = [str(refused.get("message"))] if refused and not is_true(refused) else []
    return Progress(
        is_true(condition(live, "Established")), "Waiting for the kind to be established", problems
    )


def resource_quota(live: Manifest, _around: RelatedObjects) -> Progress:
    """Check a ResourceQuota, which is ready when its controller has taken over its limits."""
    same = field(live, "spec", "hard") == field(live, "status", "hard")
    return Progress(same, "Waiting for the quota to be accounted")


def secret(live: Manifest, _around: RelatedObjects) -> Progress:
    """Check a Secret: one for a service account's token needs the token, others are ready."""
    empty = live.get("type") == "kubernetes.io/service-account-token" and not live.get("data")
    return Progress(not empty, "Waiting for the token")


_JUDGEMENTS: dict[tuple[str, str], Condition] = {
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): established,
    ("apps/v1", "DaemonSet"): workloads.daemon_set,
    ("apps/v1", "Deployment"): workloads.deployment,
    ("apps/v1", "StatefulSet"): workloads.stateful_set,
    ("batch/v1", "Job"): pods.job,
    ("networking.k8s.io/v1", "Ingress"): networking.ingress,
    ("v1", "PersistentVolume"): storage.persistent_volume,
    ("v1", "PersistentVolumeClaim"): storage.persistent_volume_claim,
    ("v1", "Pod"): pods.pod,
    ("v1", "ReplicationController"): workloads.replication_controller,
    ("v1", "ResourceQuota"): resource_quota,
    ("v1", "Secret"): secret,
    ("v1", "Service"): networking.service,
}


def judgement_of(manifest: Manifest) -> Condition:
    """Return the readiness condition of an object, by its annotations or else by its kind.

    An object of any other kind is ready at once.

    Raises:
        ProviderError: The waitFor annotation cannot be parsed.
    """
    if annotation(manifest, SKIP_AWAIT) == "true":
        return at_once
    if asked := annotation(manifest, wait_for.ANNOTATION):
        return wait_for.readiness(asked)
    return _JUDGEMENTS.get((str(manifest.get("apiVersion")), str(manifest.get("kind"))), at_once)


def at_once(_live: Manifest, _around: RelatedObjects) -> Progress:
    """Return READY: the object is ready as soon as it exists."""
    return READY


def timeout_of(manifest: Manifest, custom: float, *, deleting: bool = False) -> float:
    """Return the seconds an operation may take: custom timeout, annotation, or kind's default."""
    if custom:
        return custom
    asked = annotation(manifest, TIMEOUT_SECONDS)
    if asked.isdigit():
        return float(asked)
    if deleting:
        return DEFAULT_TIMEOUT
    return _TIMEOUTS.get(str(manifest.get("kind")), DEFAULT_TIMEOUT)
