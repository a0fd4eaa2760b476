"""The second day of a stack: prod as it is shipped, then all that a team does with it next.

The tests of this file are steps of one stack's life, in their order.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.stacks import eks, users
from tests.stacks.clone import Clone, counts
from tests.stacks.trained import (
    VALIDATION,
    assert_the_claims_are_bound,
    assert_the_job_reads,
    assert_the_new_labels_were_trained_on,
    assert_the_stacks_job_trained,
    datasets_on,
    records,
    relabelled,
    status_of,
    training_jobs,
    until,
)

pytestmark = pytest.mark.rehearsal

PROD = "prod"
IMAGE = "1.35.1-20261023"
NEWEST = "v9.9.9-eksbuild.1"
NEWER = {"kube-proxy": "v1.35.9-eksbuild.9"}
"""Add-ons that AWS releases in the life of the stack; any other is NEWEST."""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    found = Clone.under(tmp_path_factory.mktemp("second-day"))
    of_file = {"zone": None, "storageCapacityGib": 1200}
    found.edit(
        PROD,
        network={"zones": ["us-west-2a", "us-west-2b"]},
        storage={"fsx": found.section(PROD, "storage")["fsx"] | of_file},
        cluster={"version": "1.35"},
    )
    found.edit_group(PROD, "system", releaseVersion=IMAGE)
    yield found
    found.rehearsal("cloud", "stop", "-s", PROD)


def up(clone: Clone, *more: str) -> str:
    return clone.rehearsal("up", "-s", PROD, "--yes", "--skip-preview", *more)


def replaced(said: str) -> set[str]:
    """The types of what an update replaced."""
    return {line.split()[1] for line in said.splitlines() if line.startswith("+- ")}


@dataclass(frozen=True)
class Moment:
    """All that has to outlive a change, because data, addresses or a model are with it."""

    outputs: dict[str, Any]
    claims: dict[str, str]
    """The UID of each claim, by its namespace."""
    node_groups: dict[str, str]
    """The ARN of each, by its name in the stack's file."""
    subnets: dict[str, str]
    """The CIDR block of each, by its id."""
    trained: set[str]

    @classmethod
    def of(cls, clone: Clone) -> Moment:
        """Look now."""
        groups = eks.node_groups(clone, PROD).items()
        claims = clone.objects(PROD, "persistentvolumeclaims", "-A")
        return cls(
            clone.outputs(PROD),
            {one["metadata"]["namespace"]: one["metadata"]["uid"] for one in claims},
            {name: group["nodegroupArn"] for name, group in groups},
            eks.subnets(clone, PROD),
            eks.training_jobs(clone, PROD),
        )


def test_prod_preloads_the_linked_file_system_and_trains_on_it(clone: Clone) -> None:
    up(clone)
    assert_the_claims_are_bound(clone, PROD)
    assert_the_job_reads(clone, PROD, "FSxLustre")
    outputs = clone.outputs("prod")
    name = assert_the_stacks_job_trained(clone, "prod")

    imports = records(clone, "prod", "import")
    assert {one["source"] for one in imports} == {f"s3://{outputs['bucket']}/datasets/"}
    assert not imports[0]["bytes"], "names come first, and no bytes"
    files = ("data/digits/train.csv", VALIDATION)
    size = sum((clone.root / name).stat().st_size for name in files)
    assert sum(one["bytes"] for one in imports) == size, "each byte once"
    pods = {one["detail"]["container"]: one for one in records(clone, "prod", "pod")}
    preload, check = pods["preload"], pods["check"]
    assert preload["detail"]["exitCode"] == 0
    assert preload["detail"]["summary"]["method"] == "lustre"
    assert preload["bytes"] == size
    (read,) = [
        one
        for one in records(clone, "prod", "training")
        if one["name"] == name and one["detail"]["stage"] == "Downloading"
    ]
    assert preload["ended"] <= check["ended"] < read["ended"], "training waits for both"
    assert outputs["fileSystemId"] in read["source"], "and reads the file system, not the bucket"

    log = clone.rehearsal("logs", "-s", "prod", "digits")
    assert "validation-m" in log
    page = clone.root / clone.rehearsal("report", "-s", "prod").strip().splitlines()[0]
    assert outputs["fileSystemId"] in page.read_text()


