"""Storages beside the active one: each whole, and none in the way of another."""

from typing import Any

import pytest

from settings.report import SettingsError
from tests.mocks import Deployment, Registration, deploy_stack, names
from tests.program.conftest import Deploy
from tests.program.test_critical_path import (
    CONTROLLER,
    critical_path,
    minutes,
    substantial,
    timings,
)

BOTH = {"storage.also": ["fsx"]}


@pytest.fixture(scope="session")
def both(deployed: Deploy) -> Deployment:
    """The dev stack, with FSx for Lustre beside EFS."""
    return deployed("dev", BOTH)


def of(storage: str, deployment: Deployment) -> list[str]:
    """The identities of all resources, as URNs, that a storage brings by itself."""
    return sorted(each.urn for each in deployment.resources if f"-{storage}" in each.urn)


def volumes(deployment: Deployment) -> dict[str, str]:
    """CSI driver of each volume, by the volume's name in Kubernetes."""
    return {
        each.inputs["metadata"]["name"]: each.inputs["spec"]["csi"]["driver"]
        for each in deployment.of_type(":PersistentVolume")
    }


def test_each_storage_has_its_file_system_driver_class_access_and_claims(both: Deployment) -> None:
    assert both.one(":FileSystem", "storage-file-system")
    assert both.one(":LustreFileSystem", "storage-file-system")
    assert {each.inputs["chart"] for each in both.of_type(":Release")} >= {
        "aws-efs-csi-driver",
        "aws-fsx-csi-driver",
    }
    assert {each.inputs["metadata"]["name"] for each in both.of_type(":StorageClass")} == {
        "efs-access-points",
        "fsx-lustre",
    }
    assert volumes(both) == {
        "shared-training": "efs.csi.aws.com",
        "fsx-training": "fsx.csi.aws.com",
    }
    rules = {*names(both.of_type("Rule"))}
    assert {"storage-efs-from-nodes-2049", "storage-fsx-from-nodes-988"} <= rules
    assert "storage-fsx-from-training-988" not in rules, "jobs read the active storage only"


def test_the_claims_of_a_further_storage_have_its_name(both: Deployment) -> None:
    found = {each.inputs["metadata"]["name"] for each in both.of_type(":PersistentVolumeClaim")}
    assert found == {"shared", "fsx"}
    assert both.exports["claims"] == {"training": "shared"}
    further = both.exports["furtherStorages"]["fsx"]
    assert further["claims"] == {"training": "fsx"}
    assert further["storageClasses"] == ["fsx-lustre"]
    assert further["mountPath"] == "/mnt/fsx"
    assert further["fileSystemId"] != both.exports["fileSystemId"]


def test_a_further_storage_changes_nothing_of_the_active_one(
    both: Deployment, dev: Deployment
) -> None:
    for each in dev.resources:
        same = both.by_urn(each.urn)
        if each.name not in {"teardown-release", "begun"}:
            assert same.inputs == each.inputs, each.name


def test_the_teardown_knows_every_driver_and_waits_for_every_claim(both: Deployment) -> None:
    teardown = both.one(":Release", "teardown-release")
    assert teardown.inputs["values"]["drivers"] == ["efs.csi.aws.com", "fsx.csi.aws.com"]
    kinds = (":PersistentVolumeClaim", ":PersistentVolume", ":StorageClass", ":Release")
    others = {each.urn for kind in kinds for each in both.of_type(kind)} - {teardown.urn}
    assert others <= both.waits_in_the_end_for(teardown)


def test_what_is_on_a_storage_goes_before_its_driver(both: Deployment) -> None:
    for storage, prefix in (("efs", "mount"), ("fsx", "fsx")):
        driver = both.one(":Release", f"mount-driver-{storage}-release").urn
        for suffix in ("", "-volume"):
            kind = ":PersistentVolume" if suffix else ":PersistentVolumeClaim"
            claim = both.one(kind, f"{prefix}-claims-training{suffix}")
            assert driver in both.waits_in_the_end_for(claim)


KEPT = ("storage-file-system", "mount-driver-", "efs-classes", "fsx-classes", "-nodes")


