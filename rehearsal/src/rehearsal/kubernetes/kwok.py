"""Configuration of kwok: it keeps nodes alive, and makes some pods look as if they ran.

kwok plays life cycles ("stages"). Its own are taken from the module (`cluster kwok-stages`)
with one change: kwok would report every pod as running. A pod of a driver or an add-on becomes
Ready without running, and is annotated as emulated: it stands for software that serves the
cluster, whose work the controllers do. Every other pod is a user's program that should do
something. Those pods are left to the controllers, which run them as local processes if possible,
report the others as not run, and end a process before its deleted pod goes.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import yaml

SYSTEM_NAMESPACES = (
    "ack-system",
    "gpu-operator",
    "kube-system",
    "mount-s3",
    "nvidia-device-plugin",
)
"""Namespaces of the software that serves the cluster: EKS's, the stack's drivers with the pods of
Mountpoint for Amazon S3, NVIDIA's."""

_SERVING_THE_CLUSTER = (
    {"key": ".metadata.ownerReferences.[].kind", "operator": "NotIn", "values": ["Job"]},
    {"key": ".metadata.namespace", "operator": "In", "values": [*SYSTEM_NAMESPACES]},
)
_READY = "pod-ready"
_STAGES_OF_RUNNING = (_READY, "pod-delete")

EMULATED_ANNOTATION = "rehearsal/emulated"
"""Annotation of the pods that look as if they ran; the value says so in words."""
_EMULATED = "The image does not run here; rehearsal.kubernetes.controllers plays its part."
_ANNOTATED = {"annotations": {EMULATED_ANNOTATION: _EMULATED}}

# Annotation of the nodes that the rehearsal makes.
MANAGED_ANNOTATION = "kwok.x-k8s.io/node"
MANAGED_VALUE = "fake"

# The kubelet's value. A kwok that is restarted while the cluster runs waits until the leases of
# the previous one have expired, and leaves its pods alone until then.
LEASE_SECONDS = 40


def configuration(stages: str) -> str:
    """Return kwok's configuration, made of its own stages (YAML documents) and our selectors."""
    documents = [document for document in yaml.safe_load_all(stages) if document]
    chosen = [_adapted(document) for document in documents if not _completes_jobs(document)]
    return yaml.safe_dump_all(chosen, sort_keys=False)


def manages(node: Mapping[str, Any]) -> bool:
    """Return True if a node is one of the rehearsal's; a cluster of the user's also has others."""
    annotations = node["metadata"].get("annotations") or {}
    return bool(annotations.get(MANAGED_ANNOTATION) == MANAGED_VALUE)


def leaves_to_controllers(pod: Mapping[str, Any]) -> bool:
    """Return True if a pod is a program that should do something, which kwok must leave alone."""
    metadata = pod["metadata"]
    owners = metadata.get("ownerReferences") or []
    of_job = any(owner["kind"] == "Job" for owner in owners)
    return of_job or metadata["namespace"] not in SYSTEM_NAMESPACES


def _completes_jobs(stage: dict[str, Any]) -> bool:
    return bool(stage["metadata"]["name"] == "pod-complete")


def _adapted(stage: dict[str, Any]) -> dict[str, Any]:
    if stage["metadata"]["name"] not in _STAGES_OF_RUNNING:
        return stage
    stage = copy.deepcopy(stage)
    stage["spec"]["selector"]["matchExpressions"].extend(map(dict, _SERVING_THE_CLUSTER))
    if stage["metadata"]["name"] == _READY:
        status = stage["spec"]["next"].pop("statusTemplate")
        stage["spec"]["next"]["patches"] = [
            {"subresource": "status", "root": "status", "template": status},
            {"root": "metadata", "template": yaml.safe_dump(_ANNOTATED)},
        ]
    return stage
