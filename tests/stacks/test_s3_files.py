"""S3 Files: the bucket's objects are files, files are objects before long, and jobs read these."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.stacks import eks, users
from tests.stacks.clone import Clone, counts
from tests.stacks.trained import (
    VALIDATION,
    assert_the_stacks_job_trained,
    training_job,
    training_jobs,
    until,
)

pytestmark = pytest.mark.rehearsal

FILES = "s3files"
PATIENCE = 120


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    found = Clone.under(tmp_path_factory.mktemp("s3files"))
    yield found
    found.rehearsal("cloud", "stop", "-s", FILES)


def ran(clone: Clone, name: str, command: str) -> None:
    """Run a command in a pod on the shared storage to its end, and remove it."""
    users.ran(clone, FILES, name, command)
    clone.in_environment(FILES, "kubectl", "delete", "job", name, "-n", "training")


def objects(clone: Clone, prefix: str) -> dict[str, int]:
    """The objects below a prefix of the data bucket with their sizes."""
    bucket = clone.outputs(FILES)["bucket"]
    wanted = ("--bucket", bucket, "--prefix", prefix)
    found = eks.aws(clone, FILES, "s3api", "list-objects-v2", *wanted).get("Contents", [])
    return {one["Key"]: one["Size"] for one in found}


def assert_in_the_bucket(clone: Clone, prefix: str, expected: dict[str, int]) -> None:
    """The bucket has these objects below a prefix, before long."""
    ends = time.monotonic() + PATIENCE
    while (found := objects(clone, prefix)) != expected and time.monotonic() < ends:
        time.sleep(2)
    assert found == expected


def source(clone: Clone) -> dict[str, Any]:
    """Source of the training job's first channel."""
    found: dict[str, Any] = training_job(clone, FILES)["spec"]["inputDataConfig"][0]["dataSource"]
    return found


def handles(clone: Clone) -> set[str]:
    """Beginnings of the handles of all volumes, up to the file system's id."""
    volumes = clone.objects(FILES, "persistentvolumes")
    return {one["spec"]["csi"]["volumeHandle"].partition("::")[0] for one in volumes}


def test_the_bucket_is_a_file_system_and_jobs_read_it(clone: Clone) -> None:
    clone.rehearsal("up", "-s", FILES, "--yes", "--skip-preview")
    outputs = clone.outputs(FILES)
    assert handles(clone) == {f"s3files:{outputs['fileSystemId']}"}
    uri = source(clone)["s3DataSource"]["s3URI"]
    directory = outputs["datasets"]["digits"].removeprefix("/data/")
    assert uri == f"s3://{outputs['bucket']}/{directory}/train/"
    jobs = clone.objects(FILES, "jobs", "-n", "training")
    assert [one for one in jobs if one["metadata"]["name"].startswith("copy-")] == []
    assert_the_stacks_job_trained(clone, FILES)

    ran(clone, "writer", "mkdir -p /data/results && echo hello > /data/results/made.txt")
    assert_in_the_bucket(clone, "results/", {"results/made.txt": 6})
    ran(clone, "reader", f"test -s /data/{directory}/train/train.csv")
    ran(clone, "remover", "rm /data/results/made.txt")
    assert_in_the_bucket(clone, "results/", {})
    assert len(objects(clone, "datasets/")) == 2, "the datasets stay"

    said = clone.rehearsal("up", "-s", FILES, "--yes", "--skip-preview", "--expect-no-changes")
    assert set(counts(said)) == {"unchanged"}, said


def test_new_data_is_trained_on_once_its_batch_is_in_the_bucket(clone: Clone) -> None:
    clone.edit(FILES, training={"onNewData": {"job": "digits", "quietSeconds": 5}})
    clone.rehearsal("up", "-s", FILES, "--yes", "--skip-preview")
    before = set(training_jobs(clone, FILES))
    target = f"{clone.outputs(FILES)['inbox']}train/more.csv"
    clone.in_environment(FILES, "aws", "s3", "cp", "--no-progress", VALIDATION, target)
    (batch,) = until("a job", lambda: set(training_jobs(clone, FILES)) - before)
    assert f"{batch}: Completed" in clone.rehearsal("results", "-s", FILES, batch)
    reads = training_jobs(clone, FILES)[batch]["spec"]["inputDataConfig"][0]["dataSource"]
    assert "/batches/digits/" in reads["s3DataSource"]["s3URI"]
    assert len(objects(clone, "batches/digits/")) == 4, "three files and the list of them"
    clone.edit(FILES, training={"onNewData": None})
    clone.rehearsal("up", "-s", FILES, "--yes", "--skip-preview")


def test_a_switch_runs_no_completed_job_again_and_destroy_leaves_nothing(clone: Clone) -> None:
    first = clone.outputs(FILES)["trainingJobs"]
    batches = set(training_jobs(clone, FILES)) - {*first.values()}
    for backend, prefix in (("fsx", "fs-"), ("s3files", "s3files:fs-"), ("efs", "fs-")):
        clone.edit(FILES, storage={"backend": backend})
        clone.rehearsal("up", "-s", FILES, "--yes", "--skip-preview")
        assert clone.outputs(FILES)["trainingJobs"] == first
        assert {*first.values()} == set(training_jobs(clone, FILES)) - batches, backend
        assert all(one.startswith(prefix) for one in handles(clone)), backend
        others = {"fsx", "efs", "s3files"} - {backend}
        assert not others & {*clone.inventory(FILES)}, "nothing of another back end is left"
    clone.edit(FILES, storage={"backend": "efs", "also": ["s3files"]})
    clone.rehearsal("up", "-s", FILES, "--yes", "--skip-preview")
    assert {"efs", "s3files"} <= {*clone.inventory(FILES)}
    assert {one.partition("fs-")[0] for one in handles(clone)} == {"", "s3files:"}

    clone.rehearsal("destroy", "-s", FILES, "--yes")
    assert clone.inventory(FILES) == {}
    assert clone.left_in_the_cluster(FILES) == set()
