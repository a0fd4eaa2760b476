"""Arguments that the tests of the patterns share: a dataset, a node group, training in pods."""

from types import SimpleNamespace
from typing import Any

import kubernetes_validate

from components.node_group import with_node_selector
from components.node_group_spec import TaintSpec
from components.storage.base import LoadedDataset
from tests.mocks import Deployment, Registration

DATASET = LoadedDataset(
    name="digits",
    digest="0123456789ab",
    channels={"train": "digits/train", "validation": "digits/validation"},
    loading_jobs=(),
)

TRAINING: dict[str, Any] = {
    "dataset": "digits",
    "content_type": "text/csv",
    "hyper_parameters": {"num_round": "50", "eta": "0.2"},
    "checkpoint_every": 5,
    "max_runtime_seconds": 1200,
    "cpu": "500m",
    "memory": "1Gi",
}


def group() -> Any:
    """A node group with one taint."""
    taints = [TaintSpec(key="scratch", value="true", effect="NO_SCHEDULE")]
    return SimpleNamespace(schedule=lambda pod: with_node_selector(pod, "nodes-scratch", taints))


def pod(registration: Registration) -> Any:
    """The pod that a Job or a Deployment makes."""
    return registration.inputs["spec"]["template"]["spec"]


def assert_taken(deployment: Deployment) -> None:
    """The API server takes every object to the last field."""
    objects = [each for each in deployment.resources if each.type.startswith("kubernetes:")]
    assert objects
    for each in objects:
        manifest = {key: value for key, value in each.inputs.items() if value is not None}
        kubernetes_validate.validate(manifest, "1.36", strict=True)


def arguments(container: Any) -> dict[str, str]:
    """A command line of `--name value` pairs, those after positional ones."""
    words = container["args"]
    first = next(n for n, word in enumerate(words) if word.startswith("--"))
    return dict(zip(words[first::2], words[first + 1 :: 2], strict=True))
