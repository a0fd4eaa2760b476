"""Plain NFS volumes of EFS, and what the policy and the users of files let a container do."""

from __future__ import annotations

import json

import pytest

from rehearsal.kubernetes.controllers.kube import Key
from rehearsal.kubernetes.controllers.kubelet import volumes
from rehearsal.kubernetes.controllers.kubelet.volume_sources import MountError, VolumeSources
from tests.kubernetes.controllers.account import REGION
from tests.kubernetes.controllers.kubelet.samples import AWS_CLI, log, main, schedule, settle

VOLUME = Key("PersistentVolume", "", "shared")
PREFIX = "elasticfilesystem:"
NOBODY_IS_ROOT = [f"{PREFIX}ClientMount", f"{PREFIX}ClientWrite"]


@pytest.fixture
def system(at):
    """The file system; the claim is on a plain NFS volume of its root."""
    found = at.folder.name
    server = f"{found}.efs.{REGION}.amazonaws.com"
    spec = at.kube.get(VOLUME)["spec"]
    del at.kube.objects[VOLUME]
    at.kube.put("PersistentVolume", "", "shared", spec={"nfs": {"server": server, "path": "/"}})
    assert spec["csi"]["volumeHandle"] == found
    return found


@pytest.fixture
def allow(at, system):
    """Put a policy on the file system that allows everybody some actions."""

    def put(actions, **condition):
        statement = {"Effect": "Allow", "Principal": "*", "Action": actions}
        statement |= {"Condition": {"Bool": condition}} if condition else {}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        at.account.client("efs").put_file_system_policy(FileSystemId=system, Policy=policy)

    return put


def run(at, command, user=1000):
    context = {"securityContext": {"runAsUser": user}} if user is not None else {}
    schedule(at, command=["sh", "-c", command], **context)
    return settle(at)


def mounted(at, user=1000, **mount):
    """The mount of a container of a user."""
    place = VolumeSources(at.kube, at.cloud, at.contents, REGION, at.environment.root / "p" / "1")
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": "shared"}}
    pod = {"metadata": {"namespace": "team"}, "spec": {"nodeName": "node-1", "volumes": [claim]}}
    container = {
        "securityContext": {"runAsUser": user},
        "volumeMounts": [{"name": "data", "mountPath": "/data", **mount}],
    }
    (found,) = volumes.mounts(place, pod, container, {})
    return found


def test_the_root_of_efs_belongs_to_root_and_other_users_write_below_it(at, system):
    at.folder.mkdir(parents=True, exist_ok=True)
    status = run(at, "touch /data/file")
    assert status["phase"] == "Failed"
    assert "Read-only file system" in log(at)
    del at.kube.objects[Key("Pod", "team", "load")]
    (at.folder / "sets").mkdir()
    assert run(at, "touch /data/sets/file")["phase"] == "Succeeded", log(at)
    assert (at.folder / "sets" / "file").exists()


def test_root_makes_directories_at_the_root(at, system):
    assert run(at, "mkdir /data/sets", user=0)["phase"] == "Succeeded", log(at)
    assert (at.folder / "sets").is_dir()


def test_a_directory_that_an_init_container_makes_as_root_is_written_by_the_next(at, system):
    at.folder.mkdir(parents=True, exist_ok=True)
    mount = [{"name": "data", "mountPath": "/data"}]
    root = {"runAsUser": 0, "runAsNonRoot": False}
    make = {
        "name": "make",
        "image": AWS_CLI,
        "command": ["sh", "-c", "mkdir /data/sets"],
        "volumeMounts": mount,
        "securityContext": root,
    }
    context = {"runAsUser": 1000}
    command = ["sh", "-c", "touch /data/sets/file"]
    schedule(at, command=command, initContainers=[make], securityContext=context)
    assert settle(at)["phase"] == "Succeeded", log(at)


@pytest.mark.difference(
    of="File systems",
    what="Directories below the root of EFS can be written by every user that may write at all.",
    direction="kinder",
    why="Pods are processes of one user, so that owners and modes are not kept.",
    told="The condition rehearsal/enforces-limits-and-networks of every pod that runs, in kubectl "
    "describe.",
)
def test_a_directory_of_root_is_written_by_others(at, system):
    (at.folder / "sets").mkdir(parents=True)
    found = mounted(at)
    assert found.read_only
    assert found.writable_below


