"""Whole stacks: deployed, left alone, switched, destroyed, with the command a person uses."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stacks import eks
from tests.stacks.clone import Clone, counts
from tests.stacks.trained import assert_the_claims_are_bound, assert_the_job_reads

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


def files_on(clone: Clone, stack: str) -> set[str]:
    """The files that a client of the stack's file system sees, by their last three parts."""
    root = (
        clone.home / "environments" / stack / "file-systems" / clone.outputs(stack)["fileSystemId"]
    )
    return {"/".join(one.parts[-3:]) for one in root.rglob("*.csv")}


def assert_nothing_is_left(clone: Clone, stack: str) -> None:
    assert clone.inventory(stack) == {}
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


def test_a_destroyed_stack_goes_up_again_and_survives_a_restart(clone: Clone) -> None:
    jobs = eks.training_jobs(clone, "dev")
    kept = eks.log_groups(clone, "dev")[eks.log_group("dev")]
    assert kept == 30, "what EKS writes late does not stay for ever"
    clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview")
    assert eks.log_groups(clone, "dev")[eks.log_group("dev")] == 30
    again = set(clone.outputs("dev")["trainingJobs"].values())
    assert jobs, "those of the first life"
    assert not jobs & again, "SageMaker takes a name once"
    before = clone.inventory("dev")
    clone.rehearsal("cloud", "stop", "-s", "dev")
    assert "stopped" in clone.rehearsal("cloud", "status", "-s", "dev", ok=False)
    clone.rehearsal("cloud", "start", "-s", "dev")
    assert clone.inventory("dev") == before
    clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview", "--expect-no-changes")
    said = clone.rehearsal("refresh", "-s", "dev", "--yes", "--expect-no-changes")
    assert set(counts(said)) <= {"unchanged", "refreshed"}, said
    clone.rehearsal("destroy", "-s", "dev", "--yes")
    assert_nothing_is_left(clone, "dev")


def test_a_log_group_that_eks_makes_again_is_taken_over_by_the_next_life(clone: Clone) -> None:
    named = ("--log-group-name", eks.log_group("dev"))
    clone.in_environment("dev", "aws", "logs", "delete-log-group", *named)
    assert eks.log_groups(clone, "dev")[eks.log_group("dev")] is None, "EKS has made it again"
    clone.edit("dev", cluster={"logRetentionDays": 7})
    clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview")
    assert eks.log_groups(clone, "dev")[eks.log_group("dev")] == 7
    clone.rehearsal("destroy", "-s", "dev", "--yes", "--skip-preview")
    assert_nothing_is_left(clone, "dev")


OVERRIDES = [
    {
        "type": "aws:ec2/launchTemplate:LaunchTemplate",
        "name": "nodes-cpu-template",
        "inputs": {"ebsOptimized": "true"},
    },
    {
        "type": "aws:efs/fileSystem:FileSystem",
        "name": "storage-file-system",
        "inputs": {"throughputMode": "bursting", "tags": {"Tier": "hot"}},
    },
    {
        "type": "aws:eks/nodeGroup:NodeGroup",
        "name": "nodes-cpu",
        "inputs": {"labels": {"overridden": "yes"}, "scalingConfig": {"maxSize": 5}},
    },
    {
        "type": "kubernetes:apps/v1:Deployment",
        "name": "training-on-new-data-deployment",
        "inputs": {
            "spec": {
                "revisionHistoryLimit": 3,
                "template": {"spec": {"terminationGracePeriodSeconds": 44}},
            }
        },
    },
]