def test_a_switch_between_backend_and_also_replaces_no_file_system_driver_or_class(
    both: Deployment, deployed: Deploy
) -> None:
    switched = deployed("dev", {"storage.backend": "fsx", "storage.also": ["efs"]})
    kept = [each for each in both.resources if any(part in each.name for part in KEPT)]
    assert len(kept) > 12
    for each in kept:
        assert switched.by_urn(each.urn).inputs == each.inputs, each.name
    assert volumes(switched) == {
        "shared-training": "fsx.csi.aws.com",
        "efs-training": "efs.csi.aws.com",
    }


def test_a_job_waits_for_no_file_system_beside_the_one_that_it_reads(both: Deployment) -> None:
    (job,) = both.of_type("v1alpha1:TrainingJob")
    assert both.one(":LustreFileSystem").urn not in both.waits_in_the_end_for(job)


@pytest.mark.parametrize(("stack", "further"), [("dev", "fsx"), ("prod", "efs")])
def test_further_storages_lengthen_nothing(deployed: Deploy, stack: str, further: str) -> None:
    alone, beside = deployed(stack), deployed(stack, {"storage.also": [further]})
    assert substantial(critical_path(beside)) == substantial(critical_path(alone))
    job = alone.of_type("v1alpha1:TrainingJob")[0]
    done = [timings(one)[one.one(job.type, job.name).urn].done for one in (alone, beside)]
    assert done[1] == pytest.approx(done[0])


def test_a_storage_that_slows_the_job_is_seen(both: Deployment) -> None:
    lustre, cluster = both.one(":LustreFileSystem"), both.one("eks:index:Cluster")
    assert timings(both)[lustre.urn].done < timings(both)[cluster.urn].done + minutes(cluster)


def updated(changes: dict[str, Any], before: Deployment) -> Deployment:
    return deploy_stack("dev", changes, before.state)


def test_the_deployed_storages_are_known_from_the_state(both: Deployment) -> None:
    with pytest.raises(SettingsError, match=both.exports["furtherStorages"]["fsx"]["fileSystemId"]):
        updated({**BOTH, "storage.fsx.deploymentType": "SCRATCH_2", "storage.fsx.link": None}, both)


def former(registration: Registration) -> set[str]:
    return {str(alias.name) for alias in registration.aliases if alias.name is not ...}


def test_only_the_storage_of_the_last_release_has_the_names_that_were_without_one(
    deployed: Deploy, dev: Deployment
) -> None:
    """A stack of the last release gets FSx as its active storage, and keeps EFS beside it."""
    urn = "urn:pulumi:dev::eks-ml-storage::kubernetes:storage.k8s.io/v1:StorageClass"
    before = {
        **dev.state,
        f"{urn}::mount-claims-class": {
            "type": "kubernetes:storage.k8s.io/v1:StorageClass",
            "outputs": {"provisioner": "efs.csi.aws.com"},
        },
    }
    after = deploy_stack("dev", {"storage.backend": "fsx", "storage.also": ["efs"]}, before)
    drivers = {each.name: former(each) for each in after.of_type(":CsiDriver")}
    assert drivers == {"mount-driver-efs": {"mount-driver"}, "mount-driver-fsx": set()}
    classes = {each.name: former(each) for each in after.of_type(":StorageClass")}
    assert classes == {
        "efs-classes-efs-access-points": {"mount-claims-class"},
        "fsx-classes-fsx-lustre": set(),
    }


def test_all_storages_of_the_guide_at_once_lengthen_nothing(deployed: Deploy) -> None:
    guide = deployed("storage-guide")
    assert substantial(critical_path(guide)) == [*CONTROLLER, "Job"]
    (job,) = guide.of_type("v1alpha1:TrainingJob")
    waited = guide.waits_in_the_end_for(job)
    # Rights of the EFS driver name the file system of S3 Files, and namespaces wait for the driver.
    for kind in ("efs/fileSystem:FileSystem", ":PersistentVolume"):
        beside = [one.urn for one in guide.of_type(kind) if not one.name.startswith("mount-")]
        assert beside
        assert not waited & {*beside}, "a job waits for the storage that it reads"


def test_a_team_has_no_claim_but_its_own(deployed: Deploy) -> None:
    claims = {
        (one.inputs["metadata"]["namespace"], one.inputs["metadata"]["name"])
        for one in deployed("storage-guide").of_type(":PersistentVolumeClaim")
    }
    of_teams = {one for one in claims if one[0].startswith("team")}
    assert of_teams == {
        ("team-a", "results"),
        ("team-a", "notes"),
        ("team-a", "common"),
        ("team-b", "work"),
        ("team-b", "notes-of-a"),
    }
