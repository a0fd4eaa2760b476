"""What the tests of the patterns share: a mount, a node group, training in pods."""

from types import SimpleNamespace
from typing import Any

import kubernetes_validate
import pulumi

from components.node_group import placed
from tests.mocks import Deployment, Registration

DATASET = SimpleNamespace(
    name="digits",
    prefix="datasets/digits",
    keys={"train": "datasets/digits/train", "validation": "datasets/digits/validation"},
    digest="0123456789ab",
    objects=[],
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


class Volume(pulumi.CustomResource):
    """Stands for what is claimed in a namespace."""

    def __init__(self, namespace: str) -> None:
        super().__init__("test:index:Volume", namespace, {})


def mount(**changes: Any) -> Any:
    """Shared storage in the one zone us-west-2a, with a claim in two namespaces."""
    bucket = SimpleNamespace(
        use_key=[],
        name=pulumi.Output.from_input("data"),
        arn=pulumi.Output.from_input("arn:aws:s3:::data"),
        datasets={"digits": DATASET},
    )
    storage = SimpleNamespace(
        bucket=bucket,
        file_system_id=pulumi.Output.from_input(changes.pop("file_system_id", "fs-1")),
        zones=["us-west-2a"],
        directory=lambda key: key.removeprefix("datasets/"),
    )
    return SimpleNamespace(
        storage=storage,
        cluster=SimpleNamespace(name=pulumi.Output.from_input("ml-test")),
        path="/data",
        image=pulumi.Output.from_input("workloads:1"),
        namespaces={each: pulumi.Output.from_input(each) for each in ("training", "serving")},
        volumes={each: Volume(each) for each in ("training", "serving")},
        claim_names={each: pulumi.Output.from_input("shared") for each in ("training", "serving")},
        dataset_ready=lambda _: [],
    )


def place(**changes: Any) -> Any:
    """Where a pattern is at work."""
    return {"mount": mount(**changes), "namespace": "training"}


def group() -> Any:
    """A node group with one taint."""
    taints: Any = [{"key": "scratch", "value": "true", "effect": "NO_SCHEDULE"}]
    return SimpleNamespace(place=lambda pod: placed(pod, "nodes-scratch", taints))


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
