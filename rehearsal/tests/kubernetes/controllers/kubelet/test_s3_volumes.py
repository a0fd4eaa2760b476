"""Volumes of Mountpoint for Amazon S3: what the driver mounts, as which role, and refuses."""

import pytest

from rehearsal.kubernetes.controllers.kube import Key
from tests.kubernetes.controllers.account import allow
from tests.kubernetes.controllers.fake_kube import install
from tests.kubernetes.controllers.kubelet.samples import POD, log, main, schedule, settle

BUCKET = "models"
HANDLE = "s3-team"
ALL = ("s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload")


@pytest.fixture
def on_s3(at):
    """The kubelet's place with a bucket, the driver and a bound claim `s3` on a prefix."""
    at.account.bucket(BUCKET, shared__in="from the bucket", other__secret="not shown")
    names = [{"name": f"{short}.csi.aws.com"} for short in ("efs", "fsx", "s3")]
    at.kube.patch(Key("CSINode", "", "node-1"), {"spec": {"drivers": names}})
    install(at.kube, "aws-mountpoint-s3-csi-driver", "kube-system", "s3-csi-driver-controller-sa")
    at.volume = volume(at)
    claim = {"spec": {"volumeName": "s3"}, "status": {"phase": "Bound"}}
    at.kube.put("PersistentVolumeClaim", "team", "s3", **claim)
    return at


def volume(at, name="s3", **changes):
    csi = {"driver": "s3.csi.aws.com", "volumeHandle": HANDLE}
    csi["volumeAttributes"] = {"bucketName": BUCKET, **changes.pop("attributes", {})}
    spec = {
        "accessModes": ["ReadWriteMany"],
        "mountOptions": ["region us-west-2", "prefix shared/", "allow-other"],
        "csi": csi | changes.pop("csi", {}),
    }
    return at.kube.put("PersistentVolume", "", name, spec=spec | changes)


def grant(at, *actions, account="s3-csi-driver-sa", namespace="kube-system"):
    at.account.pod_identity(namespace, account, allow(*actions))


def start(at, script, **spec):
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": "s3"}}
    schedule(at, command=["sh", "-c", script], volumes=[claim], **spec)


def mountpoint_pods(at):
    return [one for one in at.kube.find("Pod", "mount-s3") if one["kind"] == "Pod"]


def let_mountpoint_run(at):
    """Do what the scheduler and kwok do."""
    at.controller.reconcile(POD)
    for one in mountpoint_pods(at):
        key = Key("Pod", "mount-s3", one["metadata"]["name"])
        at.kube.patch(key, {"status": {"phase": "Running"}}, "status")


def object_at(at, key):
    return at.account.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()


def refused(at):
    at.controller.reconcile(POD)
    let_mountpoint_run(at)
    at.controller.reconcile(POD)
    return at.kube.said("FailedMount")[-1]


def test_a_pod_reads_objects_and_what_it_writes_is_an_object(on_s3):
    grant(on_s3, *ALL)
    start(on_s3, "cat /data/in; echo -n written > /data/out; ls /data")
    let_mountpoint_run(on_s3)
    assert settle(on_s3)["phase"] == "Succeeded", on_s3.kube.said("FailedMount")
    assert log(on_s3).split() == ["from", "the", "bucketin", "out"]
    assert object_at(on_s3, "shared/out") == "written"


def test_a_pod_of_mountpoint_runs_on_the_node_as_long_as_a_pod_mounts_the_volume(on_s3):
    grant(on_s3, *ALL)
    start(on_s3, "true")
    on_s3.controller.reconcile(POD)
    assert 'Failed to wait for Mountpoint Pod "mp-' in on_s3.kube.said("FailedMount")[0]
    (made,) = mountpoint_pods(on_s3)
    assert made["metadata"]["annotations"]["s3.csi.aws.com/volume-name"] == "s3"
    assert made["spec"]["containers"][0]["securityContext"]["runAsNonRoot"]
    let_mountpoint_run(on_s3)
    settle(on_s3)
    on_s3.controller.reconcile(POD)
    assert mountpoint_pods(on_s3) == []


def test_without_the_drivers_controller_nothing_is_mounted(on_s3):
    grant(on_s3, *ALL)
    on_s3.kube.delete(Key("Deployment", "kube-system", "aws-mountpoint-s3-csi-driver"))
    start(on_s3, "true")
    assert "Failed to find corresponding MountpointS3PodAttachment" in refused(on_s3)


def test_without_a_role_of_the_driver_there_are_no_credentials(on_s3):
    start(on_s3, "true")
    assert "No signing credentials available" in refused(on_s3)


def test_a_role_that_may_not_list_the_bucket_ends_the_mount(on_s3):
    grant(on_s3, "s3:GetObject")
    start(on_s3, "true")
    said = refused(on_s3)
    assert f'Could not mount "{BUCKET}": Failed to create S3 client: AccessDenied' in said


