"""FSx for Lustre with associations: files come from S3 and go there by themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.stacks import eks, users
from tests.stacks.clone import Clone, counts
from tests.stacks.trained import assert_the_claims_are_bound, assert_the_job_reads

pytestmark = pytest.mark.rehearsal

DRA = "dra"
PATIENCE = 120


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    found = Clone.under(tmp_path_factory.mktemp("dra"))
    yield found
    found.rehearsal("cloud", "stop", "-s", DRA)


def results(clone: Clone) -> dict[str, int]:
    """The exported objects with their sizes."""
    bucket = clone.outputs(DRA)["bucket"]
    wanted = ("--bucket", bucket, "--prefix", "results/")
    found = eks.aws(clone, DRA, "s3api", "list-objects-v2", *wanted).get("Contents", [])
    return {one["Key"]: one["Size"] for one in found}


def assert_exported(clone: Clone, expected: dict[str, int]) -> None:
    """The bucket has these results, before long."""
    ends = time.monotonic() + PATIENCE
    while (found := results(clone)) != expected and time.monotonic() < ends:
        time.sleep(2)
    assert found == expected


def test_datasets_come_and_results_go_by_themselves(clone: Clone) -> None:
    clone.rehearsal("up", "-s", DRA, "--yes", "--skip-preview")
    assert_the_claims_are_bound(clone, DRA)
    assert_the_job_reads(clone, DRA, "FSxLustre")
    listed = eks.aws(clone, DRA, "fsx", "describe-data-repository-associations")["Associations"]
    assert {one["FileSystemPath"]: one["Lifecycle"] for one in listed} == {
        "/datasets": "AVAILABLE",
        "/results": "AVAILABLE",
    }
    directory = clone.outputs(DRA)["datasets"]["digits"]
    assert directory.startswith("/data/datasets/digits/"), "read where the association shows it"
    jobs = clone.objects(DRA, "jobs", "-n", "training")
    assert not [one for one in jobs if one["metadata"]["name"].startswith("copy")], "no copy"

    users.ran(
        clone, DRA, "writes", "mkdir -p /data/results/run && echo 0.93 > /data/results/run/accuracy"
    )
    assert_exported(clone, {"results/run/accuracy": 5})
    users.ran(clone, DRA, "deletes", "rm /data/results/run/accuracy; echo 1 > /data/results/second")
    assert_exported(clone, {"results/second": 2})

    said = clone.rehearsal("up", "-s", DRA, "--yes", "--skip-preview", "--expect-no-changes")
    assert set(counts(said)) == {"unchanged"}, said


def test_an_association_comes_and_goes_on_the_running_file_system(clone: Clone) -> None:
    before = clone.outputs(DRA)["fileSystemId"]
    fsx = clone.section(DRA, "storage")["fsx"]
    models = {"path": "models/", "fileSystemPath": "/models"}
    more = fsx | {"associations": fsx["associations"] | {"models": models}}
    clone.edit(DRA, storage={"fsx": more})
    said = clone.rehearsal("up", "-s", DRA, "--yes", "--skip-preview")
    assert counts(said)["created"] == 1, said
    bucket = clone.outputs(DRA)["bucket"]
    put = ("--bucket", bucket, "--key", "models/m/weights", "--body", "Pulumi.yaml")
    clone.in_environment(DRA, "aws", "s3api", "put-object", *put)
    wait = "until [ -s /data/models/m/weights ]; do sleep 1; done"
    users.ran(clone, DRA, "reads", wait)

    clone.edit(DRA, storage={"fsx": fsx})
    said = clone.rehearsal("up", "-s", DRA, "--yes", "--skip-preview")
    assert counts(said)["deleted"] == 1, said
    assert clone.outputs(DRA)["fileSystemId"] == before
    users.ran(clone, DRA, "still-there", "cat /data/models/m/weights")


def test_a_destroy_leaves_nothing(clone: Clone) -> None:
    clone.rehearsal("destroy", "-s", DRA, "--yes", "--skip-preview")
    assert clone.inventory(DRA) == {}
    assert clone.left_in_the_cluster(DRA) == set()
