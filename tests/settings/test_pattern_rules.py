"""The three patterns of storage: what they read, where they run, what they serve."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from components.spec.errors import NOT_SET, format_path
from tests.settings.configs import ACCOUNT, Case, assert_refused, errors, keys

MODELS = "patterns.modelRepository.models"
CHECKPOINTS = "patterns.checkpoints"
DISTRIBUTED = "patterns.distributedDataset"
ROUNDS = {"num_round": "5"}
WITH_DISKS = replace(ACCOUNT, instance_stores={"m6i.large"})
"""An account in which the instances of the node group have disks of their own."""


def model(**settings: Any) -> dict[str, Any]:
    """A repository of one model."""
    return {MODELS: {"m": settings}}


def checkpoints(**settings: Any) -> dict[str, Any]:
    """Training with checkpoints on the one node group, which has disks of its own."""
    given = {"dataset": "digits", "nodeGroup": "cpu", "hyperParameters": ROUNDS}
    return {"nodeGroups.cpu.instanceStore": True, CHECKPOINTS: {**given, **settings}}


def distributed(**settings: Any) -> dict[str, Any]:
    """Training by two workers."""
    given = {"dataset": "digits", "workers": 2, "hyperParameters": ROUNDS}
    return {DISTRIBUTED: {**given, **settings}}


CASES = {
    "a model's name in capitals": Case(
        {MODELS: {"M": {"job": "digits"}}}, f"{MODELS}.M", "lower-case", "M", "rename"
    ),
    "a model from nowhere": Case(model(), f"{MODELS}.m", "one of them", NOT_SET, "what trains"),
    "a model from two places": Case(
        model(job="digits", prefix="models/m/"),
        f"{MODELS}.m",
        "one of them",
        {"job": "digits", "prefix": "models/m/"},
        "what trains",
    ),
    "a model of a job that is not there": Case(
        model(job="letters"), f"{MODELS}.m.job", "training.jobs", "letters", "choose from digits"
    ),
    "a model at a whole path": Case(
        model(prefix="s3://ours/m/"),
        f"{MODELS}.m.prefix",
        "prefix of the data bucket",
        "s3://ours/m/",
        "models/m/",
    ),
    "a model served where there is no claim": Case(
        model(job="digits", namespace="serving"),
        f"{MODELS}.m.namespace",
        "storage.namespaces",
        "serving",
        "training",
    ),
    "arguments for our own server": Case(
        model(job="digits", server={"args": ["--fast"]}),
        f"{MODELS}.m.server.args",
        "image of your own",
        ["--fast"],
        "set image",
    ),
    "a server on a node group that is not there": Case(
        model(job="digits", server={"nodeGroup": "gpu"}),
        f"{MODELS}.m.server.nodeGroup",
        "one of nodeGroups",
        "gpu",
        "choose from cpu",
    ),
    "a server that asks in words": Case(
        model(job="digits", server={"resources": {"requests": {"memory": "much"}}}),
        f"{MODELS}.m.server.resources.requests.memory",
        "Kubernetes quantity",
        "much",
        "correct it",
    ),
    "checkpoints on a node group that is not there": Case(
        checkpoints(nodeGroup="fast"),
        f"{CHECKPOINTS}.nodeGroup",
        "one of nodeGroups",
        "fast",
        "choose from cpu",
    ),
    "checkpoints on a node group without disks of its own": Case(
        {**checkpoints(), "nodeGroups.cpu.instanceStore": False},
        f"{CHECKPOINTS}.nodeGroup",
        "with instanceStore",
        "cpu",
        "set nodeGroups.cpu.instanceStore",
    ),
    "checkpoints of a dataset that is not there": Case(
        checkpoints(dataset="letters"),
        f"{CHECKPOINTS}.dataset",
        "one of datasets",
        "letters",
        "choose from digits",
    ),
    "workers without a number of rounds": Case(
        distributed(hyperParameters={}),
        f"{DISTRIBUTED}.hyperParameters.num_round",
        "number of rounds",
        NOT_SET,
        '"50"',
    ),
    "workers with no rounds": Case(
        distributed(hyperParameters={"num_round": "0"}),
        f"{DISTRIBUTED}.hyperParameters.num_round",
        "whole number from 1",
        "0",
        '"50"',
    ),
    "workers with many classes of unknown number": Case(
        distributed(hyperParameters={**ROUNDS, "objective": "multi:softmax"}),
        f"{DISTRIBUTED}.hyperParameters.num_class",
        "number of classes",
        NOT_SET,
        '"10"',
    ),
    "checkpoints of an objective that is none": Case(
        checkpoints(hyperParameters={**ROUNDS, "objective": "softmax"}),
        f"{CHECKPOINTS}.hyperParameters.objective",
        "XGBoost objective",
        "softmax",
        'set "multi:softmax"',
    ),
    "workers that ask in words": Case(
        distributed(cpu="two"), f"{DISTRIBUTED}.cpu", "Kubernetes quantity", "two", "correct it"
    ),
    "workers away from the file system": Case(
        {**distributed(), "storage.fsx.zone": "us-west-2a", "nodeGroups.cpu.zones": ["us-west-2b"]},
        f"{DISTRIBUTED}.workers",
        "the file system's zone",
        2,
        "add us-west-2a",
    ),
    "workers that no node group lets in": Case(
        {
            **distributed(),
            "nodeGroups.gpu": {"instanceTypes": ["g5.2xlarge"], "zones": ["us-west-2a"]},
            "nodeGroups.gpu.taints": [{"key": "nvidia.com/gpu"}],
            "nodeGroups.cpu.zones": ["us-west-2b"],
        },
        f"{DISTRIBUTED}.workers",
        "without taints",
        2,
        "add us-west-2a",
    ),
    "training in pods where there is no claim": Case(
        {**distributed(), "training.jobs": {}, "training.namespace": "elsewhere"},
        "training.namespace",
        "storage.namespaces",
        "elsewhere",
        "add it there",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: Case) -> None:
    assert_refused(case, WITH_DISKS)


@pytest.mark.parametrize(
    "config",
    [
        model(job="digits"),
        model(prefix="models/m/", server={"image": "vllm:1", "args": ["--model", "/opt/ml/model"]}),
        model(job="digits", server={"resources": {"limits": {"nvidia.com/gpu": "1"}}}),
        checkpoints(),
        checkpoints(memory="1.5Gi"),
        distributed(),
        {**distributed(), "storage.backend": "efs", "nodeGroups.cpu.zones": ["us-west-2b"]},
    ],
    ids=[
        "a job's model",
        "a model served by another image",
        "a model on a GPU",
        "checkpoints",
        "half a GiB",
        "workers",
        "workers on EFS, which is in every zone",
    ],
)
def test_taken(config: dict[str, Any]) -> None:
    assert keys(config, WITH_DISKS) == []


def test_without_patterns_there_are_none() -> None:
    assert keys({}) == []
    assert keys({"patterns": {}}) == []


def test_both_errors_of_a_pattern_are_told_at_once() -> None:
    wrong = distributed(dataset="letters", hyperParameters={})
    missing = f"{DISTRIBUTED}.hyperParameters.num_round"
    assert sorted(keys(wrong)) == [f"{DISTRIBUTED}.dataset", missing]


GPU = "nvidia.com/gpu"


@pytest.mark.parametrize(
    ("requests", "limits", "key", "remedy"),
    [
        ({"cpu": "2"}, {"cpu": "1"}, "limits.cpu", 'set "2" or more'),
        ({"memory": "1Gi"}, {"memory": "1G"}, "limits.memory", 'set "1Gi" or more'),
        ({GPU: "1"}, {}, f'limits["{GPU}"]', 'set "1"'),
        ({GPU: "1"}, {GPU: "2"}, f'limits["{GPU}"]', 'set "1"'),
        ({}, {GPU: "0.5"}, f'limits["{GPU}"]', 'set "1"'),
        ({}, {GPU: "500m"}, f'limits["{GPU}"]', 'set "1"'),
        ({"gpu": "1"}, {}, "requests.gpu", "correct the name"),
        ({"Memory": "1Gi"}, {}, "requests.Memory", "correct the name"),
        ({"cpu": "1Gi"}, {}, "requests.cpu", "correct it"),
        ({"cpu": "٢"}, {}, "requests.cpu", "correct it"),
    ],
)
def test_what_kubernetes_refuses_of_a_servers_resources(
    requests: dict[str, str], limits: dict[str, str], key: str, remedy: str
) -> None:
    asked = {"requests": requests, "limits": limits}
    [error] = errors(model(job="digits", server={"resources": asked}))
    assert format_path(error.path) == f"{MODELS}.m.server.resources.{key}"
    assert error.remedy == remedy


@pytest.mark.parametrize(
    ("requests", "limits"),
    [
        ({"cpu": "500m", "memory": "1G"}, {"memory": "1Gi"}),
        ({GPU: "1", "cpu": "2"}, {GPU: "1"}),
        ({}, {GPU: "2", "ephemeral-storage": "10Gi"}),
        ({"hugepages-2Mi": "4Mi"}, {"hugepages-2Mi": "4Mi"}),
    ],
)
def test_resources_that_kubernetes_takes_are_taken(
    requests: dict[str, str], limits: dict[str, str]
) -> None:
    asked = {"requests": requests, "limits": limits}
    assert errors(model(job="digits", server={"resources": asked})) == []


@pytest.mark.parametrize("cpu", ["1k", "1Gi", "0.5M"])
def test_workers_that_ask_for_processors_by_the_thousand_are_refused(cpu: str) -> None:
    [error] = errors(distributed(cpu=cpu))
    assert format_path(error.path) == f"{DISTRIBUTED}.cpu"


@pytest.mark.parametrize(
    "image",
    [
        "server",
        "server:latest",
        "my.registry/Server:1",
        "a b:1",
        "",
        "http://x/y:1",
        "x:1@sha256:1",
    ],
)
@pytest.mark.parametrize("key", ["drivers.teardown.image", "server", "workloads.image"])
def test_every_image_of_the_users_own_is_pinned_and_well_formed(image: str, key: str) -> None:
    changes = model(job="digits", server={"image": image}) if key == "server" else {key: image}
    [error] = errors(changes)
    assert format_path(error.path) == (f"{MODELS}.m.server.image" if key == "server" else key)
    assert error.value == image


@pytest.mark.parametrize(
    "image",
    [
        "vllm/vllm-openai:v0.10.0",
        "localhost:5000/a/b__c.d:1",
        "public.ecr.aws/x/y@sha256:" + "a" * 64,
        "public.ecr.aws/x/y:latest@sha256:" + "a" * 64,
    ],
)
def test_images_with_a_registry_a_port_or_a_digest_are_taken(image: str) -> None:
    assert errors(model(job="digits", server={"image": image})) == []
