"""Whole stacks: deployed, left alone, switched, destroyed, with the command a person uses."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal.clone import Clone, counts

pytestmark = pytest.mark.rehearsal

DIGITS = {
    "dataset": "digits",
    "instanceType": "ml.m5.large",
    "hyperParameters": {"objective": "multi:softmax", "num_class": "10", "num_round": "50"},
}
EFS_TYPES = ("aws:efs/", "efs.csi.aws.com", "aws-efs-csi-driver")
FSX_TYPES = ("aws:fsx/", "fsx.csi.aws.com", "aws-fsx-csi-driver")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    found = Clone.under(tmp_path_factory.mktemp("stacks"))
    yield found
    for stack in ("dev", "prod"):
        found.rehearsal("cloud", "stop", "-s", stack)


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


def files_on(clone: Clone, stack: str) -> set[str]:
    """The files that a client of the stack's file system sees, by their last three parts."""
    root = clone.home / "worlds" / stack / "file-systems" / clone.outputs(stack)["fileSystemId"]
    return {"/".join(one.parts[-3:]) for one in root.rglob("*.csv")}


def assert_nothing_is_left(clone: Clone, stack: str) -> None:
    inventory = clone.inventory(stack)
    assert not any(inventory.values()), inventory
    assert clone.left_in_the_cluster(stack) == set()


def state_holds(clone: Clone, stack: str, signs: tuple[str, ...]) -> set[str]:
    """The resources of the state whose type or inputs name a back end."""
    exported = json.loads(clone.in_environment(stack, "pulumi", "stack", "export", "-s", stack))
    return {
        one["urn"]
        for one in exported["deployment"]["resources"]
        if any(sign in json.dumps([one["type"], one.get("inputs", {})]) for sign in signs)
    }


def test_dev_goes_up_switches_its_storage_and_back_and_leaves_nothing(clone: Clone) -> None:
    said = clone.rehearsal("up", "-s", "dev", "--yes")
    assert set(counts(said)) <= {"created", "read"}, said
    assert_the_claims_are_bound(clone, "dev")
    assert_the_job_reads(clone, "dev", "EFS")
    assert {one.partition("/")[2] for one in files_on(clone, "dev")} == {
        "train/train.csv",
        "validation/validation.csv",
    }, "the copy job really ran"
    first = clone.outputs("dev")

    said = clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview", "--expect-no-changes")
    assert set(counts(said)) == {"unchanged"}, said
    assert clone.outputs("dev") == first

    clone.edit("dev", storage={"backend": "fsx"})
    said = clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview")
    assert {"created", "deleted"} <= set(counts(said)), said
    assert_the_claims_are_bound(clone, "dev")
    assert clone.outputs("dev")["trainingJobs"] == first["trainingJobs"], "it is trained already"
    assert state_holds(clone, "dev", EFS_TYPES) == set(), "nothing of EFS is left"
    assert "efs" not in clone.inventory("dev")

    clone.edit("dev", training={"jobs": {"digits": DIGITS | {"run": 2}}})
    clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview")
    assert clone.outputs("dev")["trainingJobs"] != first["trainingJobs"], "a new run, a new name"
    assert_the_job_reads(clone, "dev", "FSxLustre")

    clone.edit("dev", storage={"backend": "efs"})
    clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview")
    assert state_holds(clone, "dev", FSX_TYPES) == set(), "nothing of FSx is left"

    clone.rehearsal("destroy", "-s", "dev", "--yes")
    assert_nothing_is_left(clone, "dev")


def test_prod_goes_up_is_protected_and_unprotected_leaves_nothing(clone: Clone) -> None:
    clone.rehearsal("up", "-s", "prod", "--yes", "--skip-preview")
    assert_the_claims_are_bound(clone, "prod")
    assert_the_job_reads(clone, "prod", "FSxLustre")

    said = clone.rehearsal("destroy", "-s", "prod", "--yes", ok=False)
    assert "protected" in said
    assert "fsx" in clone.inventory("prod"), "what is protected is still there"

    clone.rehearsal("up", "-s", "prod", "--yes", "--skip-preview", "--expect-no-changes")
    clone.edit("prod", protect=False, bucket={"forceDestroy": True})
    clone.rehearsal("up", "-s", "prod", "--yes", "--skip-preview")
    clone.rehearsal("destroy", "-s", "prod", "--yes")
    assert_nothing_is_left(clone, "prod")


def test_the_account_and_the_cluster_survive_a_restart(clone: Clone) -> None:
    clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview")
    before = clone.inventory("dev")
    clone.rehearsal("cloud", "stop", "-s", "dev")
    assert "stopped" in clone.rehearsal("cloud", "status", "-s", "dev", ok=False)
    clone.rehearsal("cloud", "start", "-s", "dev")
    assert clone.inventory("dev") == before
    clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview", "--expect-no-changes")
    said = clone.rehearsal("refresh", "-s", "dev", "--yes", "--expect-no-changes")
    assert set(counts(said)) <= {"unchanged", "refreshed"}, said
    clone.rehearsal("destroy", "-s", "dev", "--yes")


def test_plain_pulumi_does_the_same_in_the_rehearsals_environment(clone: Clone) -> None:
    clone.rehearsal("cloud", "start", "-s", "dev")
    clone.rehearsal("preview", "-s", "dev")
    clone.in_environment(
        "dev", "pulumi", "config", "set", "--path", "storage.backend", "fsx", "--stack", "dev"
    )
    said = clone.in_environment("dev", "pulumi", "preview", "--stack", "dev", "--non-interactive")
    assert "aws:fsx:LustreFileSystem" in said
    assert "aws:efs" not in said


def test_a_wrong_config_is_refused_whole_before_anything_is_made(clone: Clone) -> None:
    clone.edit(
        "prod",
        network={"zones": ["us-west-2a"]},
        storage={"backend": "fsx", "fsx": {"storageCapacityGib": 1000, "zone": "us-west-2a"}},
        nodeGroups={
            "cpu": {"instanceTypes": ["m6i.lagre"], "minSize": 1, "desiredSize": 5, "maxSize": 3}
        },
    )
    said = clone.rehearsal("up", "-s", "prod", "--yes", "--skip-preview", ok=False)
    for key in ("network.zones", "storageCapacityGib", "desiredSize", "m6i.lagre"):
        assert key in said, f"{key} is at fault, and all faults come in one report"
    assert "Traceback" not in said
    assert not any(clone.inventory("prod").values()), "nothing was made"


@pytest.mark.parametrize("stack", ["nowhere"])
def test_a_stack_without_a_file_is_named_with_those_there_are(clone: Clone, stack: str) -> None:
    said = clone.rehearsal("up", "-s", stack, "--yes", ok=False)
    assert f"Pulumi.{stack}.yaml" in said
    assert "dev" in said
    assert not (Path(clone.home) / "worlds" / stack).exists()
