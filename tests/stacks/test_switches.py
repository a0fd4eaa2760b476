"""A stack with a training job and a model, switched from each back end to each other one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stacks.clone import Clone, counts

pytestmark = pytest.mark.rehearsal

DEV = "dev"
MODEL = {"modelRepository": {"models": {"digits": {"job": "digits", "server": {"replicas": 1}}}}}
ROUND = ("fsx", "s3files", "efs", "s3files", "fsx", "efs")
"""Back ends one after another, from EFS on: each of the six directions once."""
DRIVERS = {"fsx": "fsx.csi.aws.com", "efs": "efs.csi.aws.com", "s3files": "efs.csi.aws.com"}
OF_BACKEND = {
    "fsx": "aws:fsx/lustreFileSystem:LustreFileSystem",
    "efs": "aws:efs/fileSystem:FileSystem",
    "s3files": "aws:s3/filesFileSystem:FilesFileSystem",
}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    found = Clone.under(tmp_path_factory.mktemp("switches"))
    found.edit(DEV, patterns=MODEL)
    yield found
    found.rehearsal("cloud", "stop", "-s", DEV)


def assert_served(clone: Clone, backend: str) -> None:
    """The model is served from the claims of a back end, and no other one is in the stack."""
    outputs = clone.outputs(DEV)
    claims = clone.objects(DEV, "persistentvolumeclaims", "-n", "training")
    assert [one["status"]["phase"] for one in claims] == ["Bound"]
    assert outputs["storageBackend"] == backend
    volumes = clone.objects(DEV, "persistentvolumes")
    assert all(outputs["fileSystemId"] in one["spec"]["csi"]["volumeHandle"] for one in volumes)
    assert {one["spec"]["csi"]["driver"] for one in volumes} == {DRIVERS[backend]}
    (server,) = [
        one
        for one in clone.objects(DEV, "deployments", "-n", "training")
        if "digits" in one["metadata"]["name"]
    ]
    assert server["status"]["availableReplicas"] == 1
    listed = clone.in_environment(DEV, "pulumi", "stack", "-s", DEV, "--show-urns")
    assert {name for name, type_ in OF_BACKEND.items() if type_ in listed} == {backend}


def test_each_back_end_takes_over_from_each_other_one(clone: Clone) -> None:
    clone.rehearsal("up", "-s", DEV, "--yes", "--skip-preview")
    assert_served(clone, "efs")
    jobs = clone.outputs(DEV)["trainingJobs"]
    for backend in ROUND:
        clone.edit(DEV, storage={"backend": backend})
        clone.rehearsal("up", "-s", DEV, "--yes", "--skip-preview")
        assert_served(clone, backend)
        assert clone.outputs(DEV)["trainingJobs"] == jobs, "it is trained already"
    said = clone.rehearsal("up", "-s", DEV, "--yes", "--skip-preview", "--expect-no-changes")
    assert set(counts(said)) == {"unchanged"}, said
    clone.rehearsal("destroy", "-s", DEV, "--yes", "--skip-preview")
    assert clone.inventory(DEV) == {}
    assert clone.left_in_the_cluster(DEV) == set()
