"""Volumes that the EFS CSI driver makes on S3 Files: access points, with its own rights."""

from __future__ import annotations

import pytest

from rehearsal.kubernetes.controllers.kube import Key
from tests.kubernetes.controllers.account import allow
from tests.kubernetes.controllers.test_csi_provisioner import EFS, provision, scene

RIGHTS = (
    allow("s3files:ListFileSystems", "s3files:ListAccessPoints"),
    allow(
        "s3files:CreateAccessPoint", StringEquals={"aws:RequestTag/efs.csi.aws.com/cluster": "true"}
    ),
    allow(
        "s3files:DeleteAccessPoint",
        StringEquals={"aws:ResourceTag/efs.csi.aws.com/cluster": "true"},
    ),
)


@pytest.fixture
def files(account, kube, cloud, contents):
    """Makes a claim on S3 Files, and a driver with rights."""
    account.cluster()
    account.bucket("data")
    system = account.s3_files("data")

    def make(*rights, **parameters):
        account.pod_identity("kube-system", "efs-csi-controller-sa", *(rights or RIGHTS))
        class_ = {"provisioningMode": "s3files-ap", "fileSystemId": system, "directoryPerms": "700"}
        at = scene((account, kube, cloud, contents), EFS, class_ | parameters)
        at.system = system
        release(at, "v3.4.1")
        return at

    return make


def release(at, tag):
    """Sets the release of the driver."""
    spec = at.kube.get(at.deployment)["spec"]
    spec["template"]["spec"]["containers"][0]["image"] = f"ecr/aws-efs-csi-driver:{tag}"
    at.kube.patch(at.deployment, {"spec": spec})


def points(at):
    client = at.account.client("s3files")
    return client.list_access_points(fileSystemId=at.system)["accessPoints"]


def said(at):
    return " ".join(at.kube.said("ProvisioningFailed"))


def test_a_claim_gets_an_access_point_with_a_directory_of_its_own(files):
    at = files(basePath="/dynamic")
    (volume,) = provision(at)
    (point,) = points(at)
    name = volume["metadata"]["name"]
    handle = volume["spec"]["csi"]["volumeHandle"]
    assert handle == f"s3files:{at.system}::{point['accessPointId']}"
    assert point["rootDirectory"]["path"] == f"/dynamic/{name}"
    assert point["posixUser"]["uid"] == point["posixUser"]["gid"] == 50000


def test_a_volume_that_is_released_takes_its_access_point_along(files):
    at = files()
    (volume,) = provision(at)
    key = Key("PersistentVolume", "", volume["metadata"]["name"])
    at.kube.patch(key, {"status": {"phase": "Released"}})
    at.volumes.reconcile(key)
    assert points(at) == []


@pytest.mark.parametrize("parameter", ["reuseAccessPoint", "crossaccount"])
def test_what_the_driver_has_for_efs_only_is_refused(files, parameter):
    at = files(**{parameter: "true"})
    assert provision(at) == []
    assert f"{parameter} is not supported for S3 Files" in said(at)


def test_a_driver_without_the_rights_makes_nothing(files):
    at = files(allow("s3files:ListFileSystems", "s3files:ListAccessPoints"))
    assert provision(at) == []
    assert "s3files:CreateAccessPoint" in said(at)


def test_a_driver_of_an_earlier_release_knows_no_s3_files(files):
    at = files()
    release(at, "v2.3.1")
    assert provision(at) == []
    assert "s3files-ap is not supported" in said(at)


def test_a_file_system_that_is_not_there_is_told(files):
    at = files(fileSystemId="fs-0123456789abcdef0")
    assert provision(at) == []
    assert "File System does not exist" in said(at)
