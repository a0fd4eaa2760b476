"""The folders behind a pod's volumes."""

import base64
import os
import time

import pytest

from rehearsal.kubernetes.controllers.kube import Key
from rehearsal.kubernetes.controllers.kubelet import config_volumes, node_disks, volumes
from rehearsal.kubernetes.controllers.kubelet.volume_sources import MountError, VolumeSources

METADATA = {"name": "pod", "namespace": "team", "uid": "1", "labels": {"app": "x"}}


@pytest.fixture
def place(kube, tmp_path):
    return VolumeSources(kube, None, None, "us-west-2", tmp_path / "pod")


def mount(place, volume, variables=None, **how):
    pod = pod_of(volume)
    container = {"volumeMounts": [{"name": "v", "mountPath": "/v", **how}]}
    (found,) = volumes.mounts(place, pod, container, variables or {})
    return found


def pod_of(volume):
    spec = {"serviceAccountName": "reader", "volumes": [{"name": "v", **volume}]}
    return {"metadata": METADATA, "spec": spec, "status": {}}


def files(folder):
    return {
        str(file.relative_to(folder)): file.read_text()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_a_config_map_and_a_secret_are_files_by_key_or_by_item(place):
    place.kube.put("ConfigMap", "team", "settings", data={"a": "1", "b": "2"})
    secret = base64.b64encode(b"hidden").decode()
    place.kube.put("Secret", "team", "keys", data={"key": secret})
    found = mount(place, {"configMap": {"name": "settings"}})
    assert files(found.folder) == {"a": "1", "b": "2"}
    items = [{"key": "key", "path": "deep/key"}]
    found = mount(
        place, {"name": "s", "secret": {"secretName": "keys", "items": items}} | {"name": "v"}
    )
    assert files(found.folder)["deep/key"] == "hidden"


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        ({"configMap": {"name": "none"}}, 'configmap "none" not found'),
        ({"secret": {"secretName": "none"}}, 'secret "none" not found'),
        (
            {"configMap": {"name": "settings", "items": [{"key": "x", "path": "x"}]}},
            "configmap references non-existent key: x",
        ),
        ({"iscsi": {}}, "iscsi is not known in a rehearsal"),
        (
            {"downwardAPI": {"items": [{"path": "x", "fieldRef": {"fieldPath": "spec.x"}}]}},
            "field spec.x is not one of",
        ),
    ],
)
def test_what_can_not_be_mounted_says_why(place, volume, message):
    place.kube.put("ConfigMap", "team", "settings", data={"a": "1"})
    with pytest.raises(MountError, match=message):
        mount(place, volume)


def test_what_is_optional_may_be_missing(place):
    assert files(mount(place, {"configMap": {"name": "none", "optional": True}}).folder) == {}