def test_a_directory_without_the_mount_name_fails_with_what_to_do(clone: Clone) -> None:
    jobs = training_jobs(clone, "prod")
    good = jobs[clone.outputs("prod")["trainingJobs"]["digits"]]
    spec = good["spec"] | {"trainingJobName": "prod-lost"}
    channels = json.loads(json.dumps(spec["inputDataConfig"]))
    for channel in channels:
        channel["dataSource"]["fileSystemDataSource"]["directoryPath"] = "/digits/train"
    manifest = {
        "apiVersion": good["apiVersion"],
        "kind": "TrainingJob",
        "metadata": {"name": "prod-lost", "namespace": "training"},
        "spec": spec | {"inputDataConfig": channels},
    }
    file = clone.root / "lost.json"
    file.write_text(json.dumps(manifest))
    clone.in_environment("prod", "kubectl", "apply", "-f", str(file))
    status = status_of(clone, "prod", "prod-lost", "Failed")
    remedy = f"Begin it with /{clone.outputs('prod')['mountName']}"
    assert remedy in status["failureReason"]
    assert clone.rehearsal("results", "-s", "prod"), "the stack's own job is as it was"
    clone.in_environment("prod", "kubectl", "delete", "-f", str(file))


def test_a_pod_whose_role_may_not_read_the_bucket_ends_with_the_refusal(clone: Clone) -> None:
    bucket = clone.outputs("prod")["bucket"]
    pod = {
        "restartPolicy": "Never",
        "containers": [
            {
                "name": "download",
                "image": clone.outputs("prod")["workloadsImage"],
                "command": ["python", "-m", "workloads.download"],
                "args": [f"s3://{bucket}/datasets/", "/scratch"],
                "env": [{"name": "AWS_ACCESS_KEY_ID", "value": ""}],
                "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}],
                "terminationMessagePolicy": "FallbackToLogsOnError",
            }
        ],
        "volumes": [{"name": "scratch", "emptyDir": {}}],
    }
    labels = {"app.kubernetes.io/name": "eks-ml-workloads"}
    manifest = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "refused", "namespace": "training"},
        "spec": {"backoffLimit": 0, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }
    file = clone.root / "refused.json"
    file.write_text(json.dumps(manifest))
    clone.in_environment("prod", "kubectl", "apply", "-f", str(file))
    (failed,) = until(
        "the pod has failed",
        lambda: [
            one
            for one in clone.objects("prod", "pods", "-n", "training", "-l", "job-name=refused")
            if one["status"]["phase"] == "Failed"
        ],
    )
    ended = failed["status"]["containerStatuses"][0]["state"]["terminated"]
    assert ended["exitCode"] == 77, "EX_NOPERM"
    assert "error: " in ended["message"]
    clone.in_environment("prod", "kubectl", "delete", "-f", str(file))


def test_what_is_protected_is_neither_destroyed_nor_changed(clone: Clone) -> None:
    system = eks.node_groups(clone, PROD)["system"]
    assert system["releaseVersion"] == IMAGE, "the image that was asked for"
    said = clone.rehearsal("destroy", "-s", PROD, "--yes", ok=False)
    assert "protected" in said
    assert "fsx" in clone.inventory(PROD), "what is protected is still there"
    before = clone.inventory(PROD)
    said = clone.rehearsal("destroy", "-s", PROD, "--yes", "--skip-preview", ok=False)
    assert "is protected, and nothing of it was deleted" in said
    assert clone.inventory(PROD) == before
    up(clone, "--expect-no-changes")


def test_other_labels_of_the_same_size_are_trained_and_the_former_files_go(clone: Clone) -> None:
    before = clone.outputs(PROD)
    changed = {"train": relabelled(clone), "validation": VALIDATION}
    clone.edit(
        PROD,
        protect=False,
        bucket={"forceDestroy": True},
        datasets={"digits": {"files": changed}},
        tags={"Team": "data"},
    )
    # The tag is on instances, too: by another launch template EKS brings the newest image, which
    # the nodes keep although another is set.
    up(clone)
    newest = eks.node_groups(clone, PROD)["system"]["releaseVersion"]
    assert newest > IMAGE
    assert "which they keep" in up(clone)
    up(clone, "--expect-no-changes")
    assert eks.node_groups(clone, PROD)["system"]["releaseVersion"] == newest
    assert_the_new_labels_were_trained_on(clone, PROD, before["trainingJobs"]["digits"])
    assert clone.outputs(PROD)["fileSystemId"] == before["fileSystemId"]
    assert datasets_on(clone, PROD, "digits") == {
        "train",
        "train/train.csv",
        "validation",
        "validation/validation.csv",
    }


