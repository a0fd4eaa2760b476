"""Stacks on which users made things of their own: destroyed in one go, switched by consent."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.stacks import users
from tests.stacks.clone import Clone

pytestmark = pytest.mark.rehearsal


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    found = Clone.under(tmp_path_factory.mktemp("teardown"))
    yield found
    found.rehearsal("cloud", "stop", "-s", "dev")


def kubectl(clone: Clone, *arguments: str) -> str:
    return clone.in_environment("dev", "kubectl", *arguments)


def test_on_fsx_users_things_go_with_the_stack_once_what_is_to_be_kept_is_decided(
    clone: Clone,
) -> None:
    clone.edit("dev", storage={"backend": "fsx"})
    clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview")
    users.apply(clone, "dev")
    inventory = clone.inventory("dev")
    assert len(inventory["fsx"]["us-west-2"]["file systems"]) == 2, "one is the user's"
    assert inventory["elb"]["us-west-2"]["load balancers"]

    (volume,) = [
        one["metadata"]["name"]
        for one in clone.objects("dev", "persistentvolumes")
        if one["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
    ]
    policy = '{"spec":{"persistentVolumeReclaimPolicy":"%s"}}'
    kubectl(clone, "patch", "persistentvolume", volume, "-p", policy % "Retain")
    said = clone.rehearsal("destroy", "-s", "dev", "--yes", "--skip-preview", ok=False)
    assert "teardown-see-its-log" in said
    log = kubectl(clone, "logs", "job/teardown-see-its-log", "--namespace=kube-system")
    assert volume in log
    assert "Retain" in log
    assert clone.inventory("dev")["fsx"] == inventory["fsx"], "nothing was deleted before"

    kubectl(clone, "patch", "persistentvolume", volume, "-p", policy % "Delete")
    clone.rehearsal("destroy", "-s", "dev", "--yes", "--skip-preview")
    assert clone.inventory("dev") == {}
    assert clone.left_in_the_cluster("dev") == set()


def test_on_efs_a_switch_waits_for_users_and_a_destroy_does_not(clone: Clone) -> None:
    clone.edit("dev", storage={"backend": "efs"})
    clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview")
    users.apply(clone, "dev")
    before = of_the_stack(clone)

    clone.edit("dev", storage={"backend": "fsx"})
    said = clone.rehearsal("preview", "-s", "dev", ok=False)
    assert "storage.backend" in said
    assert "scale deployment notebook --replicas=0" in said
    assert "kubectl -n mine delete persistentvolumeclaim scratch" in said
    assert of_the_stack(clone) == before

    clone.edit("dev", storage={"backend": "efs"})
    clone.rehearsal("destroy", "-s", "dev", "--yes", "--skip-preview")
    assert clone.inventory("dev") == {}
    assert clone.left_in_the_cluster("dev") == set()


def test_the_file_system_of_a_claim_deleted_while_it_is_made_goes_too(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in the cluster is left of the claim but what was said of it."""
    clone.edit("dev", storage={"backend": "fsx"})
    clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview")
    clone.rehearsal("cloud", "stop", "-s", "dev")
    monkeypatch.setenv("REHEARSAL_CREATION_SECONDS", "30")
    clone.rehearsal("cloud", "start", "-s", "dev")
    claim = users.claim(clone.outputs("dev")["storageClass"], "default", "regretted")
    clone.apply("dev", claim)
    said = "jsonpath={.reason}=Provisioning"
    about = "--field-selector=involvedObject.name=regretted,reason=Provisioning"
    kubectl(clone, "wait", "events", about, f"--for={said}", "--timeout=60s")
    kubectl(clone, "delete", "persistentvolumeclaim", "regretted", "--namespace=default")
    assert len(clone.inventory("dev")["fsx"]["us-west-2"]["file systems"]) == 2
    clone.rehearsal("destroy", "-s", "dev", "--yes", "--skip-preview")
    assert clone.inventory("dev") == {}
    assert clone.left_in_the_cluster("dev") == set()


def of_the_stack(clone: Clone) -> dict[str, Any]:
    """The account's inventory without training jobs, which end by themselves meanwhile."""
    return {name: what for name, what in clone.inventory("dev").items() if name != "sagemaker"}
