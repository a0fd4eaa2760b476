"""What kwok may do: keep nodes alive, and make pods look as if they ran.

kwok plays life cycles ("stages"). Its own are taken from the module (`cluster kwok-stages`)
with one change: a Job's pod is a program that should run and end, and kwok would only say that
it did. Those pods are left to the controllers, which run what can run here as a local process.
Every other pod (a Deployment's, a DaemonSet's) becomes Ready without running: it stands for
software that serves the cluster, such as a driver, whose part the controllers play.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import yaml

_JOB_OWNER_KEY = ".metadata.ownerReferences.[].kind"

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


def _completes_jobs(stage: dict[str, Any]) -> bool:
    return bool(stage["metadata"]["name"] == "pod-complete")


def _adapted(stage: dict[str, Any]) -> dict[str, Any]:
    if stage["metadata"]["name"] != "pod-ready":
        return stage
    stage = copy.deepcopy(stage)
    stage["spec"]["selector"]["matchExpressions"].append(
        {"key": _JOB_OWNER_KEY, "operator": "NotIn", "values": ["Job"]}
    )
    return stage
