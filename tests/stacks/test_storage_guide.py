"""The storages of the guide at once: both classes claimed, and two teams on one file system."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.stacks import eks, users
from tests.stacks.clone import Clone, counts
from tests.stacks.trained import assert_the_job_reads

pytestmark = pytest.mark.rehearsal

GUIDE = "storage-guide"
PATIENCE = 120
CLASSES = ("fsx-lustre", "efs-sc")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    found = Clone.under(tmp_path_factory.mktemp("guide"))
    yield found
    found.rehearsal("cloud", "stop", "-s", GUIDE)


def job(name: str, namespace: str, user: int, command: str, *claims: str) -> dict[str, Any]:
    """A Job of a user that runs a shell command, with each claim at /mnt/CLAIM."""
    container = {
        "name": "main",
        "image": "public.ecr.aws/docker/library/busybox:1.37",
        "command": ["sh", "-c", command],
        "securityContext": {"runAsUser": user, "runAsGroup": user},
        "volumeMounts": [{"name": one, "mountPath": f"/mnt/{one}"} for one in claims],
    }
    volumes = [{"name": one, "persistentVolumeClaim": {"claimName": one}} for one in claims]
    spec = {"containers": [container], "volumes": volumes, "restartPolicy": "Never"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": {"spec": spec}, "backoffLimit": 0},
    }


def ran(clone: Clone, name: str, namespace: str, user: int, command: str, *claims: str) -> None:
    """Run a command in a pod with claims, to its successful end."""
    clone.apply(GUIDE, job(name, namespace, user, command, *claims))
    complete = ("wait", "--for=condition=Complete", f"job/{name}", f"--timeout={PATIENCE}s")
    clone.in_environment(GUIDE, "kubectl", *complete, "-n", namespace)


def test_every_storage_of_the_guide_comes_up_at_once(clone: Clone) -> None:
    clone.rehearsal("up", "-s", GUIDE, "--yes", "--skip-preview")
    assert_the_job_reads(clone, GUIDE, "FSxLustre")
    claims = {
        (one["metadata"]["namespace"], one["metadata"]["name"]): one["status"]["phase"]
        for one in clone.objects(GUIDE, "persistentvolumeclaims", "-A")
    }
    whole = {("training", name) for name in ("shared", "efs", "s3files", "s3", "scratch")}
    of_team_a = {("team-a", name) for name in ("results", "notes", "common")}
    of_team_b = {("team-b", name) for name in ("work", "notes-of-a")}
    assert claims == dict.fromkeys(whole | of_team_a | of_team_b, "Bound")
    command = (
        "date > /mnt/efs/x && date > /mnt/s3files/x && date > /mnt/s3/x && "
        "cat /mnt/efs/x /mnt/s3files/x /mnt/s3/x && ls /mnt/shared"
    )
    ran(clone, "everything", "training", 1000, command, "shared", "efs", "s3files", "s3")


def test_both_classes_give_storage_to_whoever_claims_it(clone: Clone) -> None:
    claims = [users.claim(one, "team-a", one) for one in CLASSES]
    clone.apply(GUIDE, *claims)
    for one in CLASSES:
        bound = ("wait", f"persistentvolumeclaim/{one}", "--for=jsonpath={.status.phase}=Bound")
        clone.in_environment(GUIDE, "kubectl", *bound, "-n", "team-a", f"--timeout={PATIENCE}s")
    systems = eks.aws(clone, GUIDE, "fsx", "describe-file-systems")["FileSystems"]
    (made,) = [
        one["LustreConfiguration"]
        for one in systems
        if "CSIVolumeName" in {tag["Key"] for tag in one["Tags"]}
    ]
    assert made["DeploymentType"] == "PERSISTENT_1"
    assert made["PerUnitStorageThroughput"] == 200
    assert made["AutomaticBackupRetentionDays"] == 1
    assert made["DailyAutomaticBackupStartTime"] == "00:00"
    assert made["DataCompressionType"] == "NONE"


def test_one_team_does_not_see_the_directory_of_the_other(clone: Clone) -> None:
    ran(clone, "writes", "team-a", 2001, "echo secret > /mnt/results/of-a", "results")
    ran(clone, "writes", "team-b", 2002, "echo mine > /mnt/work/of-b", "work")
    only = '[ "$(find /mnt/work -mindepth 1)" = /mnt/work/of-b ] && ! ls /mnt/results'
    ran(clone, "looks", "team-b", 2002, only, "work")
    both = "cat /mnt/shared/teams/a/of-a /mnt/shared/teams/b/of-b"
    ran(clone, "admin", "training", 0, both, "shared")
    owners = "[ $(stat -c %u:%g:%a /mnt/shared/teams/a) = 2001:2001:770 ]"
    ran(clone, "owner", "training", 0, owners, "shared")


def test_a_claim_for_reading_reads_and_refuses_writes(clone: Clone) -> None:
    ran(clone, "notes", "team-a", 2001, "echo read me > /mnt/notes/note", "notes")
    reads = 'grep "read me" /mnt/notes-of-a/note'
    refused = "! touch /mnt/notes-of-a/mine && ! rm -f /mnt/notes-of-a/note"
    ran(clone, "reads", "team-b", 2002, f"{reads} && {refused}", "notes-of-a")
    ran(clone, "fills", "training", 0, "echo all > /mnt/shared/common/for-all", "shared")
    of_lustre = "grep all /mnt/common/for-all && ! touch /mnt/common/mine"
    ran(clone, "common", "team-a", 1000, of_lustre, "common")


def test_nothing_changes_without_a_change(clone: Clone) -> None:
    said = clone.rehearsal("up", "-s", GUIDE, "--yes", "--skip-preview", "--expect-no-changes")
    assert set(counts(said)) == {"unchanged"}, said


def test_a_destroy_leaves_nothing(clone: Clone) -> None:
    clone.rehearsal("destroy", "-s", GUIDE, "--yes", "--skip-preview")
    assert clone.inventory(GUIDE) == {}
    assert clone.left_in_the_cluster(GUIDE) == set()
