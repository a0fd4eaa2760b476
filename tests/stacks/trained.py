"""Training in a rehearsed stack: its jobs, models and datasets, as a person finds them."""

import json
import re
import tarfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xgboost

from tests.stacks.clone import Clone

VALIDATION = "data/digits/validation.csv"
GOOD = 0.95
"""Accuracy of a model that has learnt the digits."""


def training_jobs(clone: Clone, stack: str) -> dict[str, dict[str, Any]]:
    """The TrainingJob objects of the cluster by name."""
    found = clone.objects(stack, "trainingjobs.sagemaker.services.k8s.aws", "-A")
    return {one["metadata"]["name"]: one for one in found}


def records(clone: Clone, stack: str, kind: str) -> list[dict[str, Any]]:
    lines = (clone.home / "environments" / stack / "records.jsonl").read_text().splitlines()
    return [one for line in lines if (one := json.loads(line))["kind"] == kind]


def status_of(clone: Clone, stack: str, name: str, wanted: str) -> dict[str, Any]:
    """A TrainingJob's status in Kubernetes, once it is in that state."""

    def look() -> dict[str, Any] | None:
        status: dict[str, Any] = training_jobs(clone, stack)[name].get("status", {})
        return status if status.get("trainingJobStatus") == wanted else None

    found: dict[str, Any] = until(f"{name} is {wanted}", look)
    return found


def until(what: str, holds: Callable[[], Any], seconds: float = 120) -> Any:
    """Return the first true result of a question that is repeated."""
    ends = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < ends, f"not within {seconds} s: {what}"
        time.sleep(1)
    return found


def accuracy_of(clone: Clone, stack: str, model: str) -> float:
    """The part of the validation rows that a model of the bucket finds, tried here."""
    packed = clone.root / "model.tar.gz"
    clone.in_environment(stack, "aws", "s3", "cp", "--no-progress", model, str(packed))
    with tarfile.open(packed) as tar:
        member = tar.extractfile(next(name for name in tar.getnames() if "xgboost" in name))
        assert member is not None
        booster = xgboost.Booster()
        booster.load_model(bytearray(member.read()))
    table = np.loadtxt(clone.root / VALIDATION, delimiter=",")
    found = booster.predict(xgboost.DMatrix(table[:, 1:]))
    return float((found == table[:, 0]).mean())


def relabelled(clone: Clone) -> str:
    """The training data with every label one up: another content of the same name and size."""
    source, target = clone.root / "data/digits/train.csv", clone.root / "relabelled/train.csv"
    rows = source.read_text().splitlines()
    target.parent.mkdir(exist_ok=True)
    target.write_text("".join(f"{(int(row[0]) + 1) % 10}{row[1:]}\n" for row in rows))
    assert target.stat().st_size == source.stat().st_size
    return str(target.relative_to(clone.root))


def datasets_on(clone: Clone, stack: str, below: str) -> set[str]:
    """The files and directories of the digits on a stack's file system, but for the digest."""
    system = clone.outputs(stack)["fileSystemId"]
    root = clone.home / "environments" / stack / "file-systems" / system / below
    contents = [one for one in root.iterdir() if one.is_dir()]
    assert len(contents) == 1, "former contents are gone"
    return {str(one.relative_to(contents[0])) for one in contents[0].rglob("*")}


def assert_the_new_labels_were_trained_on(clone: Clone, stack: str, before: str) -> None:
    """The stack's job is another one, whose model takes each digit for the next."""
    name = clone.outputs(stack)["trainingJobs"]["digits"]
    assert name != before
    said = clone.rehearsal("results", "-s", stack, name)
    told = re.search(r"accuracy +([\d.]+) on", said)
    assert told, said
    assert float(told[1]) < 0.1, "the validation data has the old labels"


def assert_the_stacks_job_trained(clone: Clone, stack: str) -> str:
    """The job of the stack's file is completed, in Kubernetes' words and SageMaker's."""
    said = clone.rehearsal("results", "-s", stack)
    name = str(clone.outputs(stack)["trainingJobs"]["digits"])
    assert f"Training job {name}: Completed" in said
    told = re.search(r"accuracy +([\d.]+) on the (\d+) rows", said)
    assert told
    assert float(told[1]) > GOOD
    status = status_of(clone, stack, name, "Completed")
    synced = {one["type"]: one["status"] for one in status["conditions"]}
    assert synced["ACK.ResourceSynced"] == "True"
    model = status["modelArtifacts"]["s3ModelArtifacts"]
    assert model.startswith(f"s3://{clone.outputs(stack)['bucket']}/models/digits/{name}/")
    assert accuracy_of(clone, stack, model) == pytest.approx(float(told[1]), abs=1e-4)
    return name


def training_job(clone: Clone, stack: str) -> dict[str, Any]:
    name = next(iter(clone.outputs(stack)["trainingJobs"].values()))
    jobs = clone.objects(stack, "trainingjobs.sagemaker.services.k8s.aws", "-A")
    return next(one for one in jobs if one["metadata"]["name"] == name)


def assert_the_job_reads(clone: Clone, stack: str, kind: str) -> None:
    """The one training job was accepted, and its channels are on the active file system."""
    outputs, job = clone.outputs(stack), training_job(clone, stack)
    assert job["status"]["ackResourceMetadata"]["arn"].endswith(job["spec"]["trainingJobName"])
    sources = [one["dataSource"]["fileSystemDataSource"] for one in job["spec"]["inputDataConfig"]]
    assert {one["fileSystemType"] for one in sources} == {kind}
    assert {one["fileSystemID"] for one in sources} == {outputs["fileSystemId"]}
    described = json.loads(
        clone.in_environment(
            stack,
            "aws",
            "sagemaker",
            "describe-training-job",
            "--training-job-name",
            job["spec"]["trainingJobName"],
        )
    )
    assert described["TrainingJobStatus"] in {"InProgress", "Completed"}


def assert_the_claims_are_bound(clone: Clone, stack: str) -> None:
    outputs = clone.outputs(stack)
    claims = clone.objects(stack, "persistentvolumeclaims", "-A")
    assert {one["metadata"]["namespace"] for one in claims} == set(outputs["claims"])
    assert {one["status"]["phase"] for one in claims} == {"Bound"}
    for volume in clone.objects(stack, "persistentvolumes"):
        assert volume["spec"]["csi"]["volumeHandle"].startswith(outputs["fileSystemId"])
