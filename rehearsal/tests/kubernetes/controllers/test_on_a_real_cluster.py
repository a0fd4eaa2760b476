"""The controllers on a real API server, installed by real Helm, over the emulated AWS."""

from __future__ import annotations

import time

import pytest

from rehearsal.clients.training_status import StatusFeed
from rehearsal.processes import lifecycle
from tests.kubernetes.controllers import real_cluster
from tests.kubernetes.controllers.account import REGION, allow, trust
from tests.kubernetes.controllers.real_cluster import NEEDED

pytestmark = pytest.mark.rehearsal

AWS_CLI = "public.ecr.aws/aws-cli/aws-cli:2.31.0"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with real_cluster.started(tmp_path_factory.mktemp("home")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def drivers(cluster):
    """The FSx and EFS drivers, with their rights."""
    for short, actions in (("fsx", "fsx:*"), ("efs", "elasticfilesystem:*")):
        account = f"{short}-csi-controller-sa"
        cluster.account.pod_identity("kube-system", account, allow(actions))
        cluster.install(short, f"aws-{short}-csi-driver", "kube-system")
    cluster.until(
        lambda found: (
            len(found["items"]) == 2
            and all(len(one["spec"]["drivers"] or []) == 2 for one in found["items"])
        ),
        "csinodes",
    )
    return cluster


def storage_class(name, **parameters):
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": f"{name}.csi.aws.com",
        "parameters": parameters,
    }


def claim(name, class_, size="1200Gi", volume=""):
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": class_,
            "resources": {"requests": {"storage": size}},
            **({"volumeName": volume} if volume else {}),
        },
    }


def bound(found):
    return found["status"].get("phase") == "Bound"


def job(name, claim_name, **container):
    mount = {"name": "data", "mountPath": "/data"}
    pod = {
        "restartPolicy": "Never",
        "serviceAccountName": "loader",
        "containers": [{"name": "main", "volumeMounts": [mount], **container}],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": claim_name}}],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"backoffLimit": 2, "template": {"spec": pod}},
    }


def finished(found):
    kinds = {
        one["type"] for one in found["status"].get("conditions", []) if one["status"] == "True"
    }
    return kinds & {"Complete", "Failed"}


@pytest.fixture(scope="module")
def loader(drivers):
    """A claim on EFS, and a service account that may read the bucket."""
    drivers.account.pod_identity("default", "loader", allow("s3:ListBucket", "s3:GetObject"))
    system = drivers.account.nfs()
    drivers.account.admit_nodes(system)
    drivers.apply(
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "loader", "namespace": "default"},
        },
        storage_class("efs", provisioningMode="efs-ap", fileSystemId=system, directoryPerms="700"),
        claim("shared", "efs", "5Gi"),
    )
    drivers.until(bound, "pvc", "shared")
    return drivers


def test_a_lustre_claim_is_bound_to_a_file_system_that_goes_with_it(drivers):
    account = drivers.account
    drivers.apply(
        storage_class(
            "fsx",
            subnetId=account.subnets[0],
            securityGroupIds=account.group,
            deploymentType="PERSISTENT_1",
            perUnitStorageThroughput="50",
        ),
        claim("lustre", "fsx"),
    )
    name = drivers.until(bound, "pvc", "lustre")["spec"]["volumeName"]
    handle = drivers.get("pv", name)["spec"]["csi"]["volumeHandle"]
    fsx = account.client("fsx")
    assert fsx.describe_file_systems(FileSystemIds=[handle])["FileSystems"]
    drivers.program("kubectl", "delete", "pvc", "lustre")
    drivers.gone(f"pv/{name}")
    left = {one["FileSystemId"]: one["Lifecycle"] for one in file_systems(fsx)}
    assert left.get(handle, "DELETING") == "DELETING"


def file_systems(fsx):
    return fsx.describe_file_systems()["FileSystems"]


def test_a_job_brings_the_buckets_objects_onto_the_claim(loader):
    loader.apply(
        job("load", "shared", image=AWS_CLI, args=["s3", "sync", "s3://data/sets", "/data"])
    )
    done = loader.until(finished, "job", "load")
    assert finished(done) == {"Complete"}
    (file,) = loader.environment.file_systems.glob("*/*/digits/train")
    assert file.read_text() == "1,2"


def test_a_job_whose_image_can_not_run_never_completes(loader):
    loader.apply(job("other", "shared", image="python:3.12", args=["-c", "1"]))
    found = loader.until(
        lambda pods: pods["items"] and pods["items"][0]["status"].get("containerStatuses"),
        "pods",
        "-l",
        "job-name=other",
    )
    (state,) = found["items"][0]["status"]["containerStatuses"]
    assert state["state"]["waiting"]["reason"] == "ImageNotRunnable"
    loader.program("kubectl", "delete", "job", "other", "--timeout=60s")