def test_a_role_that_may_not_put_has_its_file_undone_and_the_pod_is_told(on_s3):
    grant(on_s3, "s3:ListBucket", "s3:GetObject")
    start(on_s3, "echo x > /data/out")
    let_mountpoint_run(on_s3)
    assert settle(on_s3)["phase"] == "Succeeded"
    (told,) = on_s3.kube.said("MountpointRefused")
    assert "close out: Input/output error: AccessDenied" in told


def test_the_role_may_be_the_pods_own_and_the_drivers_is_not_used_then(on_s3):
    on_s3.kube.delete(on_s3.volume)
    volume(on_s3, attributes={"authenticationSource": "pod"})
    grant(on_s3, *ALL)
    start(on_s3, "cat /data/in")
    let_mountpoint_run(on_s3)
    # The role of the pod's account `loader` reads and lists, and puts nothing.
    assert settle(on_s3)["phase"] == "Succeeded"


def test_a_bucket_that_is_not_there_ends_the_mount(on_s3):
    on_s3.kube.delete(on_s3.volume)
    volume(on_s3, attributes={"bucketName": "of-nobody"})
    grant(on_s3, *ALL)
    start(on_s3, "true")
    assert "The specified bucket does not exist" in refused(on_s3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"accessModes": ["ReadWriteOnce"]}, "Volume capability not supported"),
        ({"mountOptions": ["allow-other", "prefix shared"]}, "must end in '/'"),
        ({"mountOptions": ["allow-other", "speed=9"]}, "unexpected argument '--speed' found"),
        ({"attributes": {"authenticationSource": "node"}}, "unknown `authenticationSource`: node"),
        ({"attributes": {"cache": "disk"}}, 'unsupported local-cache type: "disk"'),
        ({"attributes": {"cache": "ephemeral"}}, '"cacheEphemeralStorageClassName" must be provi'),
        (
            {"attributes": {"cache": "emptyDir", "cacheEmptyDirMedium": "SSD"}},
            'unknown value for "cacheEmptyDirMedium": "SSD"',
        ),
    ],
)
def test_what_the_driver_does_not_take_is_not_mounted(on_s3, changes, said):
    on_s3.kube.delete(on_s3.volume)
    volume(on_s3, **changes)
    grant(on_s3, *ALL)
    start(on_s3, "true")
    assert said in refused(on_s3)


def test_a_volume_without_a_bucket_is_not_mounted(on_s3):
    on_s3.kube.delete(on_s3.volume)
    volume(on_s3, csi={"volumeAttributes": {}})
    start(on_s3, "true")
    assert "Bucket name not provided" in refused(on_s3)


@pytest.mark.difference(
    of="Mountpoint for Amazon S3",
    what="A pod of a user other than root does not start on a volume that only root may use.",
    direction="harsher",
    why="On AWS it starts, and every access ends with Permission denied.",
)
def test_a_pod_of_another_user_needs_the_option_or_a_group(on_s3):
    on_s3.kube.delete(on_s3.volume)
    volume(on_s3, mountOptions=["prefix shared/"])
    grant(on_s3, *ALL)
    start(on_s3, "true", securityContext={"runAsUser": 1000})
    assert "without the mount option allow-other or an fsGroup" in refused(on_s3)
    on_s3.kube.patch(POD, {"spec": {"securityContext": {"fsGroup": 1000}}})
    let_mountpoint_run(on_s3)
    assert settle(on_s3)["phase"] == "Succeeded"


def test_two_volumes_of_one_handle_are_not_both_mounted_in_a_pod(on_s3):
    grant(on_s3, *ALL)
    volume(on_s3, "a-first")
    claim = {"spec": {"volumeName": "a-first"}, "status": {"phase": "Bound"}}
    on_s3.kube.put("PersistentVolumeClaim", "team", "first", **claim)
    start(on_s3, "true")
    pod = on_s3.kube.get(POD)
    first = {"name": "first", "persistentVolumeClaim": {"claimName": "first"}}
    on_s3.kube.patch(POD, {"spec": {"volumes": [*pod["spec"]["volumes"], first]}})
    said = refused(on_s3)
    assert "failed to process volumes=[s3]: context deadline exceeded" in said
    assert "a-first has the same volumeHandle" in said


def test_a_volume_for_reading_only_cannot_be_written_to(on_s3):
    on_s3.kube.delete(on_s3.volume)
    volume(on_s3, mountOptions=["prefix shared/", "allow-other", "read-only"])
    grant(on_s3, *ALL)
    start(on_s3, "cat /data/in && echo x > /data/out")
    let_mountpoint_run(on_s3)
    status = settle(on_s3)
    if status["phase"] == "Succeeded":  # a machine where no mount can be made read-only
        assert "the mount is read-only" in on_s3.kube.said("MountpointRefused")[0]
    else:
        assert main(status)["state"]["terminated"]["exitCode"] != 0
    listed = on_s3.account.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="shared/")
    assert [one["Key"] for one in listed["Contents"]] == ["shared/in"]