def token_volume(seconds=3600):
    return {
        "projected": {
            "sources": [
                {"serviceAccountToken": {"path": "token", "expirationSeconds": seconds}},
                {
                    "configMap": {
                        "name": "kube-root-ca.crt",
                        "items": [{"key": "ca.crt", "path": "ca.crt"}],
                    }
                },
                {
                    "downwardAPI": {
                        "items": [
                            {"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}
                        ]
                    }
                },
            ]
        }
    }


def test_a_service_accounts_volume_has_its_token_the_authority_and_the_namespace(place):
    place.kube.put("ConfigMap", "team", "kube-root-ca.crt", data={"ca.crt": "authority"})
    found = files(mount(place, token_volume()).folder)
    assert found.pop("token").startswith("reader/pod/")
    assert found == {"ca.crt": "authority", "namespace": "team"}


def test_a_token_is_renewed_before_it_runs_out_and_not_sooner(place):
    place.kube.put("ConfigMap", "team", "kube-root-ca.crt", data={"ca.crt": "authority"})
    pod = pod_of(token_volume(1000))
    file = mount(place, token_volume(1000)).folder / "token"
    first = file.read_text()
    assert config_volumes.refresh(place, pod)
    assert file.read_text() == first
    os.utime(file, (time.time() - 801,) * 2)
    config_volumes.refresh(place, pod)
    assert file.read_text() != first


def test_a_config_map_that_changes_or_goes_while_the_pod_runs(place):
    key = place.kube.put("ConfigMap", "team", "settings", data={"a": "1"})
    volume = {"configMap": {"name": "settings"}}
    found = mount(place, volume)
    place.kube.patch(key, {"data": {"a": "2"}})
    assert config_volumes.refresh(place, pod_of(volume))
    assert files(found.folder) == {"a": "2"}
    place.kube.delete(Key("ConfigMap", "team", "settings"))
    config_volumes.refresh(place, pod_of(volume))
    assert files(found.folder) == {"a": "2"}
    assert not config_volumes.refresh(place, pod_of({"emptyDir": {}})), "nothing to keep up to date"


def test_a_sub_path_may_name_the_containers_variables_and_may_not_lead_out(place):
    found = mount(place, {"emptyDir": {}}, {"POD": "pod-0"}, subPathExpr="by/$(POD)")
    assert found.folder == place.volume("v") / "by" / "pod-0"
    assert found.folder.is_dir()
    assert mount(place, {"emptyDir": {}}, subPath="plain").folder == place.volume("v") / "plain"
    for path in ("../other", "/etc", "a/../../b"):
        with pytest.raises(MountError, match="must be a path below the volume"):
            mount(place, {"emptyDir": {}}, subPath=path)


def test_only_an_empty_dir_past_its_size_limit_exceeds_it(place):
    limited = volumes.limits(pod_of({"emptyDir": {"sizeLimit": "1Ki"}}))
    assert limited == {"v": "1Ki"}
    assert volumes.limits(pod_of({"emptyDir": {}})) == {}
    folder = mount(place, {"emptyDir": {}}).folder
    (folder / "file").write_bytes(b"x" * 1024)
    assert volumes.exceeded(place, limited) == ""
    (folder / "deeper").mkdir()
    (folder / "deeper" / "file").write_bytes(b"x")
    said = 'Usage of EmptyDir volume "v" exceeds the limit "1Ki".'
    assert volumes.exceeded(place, limited) == said


@pytest.fixture
def disks(place):
    """A node with an array of disks of its own, and one without."""
    labels, annotations = {"disks": "yes"}, {"rehearsal/local-disks": "/mnt/k8s-disks/0"}
    metadata = {"uid": "node-uid", "labels": labels, "annotations": annotations}
    place.kube.put("Node", "", "with", metadata=metadata)
    place.kube.put("Node", "", "without", metadata={"uid": "other-uid", "labels": {}})
    expression = {"key": "disks", "operator": "In", "values": ["yes"]}
    terms = [{"matchExpressions": [expression]}]
    place.kube.put(
        "PersistentVolume",
        "",
        "scratch",
        spec={
            "local": {"path": "/mnt/k8s-disks/0/scratch"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": terms}},
        },
    )
    claim = {"spec": {"volumeName": "scratch"}, "status": {"phase": "Bound"}}
    place.kube.put("PersistentVolumeClaim", "team", "scratch", **claim)
    return place


def on(place, node, volume, **how):
    pod = pod_of(volume)
    pod["spec"]["nodeName"] = node
    container = {"volumeMounts": [{"name": "v", "mountPath": "/v", **how}]}
    (found,) = volumes.mounts(place, pod, container, {})
    return found.folder


def host_path(path, kind=""):
    return {"hostPath": {"path": path, "type": kind}}


SCRATCH = {"persistentVolumeClaim": {"claimName": "scratch"}}


def test_a_host_path_on_a_nodes_own_disks_is_there_on_that_node_alone(disks):
    folder = on(disks, "with", host_path("/mnt/k8s-disks/0", "Directory"))
    (folder / "file").write_text("kept")
    again = on(disks, "with", host_path("/mnt/k8s-disks/0/x", "DirectoryOrCreate"), subPath="y")
    assert again == folder / "x" / "y"
    with pytest.raises(MountError, match="/mnt/k8s-disks/0 is not a directory"):
        on(disks, "without", host_path("/mnt/k8s-disks/0", "Directory"))


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        (host_path("/mnt/k8s-disks/0/none", "Directory"), "type check failed: .*none is not a dir"),
        (host_path("/mnt/k8s-disks/0/none", "File"), "type check failed: .*none is not a file"),
        (host_path("/local-ssd", "DirectoryOrCreate"), "root volume.* Use a path on the disks"),
        (host_path("/mnt/k8s-disks/0/../../etc"), 'must not contain ".."'),
        (host_path("/mnt/k8s-disks/0/s", "Socket"), "type Socket is not known"),
    ],
)
def test_a_host_path_that_is_not_what_its_type_says_is_not_mounted(disks, volume, message):
    with pytest.raises(MountError, match=message):
        on(disks, "with", volume)


def test_a_local_volume_waits_for_its_directory_and_holds_for_its_nodes_alone(disks):
    with pytest.raises(MountError, match='path "/mnt/k8s-disks/0/scratch" does not exist'):
        on(disks, "with", SCRATCH)
    made = on(disks, "with", host_path("/mnt/k8s-disks/0/scratch", "DirectoryOrCreate"))
    assert on(disks, "with", SCRATCH) == made
    with pytest.raises(MountError, match=r"NodeAffinity check failed .* no matching NodeSelector"):
        on(disks, "without", SCRATCH)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"operator": "In", "values": ["yes", "no"]}, True),
        ({"operator": "In", "values": ["no"]}, False),
        ({"operator": "NotIn", "values": ["no"]}, True),
        ({"operator": "NotIn", "values": ["yes"]}, False),
        ({"operator": "Exists"}, True),
        ({"operator": "DoesNotExist"}, False),
        ({"operator": "Gt", "values": ["1"]}, False),
    ],
)
def test_a_node_selector_is_read_as_the_scheduler_reads_it(expression, expected):
    node = {"metadata": {"labels": {"disks": "yes"}}}
    term = {"matchExpressions": [{"key": "disks"} | expression]}
    assert node_disks.matches(term, node) is expected
    assert not node_disks.matches({}, node), "a term without expressions matches nothing"


def test_the_disks_of_a_node_go_with_it(disks):
    folder = on(disks, "with", host_path("/mnt/k8s-disks/0", "Directory"))
    node_disks.forget_missing(disks.node_disks, {"node-uid"})
    assert folder.exists()
    node_disks.forget_missing(disks.node_disks, {"other-uid"})
    assert not folder.exists()