def test_root_is_nobody_where_the_policy_does_not_let_it_be_root(at, system, allow):
    at.folder.mkdir(parents=True, exist_ok=True)
    allow(NOBODY_IS_ROOT)
    assert mounted(at, user=0).read_only
    allow([*NOBODY_IS_ROOT, f"{PREFIX}ClientRootAccess"])
    assert not mounted(at, user=0).read_only


def test_a_sub_path_is_made_by_the_kubelet_if_it_may_be_root(at, system, allow):
    allow(NOBODY_IS_ROOT)
    with pytest.raises(MountError, match="subPath directory: permission denied"):
        mounted(at, subPath="sets")
    allow([*NOBODY_IS_ROOT, f"{PREFIX}ClientRootAccess"])
    assert mounted(at, subPath="sets").folder == at.folder / "sets"


def test_a_policy_that_only_lets_read_makes_the_mount_read_only(at, system, allow):
    (at.folder / "sets").mkdir(parents=True)
    allow([f"{PREFIX}ClientMount"])
    found = mounted(at, user=0)
    assert found.read_only
    assert not found.writable_below


def test_a_policy_that_asks_for_tls_keeps_plain_nfs_out_and_lets_the_driver_in(at, system, allow):
    allow(f"{PREFIX}*", **{"aws:SecureTransport": "true"})
    schedule(at, command=["sh", "-c", "true"])
    at.controller.reconcile(Key("Pod", "team", "load"))
    (said,) = at.kube.said("FailedMount")
    assert f"access denied by server while mounting {system}:/" in said
    del at.kube.objects[VOLUME]
    csi = {"driver": "efs.csi.aws.com", "volumeHandle": system}
    at.kube.put("PersistentVolume", "", "shared", spec={"csi": csi})
    assert not mounted(at, user=0).read_only
    csi["volumeAttributes"] = {"encryptInTransit": "false"}
    at.kube.patch(VOLUME, {"spec": {"csi": csi}})
    with pytest.raises(MountError, match="access denied"):
        mounted(at)


def test_an_access_point_makes_everybody_its_user(at, system, allow):
    root = {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "0755"}
    point = at.account.client("efs").create_access_point(
        ClientToken="t",
        FileSystemId=system,
        PosixUser={"Uid": 1000, "Gid": 1000},
        RootDirectory={"Path": "/shared", "CreationInfo": root},
    )["AccessPointId"]
    allow(NOBODY_IS_ROOT)
    del at.kube.objects[VOLUME]
    csi = {"driver": "efs.csi.aws.com", "volumeHandle": f"{system}::{point}"}
    at.kube.put("PersistentVolume", "", "shared", spec={"csi": csi})
    for user in (0, 1000, 2000):
        assert not mounted(at, user=user).read_only


@pytest.mark.parametrize(
    ("nfs", "options", "reason"),
    [
        ({"server": "{}.efs.eu-west-1.amazonaws.com"}, [], "Name or service not known"),
        ({"server": "{}"}, [], "Name or service not known"),
        ({"path": "/none"}, [], "No such file or directory"),
        ({}, ["nfsvers=4.1", "tls"], "an incorrect mount option was specified: tls"),
    ],
)
def test_what_mount_would_not_find_is_not_mounted(at, system, nfs, options, reason):
    named = {key: value.format(system) for key, value in nfs.items()}
    there = at.kube.get(VOLUME)["spec"]["nfs"]
    at.kube.patch(VOLUME, {"spec": {"nfs": there | named, "mountOptions": options}})
    with pytest.raises(MountError, match=reason):
        mounted(at)


def test_the_options_of_the_guide_mount(at, system):
    options = "nfsvers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2,noresvport"
    at.kube.patch(VOLUME, {"spec": {"mountOptions": options.split(",")}})
    assert mounted(at, user=0).folder == at.folder
    assert main(run(at, "true"))["state"]["terminated"]["exitCode"] == 0
