"""Measure the program's process alone, against an engine that takes no time."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rehearsal.paths import project
from rehearsal.pulumi import language_host
from rehearsal.pulumi.language_host.config import added, filled

from bench.monitor import InstantEngine, serve

PROGRAM = Path(language_host.__file__).with_name("program.py")
ZONES = ("us-west-2a", "us-west-2b", "us-west-2c")


@dataclass(frozen=True)
class Run:
    """CPU time of one run of the program, in seconds, and the number of resources it registered."""

    cpu_seconds: float
    resources: int


class ProgramError(Exception):
    """The program under measurement failed; the text is its error output."""


def config_of(stack: str, training_jobs: int | None = None) -> dict[str, str]:
    """Return a stack's configuration in the form in which the engine passes it to the program.

    Args:
        stack: Name of the stack, whose file is `Pulumi.<stack>.yaml`.
        training_jobs: Number of copies of its first training job; None keeps its own jobs.
    """
    config = stack_content(stack, training_jobs)["config"]
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()
    }


def stack_content(stack: str, training_jobs: int | None) -> dict[str, Any]:
    """Return the content of a stack's file, with a given number of training jobs.

    None keeps the jobs of the file.
    """
    content: dict[str, Any] = yaml.safe_load((project() / f"Pulumi.{stack}.yaml").read_text())
    content["config"] = filled(content["config"], added())
    if training_jobs is not None:
        training = content["config"]["eks-ml-storage:training"]
        training["jobs"] = many(next(iter(training["jobs"].values())), training_jobs)
    return content


def many(job: dict[str, Any], count: int) -> dict[str, Any]:
    """Return training jobs that differ in one hyperparameter, as in a hyperparameter sweep."""
    return {
        f"sweep-{number}": job | {"hyperParameters": job["hyperParameters"] | {"seed": str(number)}}
        for number in range(count)
    }


def invokes(config: dict[str, str]) -> dict[str, dict[str, object]]:
    """Return the account's answers to the functions that the program calls, by function token."""
    groups = json.loads(config["eks-ml-storage:nodeGroups"]).values()
    types = [kind for group in groups for kind in group["instanceTypes"]]
    pairs = [(kind, zone) for kind in types for zone in ZONES]
    version = json.loads(config.get("eks-ml-storage:cluster", "{}")).get("version", "1.36")
    return {
        "aws:index/getAvailabilityZones:getAvailabilityZones": {
            "names": list(ZONES),
            "zoneIds": [f"usw2-az{number}" for number, _ in enumerate(ZONES, start=1)],
        },
        "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": {
            "instanceTypes": [kind for kind, _ in pairs],
            "locations": [zone for _, zone in pairs],
            "locationTypes": ["availability-zone" for _ in pairs],
        },
        "aws:index/getCallerIdentity:getCallerIdentity": {
            "accountId": "123456789012",
            "arn": "arn:aws:iam::123456789012:user/deployer",
        },
        "aws:index/getPartition:getPartition": {"partition": "aws", "dnsSuffix": "amazonaws.com"},
        "aws:index/getRegion:getRegion": {"name": "us-west-2", "region": "us-west-2"},
        "aws:ecr/getImage:getImage": {"imageTags": []},
        "aws:ec2/getInstanceTypes:getInstanceTypes": {"instanceTypes": []},
        "aws:eks/getClusterVersions:getClusterVersions": {
            "clusterVersions": [{"clusterVersion": version, "versionStatus": "STANDARD_SUPPORT"}]
        },
        "aws:eks/getClusters:getClusters": {"names": []},
        "aws:cloudwatch/getLogGroups:getLogGroups": {"logGroupNames": []},
        "pulumi:pulumi:readStackOutputs": {"outputs": {}},
        "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": {
            "registryPath": "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1"
        },
    }


def run(config: dict[str, str], extra: dict[str, str] | None = None) -> Run:
    """Run the program once.

    Raises:
        ProgramError: The program failed.
    """
    engine = InstantEngine(invokes(config))
    server, address = serve(engine)
    before = children_seconds()
    try:
        ended = subprocess.run(
            [sys.executable, str(PROGRAM)],
            cwd=project(),
            env=os.environ | (extra or {}),
            input=json.dumps(description(config, address)),
            check=False,
            capture_output=True,
            text=True,
        )
    finally:
        server.stop(None)
    if ended.returncode:
        raise ProgramError("\n".join([*engine.errors, ended.stderr]))
    return Run(children_seconds() - before, engine.registered.total())


def description(config: dict[str, str], address: str) -> dict[str, object]:
    """Return the description of a run that the language host passes to the program's process."""
    return {
        "config": config,
        "config_secret_keys": [],
        "project": "eks-ml-storage",
        "stack": "bench",
        "organization": "organization",
        "root_directory": str(project()),
        "entry_point": str(project() / "__main__.py"),
        "monitor": address,
        "engine": address,
        "parallel": 16,
        "dry_run": True,
    }


def children_seconds() -> float:
    """Return the CPU time, in seconds, of the child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def imported_modules(config: dict[str, str], scratch: Path) -> list[str]:
    """Return every module that the program's process imports and executes, in order.

    The SDKs put each of their services into `sys.modules` unexecuted, until it is used.

    A `sitecustomize` in a scratch folder writes the list when the process ends. The process ends by
    `os._exit`, which runs no exit handlers, so the list is written just before.
    """
    note = scratch / "imported.json"
    (scratch / "sitecustomize.py").write_text(
        "import json, os, pathlib, sys\n"
        "end = os._exit\n"
        "def noted(status):\n"
        f"    pathlib.Path({str(note)!r}).write_text(json.dumps("
        "[name for name, one in sys.modules.items() if type(one).__name__ != '_LazyModule']))\n"
        "    end(status)\n"
        "os._exit = noted\n"
    )
    run(config, {"PYTHONPATH": str(scratch)})
    names: list[str] = json.loads(note.read_text())
    return names
