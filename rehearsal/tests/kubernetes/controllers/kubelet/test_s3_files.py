"""Mounts of S3 Files on a node: the handle, and the rights of the driver's account."""

from __future__ import annotations

import json

import pytest

from rehearsal.kubernetes.controllers.kube import Key
from rehearsal.kubernetes.controllers.kubelet import claims
from rehearsal.kubernetes.controllers.kubelet.volume_sources import MountError, VolumeSources
from tests.kubernetes.controllers.account import REGION, allow

POD = {"metadata": {"namespace": "team"}, "spec": {"nodeName": "node-1"}}
MOUNT = ("s3files:ClientMount", "s3files:ClientWrite")
ROOT = "s3files:ClientRootAccess"


@pytest.fixture
def files(at):
    """A file system over the bucket data, and the driver's pod on the node."""
    at.kube.put(
        "Pod",
        "kube-system",
        "efs-csi-node-1",
        metadata={"labels": {"app": "efs-csi-node"}},
        spec={"nodeName": "node-1", "serviceAccountName": "efs-csi-node-sa"},
    )
    return at.account.s3_files("data")


def point(at, system, uid=1000):
    return at.account.client("s3files").create_access_point(
        fileSystemId=system, posixUser={"uid": uid, "gid": uid}
    )["accessPointId"]


def mount(at, handle):
    csi = {"driver": "efs.csi.aws.com", "volumeHandle": handle}
    at.kube.patch(Key("PersistentVolume", "", "shared"), {"spec": {"csi": csi}})
    folder = at.environment.root / "pods" / "1"
    place = VolumeSources(at.kube, at.cloud, at.contents, REGION, folder)
    return claims.folder(place, POD, "shared", "sets")


def allowed(at, *actions):
    at.account.pod_identity("kube-system", "efs-csi-node-sa", allow(*actions))


def test_a_node_whose_driver_has_the_rights_mounts_the_files(at, files):
    allowed(at, *MOUNT)
    folder = mount(at, f"s3files:{files}::{point(at, files)}")
    assert (folder / "digits" / "train").read_text() == "1,2"


def test_a_driver_without_an_identity_is_denied(at, files):
    with pytest.raises(MountError, match=r"access denied by server .*no EKS Pod Identity"):
        mount(at, f"s3files:{files}::{point(at, files)}")


@pytest.mark.parametrize("missing", MOUNT)
def test_a_driver_that_lacks_a_right_is_denied(at, files, missing):
    allowed(at, *{*MOUNT} - {missing})
    with pytest.raises(MountError, match=rf"access denied by server .*{missing}"):
        mount(at, f"s3files:{files}::{point(at, files)}")


def test_user_0_takes_the_right_of_root(at, files):
    allowed(at, *MOUNT)
    with pytest.raises(MountError, match=ROOT):
        mount(at, f"s3files:{files}::{point(at, files, uid=0)}")
    with pytest.raises(MountError, match=ROOT):
        mount(at, f"s3files:{files}")


def test_the_policy_of_the_file_system_may_ask_for_an_access_point(at, files):
    allowed(at, *MOUNT, ROOT)
    statement = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3files:Client*",
        "Resource": "*",
        "Condition": {"Null": {"s3files:AccessPointArn": "true"}},
    }
    policy = json.dumps({"Statement": [statement]})
    at.account.client("s3files").put_file_system_policy(fileSystemId=files, policy=policy)
    with pytest.raises(MountError, match="ClientMount"):
        mount(at, f"s3files:{files}")
    assert mount(at, f"s3files:{files}::{point(at, files)}").is_dir()


def test_a_handle_without_its_prefix_is_taken_for_efs(at, files):
    allowed(at, *MOUNT, ROOT)
    with pytest.raises(MountError, match=f"write s3files:{files}"):
        mount(at, files)


def test_a_handle_of_efs_with_the_prefix_is_none(at):
    (system,) = at.account.client("efs").describe_file_systems()["FileSystems"]
    with pytest.raises(MountError, match="leave s3files: out"):
        mount(at, f"s3files:{system['FileSystemId']}")
