"""Program and workloads agree by command lines alone: each that a pod gets is one that is taken."""

import importlib
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.mocks import Deployment
from workloads import errors, train
from workloads.training.environment import TrainingEnvironment
from workloads.training.hyperparameters import parse

POD_KINDS = (":Job", ":Deployment")


def containers(deployment: Deployment) -> Iterator[Any]:
    """Every container of every pod that the stack runs."""
    for kind in POD_KINDS:
        for each in deployment.of_type(kind):
            pod = each.inputs["spec"]["template"]["spec"]
            yield from (*pod.get("initContainers", []), *pod["containers"])


def workloads(deployment: Deployment) -> list[tuple[str, list[str]]]:
    """The module and the arguments of each container of the workloads image."""
    return [
        (each["command"][2], each["args"])
        for each in containers(deployment)
        if each.get("command", [])[:2] == ["python", "-m"]
    ]


def taken(module: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the exit code of a workload for a command line, without doing its work."""
    workload = importlib.import_module(module)
    for holder in (workload, errors):
        if hasattr(holder, "run"):
            monkeypatch.setattr(holder, "run", lambda _: os.EX_OK)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    status: int = workload.main(arguments)
    return status


def test_every_command_line_is_taken(stack: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, arguments in workloads(stack):
        assert taken(module, arguments, monkeypatch) == os.EX_OK, f"{module} {arguments}"


def test_every_hyperparameter_is_one_of_the_trainers(patterns: Deployment) -> None:
    for module, arguments in workloads(patterns):
        if module == "workloads.train":
            given, rest = train.parse_arguments(TrainingEnvironment({}), arguments)
            assert parse(rest).rounds >= 50
            assert given.checkpoint_dir is not None


def test_all_workloads_of_pods_are_looked_at(dev: Deployment, patterns: Deployment) -> None:
    seen = {module for stack in (dev, patterns) for module, _ in workloads(stack)}
    assert seen == {
        "workloads.checkpoint_sync",
        "workloads.directories",
        "workloads.download",
        "workloads.on_new_data",
        "workloads.preload",
        "workloads.serve",
        "workloads.train",
    }


def test_a_command_line_that_is_not_taken_is_seen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        taken("workloads.serve", ["/opt/ml/model", "--prot", "8080"], monkeypatch)
    assert stopped.value.code == os.EX_USAGE
    assert "--prot" in capsys.readouterr().err