def test_a_job_is_run_again_after_the_controllers_were_killed(loader):
    script = "echo began; sleep 4; echo done"
    loader.apply(job("slow", "shared", image=AWS_CLI, command=["sh", "-c", script]))
    loader.until(
        lambda pods: pods["items"] and pods["items"][0]["status"]["phase"] == "Running",
        "pods",
        "-l",
        "job-name=slow",
    )
    loader.kill_controllers()
    lifecycle.start(loader.environment, lambda _: None, NEEDED)
    done = loader.until(finished, "job", "slow")
    assert finished(done) == {"Complete"}
    assert done["status"]["failed"] == 1, "the pod that was running is known to have failed"


@pytest.fixture(scope="module")
def ack(cluster):
    """ACK's controller, and a linked file system whose files a job reads."""
    account = cluster.account
    execution = account.role("exec", trust("sagemaker.amazonaws.com"))
    passed = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    account.pod_identity(
        "ack-system",
        "ack-sagemaker-controller",
        allow("sagemaker:*"),
        allow("iam:PassRole", resource=execution, StringEquals=passed),
    )
    cluster.install("ack", "sagemaker-chart", "ack-system", f"aws.region={REGION}")
    return cluster


def training_job(cluster, name, role="exec"):
    account = cluster.account
    system = account.lustre(ImportPath="s3://data/sets/", AutoImportPolicy="NEW")
    source = {
        "fileSystemID": system["FileSystemId"],
        "fileSystemType": "FSxLustre",
        "fileSystemAccessMode": "ro",
        "directoryPath": f"/{system['LustreConfiguration']['MountName']}/digits",
    }
    registry = f"246618743249.dkr.ecr.{REGION}.amazonaws.com"
    spec = {
        "trainingJobName": name,
        "roleARN": f"arn:aws:iam::123456789012:role/{role}",
        "algorithmSpecification": {
            "trainingImage": f"{registry}/sagemaker-xgboost:1.7-1",
            "trainingInputMode": "File",
        },
        "inputDataConfig": [
            {"channelName": "train", "dataSource": {"fileSystemDataSource": source}}
        ],
        "outputDataConfig": {"s3OutputPath": "s3://data/models"},
        "resourceConfig": {"instanceType": "ml.m5.large", "instanceCount": 1, "volumeSizeInGB": 9},
        "stoppingCondition": {"maxRuntimeInSeconds": 60},
        "vpcConfig": {"securityGroupIDs": [account.group], "subnets": account.subnets[:1]},
    }
    return {
        "apiVersion": "sagemaker.services.k8s.aws/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": name, "namespace": "default"},
        "spec": spec,
    }


def test_a_training_job_is_accepted_followed_and_stops_when_deleted(ack):
    ack.apply(training_job(ack, "digits"))
    found = ack.until(
        lambda one: one.get("status", {}).get("trainingJobStatus"), "trainingjob", "digits"
    )
    assert found["status"]["ackResourceMetadata"]["arn"].endswith("training-job/digits")
    moves = StatusFeed(ack.environment)
    moves.advance("digits", "InProgress", "Training", "as its runner would")
    began = time.monotonic()
    ack.until(lambda one: one["status"]["secondaryStatus"] == "Training", "trainingjob", "digits")
    assert time.monotonic() - began < 10, "heard of, and not asked after only"
    moves.advance("digits", "InProgress", "Pending", "nobody runs it any more")
    ack.program("kubectl", "delete", "trainingjob", "digits", "--timeout=60s")
    stopped = ack.account.client("sagemaker").describe_training_job(TrainingJobName="digits")
    assert stopped["TrainingJobStatus"] in ("Stopping", "Stopped")


def test_a_refusal_by_iam_shows_in_the_conditions(ack):
    ack.apply(training_job(ack, "refused", role="nobody"))

    def refused(found):
        conditions = found.get("status", {}).get("conditions", [])
        return [one for one in conditions if one["type"] == "ACK.Recoverable"]

    (condition,) = refused(ack.until(refused, "trainingjob", "refused"))
    assert "not authorized to perform: iam:PassRole" in condition["message"]
    ack.program("kubectl", "delete", "trainingjob", "refused", "--timeout=60s")


def test_the_api_server_refuses_a_field_that_ack_does_not_have(ack):
    wanted = training_job(ack, "misspelt")
    wanted["spec"]["resourceConfig"]["volumeSizeInGb"] = 10
    with pytest.raises(AssertionError, match="volumeSizeInGb"):
        ack.apply(wanted)


def test_helm_refuses_a_misspelt_value(ack):
    with pytest.raises(AssertionError, match="additional properties 'reigon' not allowed"):
        ack.install("ack", "sagemaker-chart", "ack-system", f"aws.reigon={REGION}")
