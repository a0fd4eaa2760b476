"""Volumes beside the shared storage: a bucket by Mountpoint, and the nodes' own disks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.stacks import eks
from tests.stacks.clone import Clone, counts

pytestmark = pytest.mark.rehearsal

DEV = "dev"
BUSYBOX = "public.ecr.aws/docker/library/busybox:1.37.0"
PATIENCE = 120
HAS_FIO = shutil.which("fio") is not None


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    found = Clone.under(tmp_path_factory.mktemp("volumes"))
    disks = {"instanceTypes": ["m6id.large"], "instanceStore": True, "desiredSize": 1, "minSize": 0}
    bench = {"sizeMib": 16, "modelMib": 16, "seconds": 1} if HAS_FIO else None
    storage = {"also": ["s3"], "scratch": {}} | ({"bench": bench} if bench else {})
    found.edit(DEV, nodeGroups={"scratch": disks}, storage=storage)
    yield found
    found.rehearsal("cloud", "stop", "-s", DEV)


def job(name: str, claim: str, command: str) -> dict[str, Any]:
    """A Job of one pod that runs a command on a claim."""
    container = {
        "name": "main",
        "image": BUSYBOX,
        "command": ["sh", "-c", command],
        "volumeMounts": [{"name": "volume", "mountPath": "/volume"}],
    }
    spec = {
        "restartPolicy": "Never",
        "securityContext": {"runAsUser": 1000, "runAsNonRoot": True},
        "containers": [container],
        "volumes": [{"name": "volume", "persistentVolumeClaim": {"claimName": claim}}],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "training"},
        "spec": {"backoffLimit": 0, "template": {"spec": spec}},
    }


def kubectl(clone: Clone, *arguments: str) -> str:
    return clone.in_environment(DEV, "kubectl", "-n", "training", *arguments)


def ran(clone: Clone, name: str, claim: str, command: str) -> str:
    """Run a command in a pod on a claim to its end; return the name of its node."""
    clone.apply(DEV, job(name, claim, command))
    kubectl(clone, "wait", "--for=condition=Complete", f"job/{name}", f"--timeout={PATIENCE}s")
    (pod,) = clone.objects(DEV, "pods", "-n", "training", "-l", f"job-name={name}")
    return str(pod["spec"]["nodeName"])


def test_pods_have_a_bucket_and_their_nodes_disks_and_the_stack_leaves_nothing(
    clone: Clone,
) -> None:
    clone.rehearsal("up", "-s", DEV, "--yes", "--skip-preview")
    outputs = clone.outputs(DEV)
    assert outputs["s3Claims"] == outputs["scratchClaims"] | {"training": "s3"}

    place = f"s3://{outputs['bucket']}/shared"
    file = clone.root / "object.txt"
    file.write_text("from S3\n")
    clone.in_environment(DEV, "aws", "s3", "cp", str(file), f"{place}/object.txt")
    ran(clone, "through-s3", "s3", "cat /volume/object.txt > /volume/copy.txt")
    assert clone.in_environment(DEV, "aws", "s3", "cp", f"{place}/copy.txt", "-") == "from S3\n"

    ran(clone, "against-s3", "s3", "rm /volume/object.txt; true")
    listed = eks.aws(
        clone, DEV, "s3api", "list-objects-v2", "--bucket", outputs["bucket"], "--prefix", "shared/"
    )
    keys = {one["Key"] for one in listed["Contents"] if "/storage-bench/" not in one["Key"]}
    assert keys == {"shared/copy.txt", "shared/object.txt"}
    events = clone.objects(DEV, "events", "-n", "training")
    told = [one["message"] for one in events if one["reason"] == "MountpointRefused"]
    assert "no --allow-delete" in " ".join(told)

    if HAS_FIO:
        assert_each_storage_is_measured(clone)

    node = ran(clone, "to-disk", "scratch", "echo kept > /volume/file")
    labels = {one["metadata"]["name"]: one["metadata"]["labels"] for one in nodes(clone)}
    assert labels[node]["eks-ml-storage/instance-store"] == "true"
    assert ran(clone, "from-disk", "scratch", "grep kept /volume/file") == node

    clone.rehearsal("up", "-s", DEV, "--yes", "--skip-preview", "--expect-no-changes")
    clone.apply(DEV, waiting("scratch"), waiting("s3"))
    kubectl(clone, "wait", "--for=condition=Ready", "pod", "--all", f"--timeout={PATIENCE}s", *OPEN)
    said = clone.rehearsal("destroy", "-s", DEV, "--yes", "--skip-preview")
    assert set(counts(said)) <= {"deleted"}, said
    assert clone.inventory(DEV) == {}
    assert clone.left_in_the_cluster(DEV) == set()


def assert_each_storage_is_measured(clone: Clone) -> None:
    """Every storage has a table, in its log and on the page of the report."""
    jobs = clone.outputs(DEV)["storageBench"]
    assert set(jobs) == {"efs", "s3", "scratch"}
    for name in jobs.values():
        kubectl(clone, "wait", "--for=condition=Complete", f"job/{name}", "--timeout=240s")
    said = kubectl(clone, "logs", f"job/{jobs['efs']}")
    assert "up to 1500 MiB/s a client" in said
    assert "model load" in said
    clone.rehearsal("report", "-s", DEV)
    page = (clone.home / "reports" / f"{DEV}.html").read_text()
    for storage in jobs:
        assert f"<h3>Storage bench: {storage}</h3>" in page


OPEN = ("-l", "app=waiting")


def waiting(claim: str) -> dict[str, Any]:
    """A pod of a user's that holds a claim when the stack is destroyed."""
    made = job(f"waits-on-{claim}", claim, "sleep 600")
    template = made["spec"]["template"]["spec"]
    metadata = made["metadata"] | {"labels": {"app": "waiting"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template}


def nodes(clone: Clone) -> list[dict[str, Any]]:
    return clone.objects(DEV, "nodes")
