"""Volumes of single directories, and volumes that are mounted for reading."""

from __future__ import annotations

import pytest

from rehearsal.kubernetes.controllers.kube import Key
from rehearsal.kubernetes.controllers.kubelet import volumes
from rehearsal.kubernetes.controllers.kubelet.volume_sources import MountError, VolumeSources
from tests.kubernetes.controllers.account import REGION

VOLUME = Key("PersistentVolume", "", "shared")


@pytest.fixture
def lustre(at):
    """An FSx for Lustre file system; the claim is on a volume of it."""
    return at.account.lustre()


def put(at, lustre, directory="", **spec):
    name = lustre["LustreConfiguration"]["MountName"]
    attributes = {
        "dnsname": lustre["DNSName"],
        "mountname": f"{name}/{directory}" if directory else name,
    }
    csi = {
        "driver": "fsx.csi.aws.com",
        "volumeHandle": lustre["FileSystemId"],
        "volumeAttributes": attributes,
    }
    at.kube.objects.pop(VOLUME, None)
    at.kube.put("PersistentVolume", "", "shared", spec={"csi": csi, **spec})


def mounted(at):
    place = VolumeSources(at.kube, at.cloud, at.contents, REGION, at.environment.root / "p" / "1")
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": "shared"}}
    pod = {"metadata": {"namespace": "team"}, "spec": {"nodeName": "node-1", "volumes": [claim]}}
    container = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    (found,) = volumes.mounts(place, pod, container, {})
    return found


def test_a_directory_behind_the_mount_name_is_all_that_a_pod_sees(at, lustre):
    put(at, lustre)
    root = mounted(at).folder
    (root / "teams" / "a").mkdir(parents=True)
    put(at, lustre, "teams/a")
    assert mounted(at).folder == root / "teams" / "a"


def test_a_directory_that_is_not_there_is_not_mounted(at, lustre):
    put(at, lustre, "teams/b")
    with pytest.raises(MountError, match="teams/b failed: No such file"):
        mounted(at)


def test_a_volume_with_the_option_ro_is_read_only(at, lustre):
    put(at, lustre, mountOptions=["flock"])
    assert not mounted(at).read_only
    put(at, lustre, mountOptions=["flock", "ro"])
    assert mounted(at).read_only


def test_read_only_of_the_csi_source_reaches_no_driver(at, lustre):
    put(at, lustre)
    at.kube.objects[VOLUME]["spec"]["csi"]["readOnly"] = True
    assert not mounted(at).read_only


@pytest.mark.parametrize("driver", ["efs", "fsx"])
def test_the_drivers_know_no_read_only_many(at, lustre, driver):
    if driver == "fsx":
        put(at, lustre)
    at.kube.objects[VOLUME]["spec"]["accessModes"] = ["ReadOnlyMany"]
    with pytest.raises(MountError, match="Volume capability not supported"):
        mounted(at)
