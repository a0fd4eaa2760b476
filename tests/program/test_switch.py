"""One line of stack config decides what the storage is, and everything follows."""

import json

import pytest

from tests.mocks import Deployment, Registration, names
from tests.program.conftest import Deploy, prefix


def of(deployment: Deployment, service: str) -> list[str]:
    """Names of the resources of a service, its driver included."""
    return [
        each.name
        for each in deployment.resources
        if f"aws:{service}/" in each.type
        or f"{service}.csi.aws.com" in json.dumps(each.inputs)
        or f"aws-{service}-csi-driver" in json.dumps(each.inputs)
    ]


def test_switching_to_fsx_leaves_nothing_of_efs(deployed: Deploy, dev: Deployment) -> None:
    switched = deployed("dev", {"storage.backend": "fsx"})
    assert of(dev, "efs")
    assert not of(dev, "fsx")
    assert of(switched, "fsx")
    assert not of(switched, "efs")


def test_switching_to_efs_leaves_nothing_of_fsx(deployed: Deploy) -> None:
    switched = deployed("prod", {"storage.backend": "efs"})
    assert of(switched, "efs")
    assert not of(switched, "fsx")


def test_the_training_job_and_the_claims_follow_the_switch(
    deployed: Deploy, dev: Deployment
) -> None:
    switched = deployed("dev", {"storage.backend": "fsx"})
    assert switched.exports["trainingJobs"] == dev.exports["trainingJobs"], "its model is the same"
    for deployment in (dev, switched):
        job = deployment.one("v1alpha1:TrainingJob", "training-digits-job")
        source = job.inputs["spec"]["inputDataConfig"][0]["dataSource"]["fileSystemDataSource"]
        assert source["fileSystemID"] == deployment.exports["fileSystemId"]
        handle = deployment.of_type(":PersistentVolume")[0].inputs["spec"]["csi"]["volumeHandle"]
        assert handle.startswith(deployment.exports["fileSystemId"])


def test_names_that_users_write_down_outlive_the_switch(deployed: Deploy, dev: Deployment) -> None:
    switched = deployed("dev", {"storage.backend": "fsx"})
    for key in ("claims", "clusterName", "bucket", "mountPath"):
        assert switched.exports[key] == dev.exports[key]


def test_what_has_no_part_in_storage_stays_as_it_is(deployed: Deploy, dev: Deployment) -> None:
    switched = deployed("dev", {"storage.backend": "fsx"})
    for each in dev.resources:
        if each.name.startswith(("network", "cluster", "nodes", "data")):
            assert switched.one(each.type, each.name).inputs == each.inputs


def bringing(deployment: Deployment) -> list[str]:
    """The Jobs by which datasets come to the storage."""
    return [each for each in names(deployment.of_type(":Job")) if each != "mount-old-job"]


def test_datasets_come_by_the_link_or_by_a_copy_and_never_by_both(
    deployed: Deploy, dev: Deployment, prod: Deployment
) -> None:
    assert bringing(dev) == ["mount-copies-digits"], "EFS has no link"
    for linked in (prod, deployed("prod", {"storage.fsx.link.preload": False})):
        assert bringing(linked) == ["mount-imports-digits-job"], "no copy: it waits"
    unlinked = deployed("prod", {"storage.fsx.link": None})
    assert bringing(unlinked) == ["mount-copies-digits"]
    job = unlinked.one("v1alpha1:TrainingJob", "training-digits-job")
    channel = job.inputs["spec"]["inputDataConfig"][0]
    directory = channel["dataSource"]["fileSystemDataSource"]["directoryPath"]
    assert directory == f"/{unlinked.exports['mountName']}/{prefix(unlinked)}/train"
    copy = unlinked.one(":Job", "mount-copies-digits")
    assert copy in unlinked.waits_for(job), "it reads what is copied"


def test_a_link_that_imports_nothing_new_brings_no_dataset_and_it_is_copied(
    deployed: Deploy,
) -> None:
    changes = {"storage.fsx.link.autoImportPolicy": "NONE", "storage.fsx.link.preload": False}
    never = deployed("prod", changes)
    copy = never.one(":Job", "mount-copies-digits")
    assert bringing(never) == [copy.name]
    job = never.one("v1alpha1:TrainingJob", "training-digits-job")
    channel = job.inputs["spec"]["inputDataConfig"][0]
    directory = channel["dataSource"]["fileSystemDataSource"]["directoryPath"]
    assert directory == f"/{never.exports['mountName']}/{prefix(never)}/train"
    assert copy in never.waits_for(job)


def volume_under(deployment: Deployment, workload: Registration) -> str:
    """The URN of the volume behind a Deployment's claim."""
    namespace = workload.inputs["metadata"]["namespace"]
    name = f"shared-{namespace}"
    (volume,) = [
        each.urn
        for each in deployment.of_type(":PersistentVolume")
        if each.inputs["metadata"]["name"] == name
    ]
    return volume


@pytest.mark.parametrize("stack", ["dev", "patterns"])
def test_pods_that_stay_up_let_go_of_the_old_storage_before_its_claim_goes(
    deployed: Deploy, stack: str
) -> None:
    """Kubernetes keeps a claim that a running pod has, and the switch would wait for ever."""
    made = deployed(stack)
    (workload,) = made.of_type(":Deployment")
    assert list(workload.options.replace_with) == [volume_under(made, workload)]
    assert workload.options.deleteBeforeReplace, "its name is its own and not to be had twice"


def test_s3_files_shows_the_datasets_and_jobs_read_them_in_the_bucket(
    deployed: Deploy, dev: Deployment
) -> None:
    switched = deployed("dev", {"storage.backend": "s3files"})
    assert bringing(switched) == ["mount-imports-digits-job"], "nothing is copied"
    assert switched.exports["trainingJobs"] == dev.exports["trainingJobs"], "its model is the same"
    job = switched.one("v1alpha1:TrainingJob", "training-digits-job")
    channel = job.inputs["spec"]["inputDataConfig"][0]
    bucket, uri = switched.exports["bucket"], channel["dataSource"]["s3DataSource"]["s3URI"]
    assert uri == f"s3://{bucket}/{prefix(switched)}/train/"
    policy = json.loads(switched.one(":RolePolicy", "training-execution-policy").inputs["policy"])
    reads = next(each for each in policy["Statement"] if each["Action"] == ["s3:GetObject"])
    assert any(each.endswith("/datasets/digits/*") for each in reads["Resource"])


def test_every_part_of_s3_files_that_takes_tags_has_them(deployed: Deploy) -> None:
    made = deployed("s3files")
    for kind in (":FilesFileSystem", ":FilesAccessPoint"):
        assert made.one(kind).inputs["tags"]["Stack"] == "s3files"


def test_efs_and_s3_files_have_one_driver_and_the_claims_of_each(deployed: Deploy) -> None:
    both = deployed("dev", {"storage.also": ["s3files"]})
    assert names(both.of_type(":Release")).count("mount-driver-efs-release") == 1
    handles = {
        each.inputs["metadata"]["name"]: each.inputs["spec"]["csi"]["volumeHandle"]
        for each in both.of_type(":PersistentVolume")
    }
    assert any(each.startswith("s3files:fs-") for each in handles.values())
    assert any(each.startswith("fs-") for each in handles.values())
    alone = deployed("dev")
    for name in ("storage-file-system", "mount-claims-training"):
        (before,) = [each for each in alone.resources if each.name == name]
        assert [each for each in both.resources if each.urn == before.urn]
