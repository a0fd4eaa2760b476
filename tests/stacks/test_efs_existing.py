"""EFS added to a running cluster, by a stack of its own that leaves the first one as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.stacks import eks
from tests.stacks.clone import Clone, counts

pytestmark = pytest.mark.rehearsal

FIRST, SECOND = "dev", "efs-existing"
NAMESPACE = "nfs-data"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    found = Clone.under(tmp_path_factory.mktemp("efs-existing"))
    found.rehearsal("up", "-s", FIRST, "--yes", "--skip-preview")
    yield found
    found.rehearsal("cloud", "stop", "-s", FIRST)


@pytest.fixture(autouse=True)
def shipped_file(clone: Clone) -> Iterator[None]:
    """Give each test the stack's file as it is shipped."""
    file = clone.root / f"Pulumi.{SECOND}.yaml"
    before = file.read_text()
    yield
    file.write_text(before)


def account(clone: Clone) -> dict[str, Any]:
    """The account, the file systems with all that belongs to them, and the objects of the cluster.

    Log groups are left out: AWS makes them by itself. So are the sizes, which its data has.
    """
    efs = {}
    for one in eks.aws(clone, FIRST, "efs", "describe-file-systems")["FileSystems"]:
        system = ("--file-system-id", one["FileSystemId"])
        targets = eks.aws(clone, FIRST, "efs", "describe-mount-targets", *system)
        policy = eks.aws(clone, FIRST, "efs", "describe-file-system-policy", *system)
        backup = eks.aws(clone, FIRST, "efs", "describe-backup-policy", *system)
        lifecycle = eks.aws(clone, FIRST, "efs", "describe-lifecycle-configuration", *system)
        points = eks.aws(clone, FIRST, "efs", "describe-access-points", *system)
        kept = {key: value for key, value in one.items() if key != "SizeInBytes"}
        efs[one["FileSystemId"]] = [kept, targets, policy, backup, lifecycle, points]
    inventory = {key: one for key, one in clone.inventory(FIRST).items() if key != "logs"}
    rules = eks.aws(clone, FIRST, "ec2", "describe-security-group-rules")["SecurityGroupRules"]
    return {
        "inventory": inventory,
        "efs": efs,
        "rules": sorted(json.dumps(one, sort_keys=True) for one in rules),
        "objects": sorted(clone.left_in_the_cluster(FIRST)),
    }


def read(clone: Clone) -> dict[str, Any]:
    """The summary of the job that reads the dataset."""
    job = clone.outputs(SECOND)["dataJobs"]["consume"]
    said = clone.in_environment(FIRST, "kubectl", "logs", "-n", NAMESPACE, f"job/{job}")
    found: dict[str, Any] = json.loads(said.strip().splitlines()[-1].partition(" ")[2])
    return found


def assert_it_comes_and_goes(clone: Clone) -> None:
    """Both jobs complete, a second update changes nothing, and the first stack is left alone."""
    before = account(clone)
    clone.rehearsal("up", "-s", SECOND, "--yes")
    assert read(clone)["files"] == 2
    assert read(clone)["bytes"] > 0
    said = clone.rehearsal("up", "-s", SECOND, "--yes", "--skip-preview", "--expect-no-changes")
    assert set(counts(said)) == {"unchanged"}, said
    clone.rehearsal("destroy", "-s", SECOND, "--yes")
    assert account(clone) == before
    said = clone.rehearsal("up", "-s", FIRST, "--yes", "--skip-preview", "--expect-no-changes")
    assert set(counts(said)) == {"unchanged"}, said


def test_the_guides_case_comes_to_a_running_cluster_and_leaves_it_as_it_was(clone: Clone) -> None:
    assert_it_comes_and_goes(clone)


def test_a_file_system_of_the_first_stack_is_used_and_left_as_it_was(clone: Clone) -> None:
    file = clone.root / f"Pulumi.{SECOND}.yaml"
    content = yaml.safe_load(file.read_text())
    config = content["config"]
    config["eks-ml-storage:storage"]["efs"] = {
        "existing": clone.outputs(FIRST)["fileSystemId"],
        "accessPoint": {"path": "/guests"},
    }
    for job in config["eks-ml-storage:dataJobs"].values():
        job["claim"] = "shared"
    file.write_text(yaml.safe_dump(content))
    assert_it_comes_and_goes(clone)


def test_a_file_system_whose_policy_keeps_out_plain_nfs_is_refused_before_anything_is_made(
    clone: Clone,
) -> None:
    before = account(clone)
    existing = clone.outputs(FIRST)["fileSystemId"]
    clone.edit(
        SECOND,
        storage={
            "efs": {"existing": existing, "accessPoint": {"path": "/guests"}} | {"nfsVolume": {}}
        },
    )
    said = clone.rehearsal("up", "-s", SECOND, "--yes", "--skip-preview", ok=False)
    assert "keeps out the plain NFS volume" in said
    assert account(clone) == before