def test_overrides_reach_resources_of_aws_of_pulumi_eks_and_of_kubernetes(clone: Clone) -> None:
    clone.edit("dev", overrides=OVERRIDES)
    said = clone.rehearsal("up", "-s", "dev", "--yes")
    for one in OVERRIDES:
        assert said.count(f"overrides: {one['type']} {one['name']}: ") == 2, "preview and update"
    templates = eks.aws(
        clone, "dev", "ec2", "describe-launch-template-versions", "--versions", "$Latest"
    )
    (template,) = templates["LaunchTemplateVersions"]
    assert template["LaunchTemplateData"]["EbsOptimized"] is True
    assert template["LaunchTemplateData"]["TagSpecifications"], "what the program gives is kept"
    (file_system,) = eks.aws(clone, "dev", "efs", "describe-file-systems")["FileSystems"]
    assert {"Key": "Tier", "Value": "hot"} in file_system["Tags"]
    assert file_system["ThroughputMode"] == "bursting"
    group = eks.node_groups(clone, "dev")["cpu"]
    assert group["labels"]["overridden"] == "yes"
    assert group["scalingConfig"] == {"minSize": 1, "desiredSize": 2, "maxSize": 5}
    deployments = clone.objects("dev", "deployments", "-n", "training")
    specs = [one["spec"] for one in deployments if one["spec"]["revisionHistoryLimit"] == 3]
    assert [one["template"]["spec"]["terminationGracePeriodSeconds"] for one in specs] == [44]
    clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview", "--expect-no-changes")

    wrong = {**OVERRIDES[0], "name": "nodes-gpu-template"}
    clone.edit("dev", overrides=[wrong], storage={"backend": "fsx"})
    for command in (("preview",), ("up", "--yes", "--skip-preview")):
        said = clone.rehearsal(*command, "-s", "dev", ok=False)
        assert "did you mean nodes-cpu-template?" in said
        assert "Traceback" not in said
    assert "efs" in clone.inventory("dev"), "what the stack no longer has is not deleted"
    clone.edit("dev", overrides=[], storage={"backend": "efs"})
    clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview")
    clone.rehearsal("destroy", "-s", "dev", "--yes", "--skip-preview")
    assert_nothing_is_left(clone, "dev")


def test_plain_pulumi_does_the_same_in_the_rehearsals_environment(clone: Clone) -> None:
    clone.rehearsal("cloud", "start", "-s", "dev")
    clone.rehearsal("preview", "-s", "dev")
    clone.in_environment(
        "dev", "pulumi", "config", "set", "--path", "storage.backend", "fsx", "--stack", "dev"
    )
    said = clone.in_environment("dev", "pulumi", "preview", "--stack", "dev", "--non-interactive")
    assert "aws:fsx:LustreFileSystem" in said
    assert "aws:efs" not in said


def test_a_wrong_config_is_refused_whole_before_anything_is_started_or_made(clone: Clone) -> None:
    clone.edit(
        "prod",
        network={"zones": ["us-west-2a"]},
        storage={"backend": "fsx", "fsx": {"storageCapacityGib": 1000, "zone": "us-west-2a"}},
        nodeGroups={
            "cpu": {"instanceTypes": ["m6i.lagre"], "minSize": 1, "desiredSize": 5, "maxSize": 3}
        },
    )
    update = ("up", "-s", "prod", "--yes", "--skip-preview")
    said = clone.rehearsal(*update, ok=False)
    without_account = ("network.zones", "storageCapacityGib", "desiredSize")
    assert all(key in said for key in without_account)
    clone.rehearsal("cloud", "status", "-s", "prod", ok=False)

    clone.rehearsal("cloud", "start", "-s", "prod")
    said = clone.rehearsal(*update, ok=False)
    for key in (*without_account, "m6i.lagre"):
        assert key in said, f"{key} is at error, and all errors come in one report"
    assert "Traceback" not in said
    assert not any(clone.inventory("prod").values()), "nothing was made"


@pytest.mark.parametrize("stack", ["nowhere"])
def test_a_stack_without_a_file_is_named_with_those_there_are(clone: Clone, stack: str) -> None:
    said = clone.rehearsal("up", "-s", stack, "--yes", ok=False)
    assert f"Pulumi.{stack}.yaml" in said
    assert "dev" in said
    assert not (Path(clone.home) / "environments" / stack).exists()
