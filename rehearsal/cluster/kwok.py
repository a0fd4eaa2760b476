"""What kwok may do: keep nodes alive, and make pods look as if they ran.

kwok plays life cycles ("stages"). Its own are taken from the module (`cluster kwok-stages`)
with one change: kwok would say that every pod runs. A pod of a driver or an add-on becomes Ready
without running: it stands for software that serves the cluster, whose part the controllers play.
Every other pod is a program of somebody's that should do something. Those are left to the
controllers, which run what can run here as local processes, say of the rest that it is not run,
and end a process before its deleted pod goes.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import yaml

SYSTEM_NAMESPACES = ("ack-system", "gpu-operator", "kube-system", "nvidia-device-plugin")
"""Where the software that serves the cluster is: EKS's, the stack's drivers, NVIDIA's."""

_SERVING_THE_CLUSTER = (
    {"key": ".metadata.ownerReferences.[].kind", "operator": "NotIn", "values": ["Job"]},
    {"key": ".metadata.namespace", "operator": "In", "values": [*SYSTEM_NAMESPACES]},
)
_STAGES_OF_RUNNING = ("pod-ready", "pod-delete")

# Made by the rehearsal, as the annotation says to whoever looks at the node.
MANAGED_ANNOTATION = "kwok.x-k8s.io/node"
MANAGED_VALUE = "fake"

# The kubelet's own. A kwok that had to be started again while the cluster ran waits until the
# leases of the one before it have run out, and leaves its pods alone until then.
LEASE_SECONDS = 40


def configuration(stages: str) -> str:
    """The configuration file of kwok, made of its own stages (YAML documents) and our selectors."""
    documents = [document for document in yaml.safe_load_all(stages) if document]
    chosen = [_adapted(document) for document in documents if not _completes_jobs(document)]
    return yaml.safe_dump_all(chosen, sort_keys=False)


def manages(node: Mapping[str, Any]) -> bool:
    """Whether a node is one of the rehearsal's; a cluster of the user's has others as well."""
    annotations = node["metadata"].get("annotations") or {}
    return bool(annotations.get(MANAGED_ANNOTATION) == MANAGED_VALUE)


def leaves_to_controllers(pod: Mapping[str, Any]) -> bool:
    """Whether a pod is a program that should do something, which kwok has no part in."""
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
    return stage