def test_the_file_system_and_the_nodes_disks_grow_where_they_are(clone: Clone) -> None:
    before, template = Moment.of(clone), launch_template(clone, "gpu")
    storage = clone.section(PROD, "storage")
    clone.edit(PROD, storage={"fsx": storage["fsx"] | {"storageCapacityGib": 2400}})
    clone.edit_group(PROD, "gpu", diskSizeGib=250)
    said = up(clone)
    assert set(counts(said)) == {"updated", "unchanged"}, said
    assert Moment.of(clone) == before
    assert eks.file_systems(clone, PROD) == {before.outputs["fileSystemId"]: 2400}
    for volume in clone.objects(PROD, "persistentvolumes"):
        assert volume["spec"]["capacity"]["storage"] == "2400Gi"
    assert launch_template(clone, "gpu") == template | {
        "version": str(int(template["version"]) + 1)
    }


def launch_template(clone: Clone, group: str) -> dict[str, str]:
    found: dict[str, str] = eks.node_groups(clone, PROD)[group]["launchTemplate"]
    return found


def test_a_zone_before_the_others_moves_no_address_and_trains_nothing_again(clone: Clone) -> None:
    before = Moment.of(clone)
    clone.edit(PROD, network={"zones": ["us-west-2c", "us-west-2a", "us-west-2b"]})
    assert replaced(up(clone)) == set()
    after = Moment.of(clone)
    new = after.subnets.items() - before.subnets.items()
    assert len(new) == 2, "a public and a private one"
    assert len({*after.subnets.values()}) == 6
    assert dataclasses.replace(after, subnets=before.subnets) == before
    assert before.subnets.items() <= after.subnets.items()


def test_newer_add_ons_alone_change_nothing_and_no_version_goes_back(clone: Clone) -> None:
    first = eks.addons(clone, PROD)
    assert first["kube-proxy"].startswith("v1.35.")
    for name in first:
        eks.release_addon(clone, PROD, name, NEWER.get(name, NEWEST))
    up(clone, "--expect-no-changes")
    assert eks.addons(clone, PROD) == first

    clone.edit(PROD, cluster={"version": "1.34"})
    said = clone.rehearsal("preview", "-s", PROD, ok=False)
    assert "must not be below what the cluster runs, 1.35" in said


def test_an_upgrade_takes_nodes_and_add_ons_along_and_keeps_all_that_has_data(
    clone: Clone,
) -> None:
    before = Moment.of(clone)
    clone.edit(PROD, cluster={"version": "1.36"})
    clone.edit_group(PROD, "system", releaseVersion=None)
    assert replaced(up(clone)) == {"pulumi:index:Stash"}, "the versions that it remembers"
    assert eks.control_plane_version(clone, PROD) == "1.36"
    for name, group in eks.node_groups(clone, PROD).items():
        assert group["version"] == "1.36", name
        assert group["releaseVersion"].startswith("1.36."), name
    assert set(eks.addons(clone, PROD).values()) == {NEWEST, *NEWER.values()}
    assert Moment.of(clone) == before
    up(clone, "--expect-no-changes")


def test_a_destroy_takes_what_users_made_with_it_in_one_go(clone: Clone) -> None:
    outputs = clone.outputs(PROD)
    users.apply(clone, PROD)
    clone.apply(PROD, explorer())
    until(
        "a pod writes to the claim of the user's own",
        lambda: (
            clone.objects(PROD, "pods", "-n", users.NAMESPACE)[0]["status"]["phase"] == "Running"
        ),
    )
    systems = eks.file_systems(clone, PROD)
    assert systems.pop(outputs["fileSystemId"]) == 2400
    assert [*systems.values()] == [1200], "one is the user's"

    clone.rehearsal("destroy", "-s", PROD, "--yes", "--skip-preview")
    assert clone.inventory(PROD) == {}
    assert clone.left_in_the_cluster(PROD) == set()


def explorer() -> dict[str, Any]:
    """A pod that works on the claim of the user's own for ever."""
    program = "import pathlib, signal; pathlib.Path('/work/mine').touch(); signal.pause()"
    container = {
        "name": "main",
        "image": "public.ecr.aws/docker/library/python:3.13-slim",
        "command": ["python", "-c", program],
        "volumeMounts": [{"name": "work", "mountPath": "/work"}],
    }
    volume = {"name": "work", "persistentVolumeClaim": {"claimName": "scratch"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "explorer", "namespace": users.NAMESPACE},
        "spec": {"containers": [container], "volumes": [volume]},
    }
