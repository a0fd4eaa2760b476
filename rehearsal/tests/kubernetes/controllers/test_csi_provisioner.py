import json
from types import SimpleNamespace

import boto3
import pytest

from rehearsal.file_systems import exporting
from rehearsal.file_systems.queue import ARCHIVE
from rehearsal.file_systems.store import Store
from rehearsal.file_systems.worker import Worker
from rehearsal.kubernetes.controllers.csi.fsx import FsxDriver
from rehearsal.kubernetes.controllers.csi.provisioner import (
    FINALIZER,
    POLL,
    PROVISIONER,
    Claims,
    Volumes,
)
from rehearsal.kubernetes.controllers.kube import Key
from rehearsal.kubernetes.controllers.workqueue import PARKED
from tests.kubernetes.controllers.account import REGION, allow
from tests.kubernetes.controllers.fake_kube import install

CLAIM = Key("PersistentVolumeClaim", "team", "data")
FSX, EFS = "fsx.csi.aws.com", "efs.csi.aws.com"


@pytest.fixture
def lustre(account, kube, cloud, contents):
    """A claim for a Lustre file system, and a driver that may make it."""
    account.cluster()
    account.pod_identity(
        "kube-system",
        "fsx-csi-controller-sa",
        allow("fsx:CreateFileSystem", "fsx:DescribeFileSystems", "fsx:TagResource"),
        # It may delete what it made, which it knows by this tag, and nothing else.
        allow("fsx:DeleteFileSystem", StringLike={"aws:ResourceTag/CSIVolumeName": "pvc-*"}),
    )
    parameters = {
        "subnetId": account.subnets[0],
        "securityGroupIds": account.group,
        "deploymentType": "PERSISTENT_1",
        "perUnitStorageThroughput": "50",
    }
    return scene((account, kube, cloud, contents), FSX, parameters)


@pytest.fixture
def nfs(account, kube, cloud, contents):
    """A claim for an EFS access point, and a driver that may make it."""
    account.cluster()
    account.pod_identity("kube-system", "efs-csi-controller-sa")
    account.client("iam").attach_role_policy(
        RoleName="pods-efs-csi-controller-sa",
        PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy",
    )
    system = account.nfs()
    parameters = {"provisioningMode": "efs-ap", "fileSystemId": system, "directoryPerms": "700"}
    return scene((account, kube, cloud, contents), EFS, parameters)


def scene(places, driver, parameters):
    account, kube, cloud, contents = places
    short = driver.partition(".")[0]
    image = f"aws-{short}-csi-driver"
    install(kube, image, "kube-system", f"{short}-csi-controller-sa")
    kube.put("CSIDriver", "", driver)
    kube.put(
        "StorageClass",
        "",
        "shared",
        provisioner=driver,
        parameters=parameters,
        mountOptions=["flock"],
        reclaimPolicy="Delete",
    )
    kube.put(
        *CLAIM,
        metadata={"name": "data", "annotations": {PROVISIONER: driver}},
        spec={
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "shared",
            "resources": {"requests": {"storage": "1200Gi"}},
        },
    )
    return SimpleNamespace(
        account=account,
        kube=kube,
        claims=Claims(kube, cloud),
        volumes=Volumes(kube, cloud, contents),
        deployment=Key("Deployment", "kube-system", image),
    )


def provision(at, tries=10):
    for _ in range(tries):
        if at.claims.reconcile(CLAIM) is None:
            break
    return at.kube.find("PersistentVolume")


def systems(at):
    return at.account.client("fsx").describe_file_systems()["FileSystems"]


def test_a_claim_gets_a_file_system_of_its_own_with_its_real_names(lustre):
    (volume,) = provision(lustre)
    (system,) = systems(lustre)
    uid = lustre.kube.get(CLAIM)["metadata"]["uid"]
    assert volume["metadata"]["name"] == f"pvc-{uid}"
    assert volume["spec"]["csi"] == {
        "driver": FSX,
        "volumeHandle": system["FileSystemId"],
        "volumeAttributes": {
            "dnsname": system["DNSName"],
            "mountname": system["LustreConfiguration"]["MountName"],
        },
    }
    assert volume["spec"]["claimRef"]["uid"] == uid
    assert volume["spec"]["capacity"] == {"storage": f"{1200 * 1024}Mi"}
    assert volume["spec"]["mountOptions"] == ["flock"]
    assert lustre.kube.said("ProvisioningSucceeded")


def test_no_claim_ever_makes_two_file_systems_whatever_fails_in_between(lustre):
    lustre.claims.reconcile(CLAIM)
    provision(lustre)
    (volume,) = lustre.kube.find("PersistentVolume")
    lustre.kube.patch(
        Key("PersistentVolume", "", volume["metadata"]["name"]), {"metadata": {"finalizers": []}}
    )
    lustre.kube.delete(Key("PersistentVolume", "", volume["metadata"]["name"]))
    provision(lustre)
    assert len(systems(lustre)) == 1


S3_CLASS = {
    "s3ImportPath": "s3://lake/sets/",
    "s3ExportPath": "s3://lake/out/",
    "autoImportPolicy": "NEW_CHANGED",
}
LINK_ACTIONS = ("iam:CreateServiceLinkedRole", "iam:AttachRolePolicy", "iam:PutRolePolicy")


@pytest.fixture
def linked(lustre):
    """The same with a class whose file systems show a prefix of a bucket."""
    lustre.account.bucket("lake", sets__a=b"1")
    class_ = lustre.kube.get(Key("StorageClass", "", "shared"))
    patched = {"parameters": class_["parameters"] | S3_CLASS}
    lustre.kube.patch(Key("StorageClass", "", "shared"), patched)
    return lustre


def permit(at, *actions):
    statement = allow(*actions, resource="arn:aws:iam::*:role/aws-service-role/*")
    at.account.client("iam").put_role_policy(
        RoleName="pods-fsx-csi-controller-sa",
        PolicyName="link",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


@pytest.mark.parametrize("missing", LINK_ACTIONS)
def test_a_linked_class_needs_each_right_to_the_role_of_its_link(linked, missing):
    permit(linked, *(one for one in LINK_ACTIONS if one != missing))
    linked.claims.reconcile(CLAIM)
    assert missing in linked.kube.said("ProvisioningFailed")[0]
    assert systems(linked) == []


def test_a_linked_class_shows_the_bucket_and_exports_on_request_only(linked, contents, monkeypatch):
    monkeypatch.setattr(exporting, "QUIET_SECONDS", 0.0)
    permit(linked, *LINK_ACTIONS)
    (volume,) = provision(linked)
    system = volume["spec"]["csi"]["volumeHandle"]
    folder = contents.mount(system, REGION)
    assert (folder / "a").read_bytes() == b"1"
    (folder / "model").write_text("m")
    contents.refresh(REGION)
    s3 = linked.account.client("s3")
    keys = lambda: [one["Key"] for one in s3.list_objects_v2(Bucket="lake")["Contents"]]  # noqa: E731
    assert keys() == ["sets/a"], "a link of this kind exports nothing by itself"
    store = Store(folder.parent, system)
    store.index.request(ARCHIVE, ["model"])  # as `lfs hsm_archive` does
    Worker(contents._environment, store, s3).run(idle_seconds=0.25)
    assert keys() == ["out/model", "sets/a"]


def in_creation(lustre, monkeypatch):
    """FSx takes its time: the file system of the claim is being made when the claim is deleted."""
    kept = FsxDriver._made

    def creating(driver, volume):
        found = kept(driver, volume)
        return None if found is None else {**found, "Lifecycle": "CREATING"}

    with monkeypatch.context() as slow:
        slow.setattr(FsxDriver, "_made", creating)
        lustre.claims.reconcile(CLAIM)
        assert lustre.claims.reconcile(CLAIM) == POLL
        uid = lustre.kube.get(CLAIM)["metadata"]["uid"]
        lustre.kube.delete(CLAIM)
        assert lustre.claims.reconcile(CLAIM) == POLL, "it is made to its end"
    return uid


def test_the_file_system_of_a_claim_deleted_meanwhile_is_made_and_then_deleted(lustre, monkeypatch):
    uid = in_creation(lustre, monkeypatch)
    assert lustre.claims.reconcile(CLAIM) is None
    assert lustre.claims.reconcile(CLAIM) is None, "once"
    (volume,) = lustre.kube.find("PersistentVolume")
    assert volume["spec"]["claimRef"]["uid"] == uid
    assert lustre.kube.said("ProvisioningSucceeded")
    key = Key("PersistentVolume", "", volume["metadata"]["name"])
    lustre.kube.patch(key, {"status": {"phase": "Released"}})  # the claim is not there
    lustre.volumes.reconcile(key)
    assert systems(lustre) == []


def test_a_new_claim_of_the_same_name_has_a_file_system_of_its_own(lustre, monkeypatch):
    claim = lustre.kube.get(CLAIM)
    first = in_creation(lustre, monkeypatch)
    lustre.kube.put(
        *CLAIM,
        metadata={"name": "data", "annotations": claim["metadata"]["annotations"]},
        spec=claim["spec"],
    )
    volumes = provision(lustre)
    uids = {one["spec"]["claimRef"]["uid"] for one in volumes}
    assert uids == {first, lustre.kube.get(CLAIM)["metadata"]["uid"]}


def test_a_provisioner_that_was_started_again_has_forgotten_the_deleted_claim(lustre, monkeypatch):
    """As the real one: the file system stays, with the tag CSIVolumeName."""
    in_creation(lustre, monkeypatch)
    again = Claims(lustre.claims._kube, lustre.claims._cloud)
    assert again.reconcile(CLAIM) is None
    assert len(systems(lustre)) == 1


def test_a_claim_waits_while_its_driver_is_not_installed(lustre):
    lustre.kube.delete(lustre.deployment)
    assert lustre.claims.reconcile(CLAIM) is PARKED
    assert systems(lustre) == []


def test_a_driver_without_rights_is_refused_in_awss_words(lustre):
    lustre.account.client("iam").delete_role_policy(
        RoleName="pods-fsx-csi-controller-sa", PolicyName="inline"
    )
    assert lustre.claims.reconcile(CLAIM) > 0, "it is tried again"
    (said,) = lustre.kube.said("ProvisioningFailed")
    assert said.startswith('failed to provision volume with StorageClass "shared": rpc error:')
    assert "is not authorized to perform: fsx:DescribeFileSystems" in said


def test_a_file_system_that_fsx_refuses_is_told_with_fsxs_reason(lustre):
    key = Key("StorageClass", "", "shared")
    lustre.kube.patch(key, {"parameters": {"perUnitStorageThroughput": "125"}})
    lustre.claims.reconcile(CLAIM)
    (said,) = lustre.kube.said("ProvisioningFailed")
    assert "CreateFileSystem failed: api error" in said
    assert "Valid values: 50, 100, 200" in said
    assert systems(lustre) == []


def release(at, volume):
    """Release the volume, as the persistent volume controller does once the claim is gone."""
    key = Key("PersistentVolume", "", volume["metadata"]["name"])
    at.kube.patch(key, {"status": {"phase": "Released"}})
    at.volumes.reconcile(key)
    return key


def test_a_released_volume_goes_and_its_file_system_with_it(lustre):
    (volume,) = provision(lustre)
    assert volume["metadata"]["finalizers"] == [FINALIZER]
    key = release(lustre, volume)
    assert lustre.kube.get(key) is None
    assert [one for one in systems(lustre) if one["Lifecycle"] != "DELETING"] == []


def test_a_retained_volume_stays_when_it_is_released(lustre):
    lustre.kube.patch(Key("StorageClass", "", "shared"), {"reclaimPolicy": "Retain"})
    (volume,) = provision(lustre)
    assert volume["metadata"]["finalizers"] == []
    assert lustre.kube.get(release(lustre, volume)) is not None
    assert len(systems(lustre)) == 1


def test_a_bound_volume_that_is_being_deleted_keeps_its_file_system(lustre):
    (volume,) = provision(lustre)
    key = Key("PersistentVolume", "", volume["metadata"]["name"])
    lustre.kube.patch(key, {"status": {"phase": "Bound"}})
    lustre.kube.delete(key)
    lustre.volumes.reconcile(key)
    assert len(systems(lustre)) == 1


def test_a_volume_outlives_a_driver_that_went_first(lustre):
    (volume,) = provision(lustre)
    lustre.kube.delete(lustre.deployment)
    assert lustre.kube.get(release(lustre, volume)) is not None, "as on AWS: it leaks"


def test_a_file_system_that_the_driver_did_not_make_is_not_its_own_to_delete(lustre):
    (volume,) = provision(lustre)
    shared = lustre.account.lustre()
    key = Key("PersistentVolume", "", volume["metadata"]["name"])
    lustre.kube.patch(key, {"spec": {"csi": {"volumeHandle": shared["FileSystemId"]}}})
    release(lustre, volume)
    (said,) = lustre.kube.said("VolumeFailedDelete")
    assert "is not authorized to perform: fsx:DeleteFileSystem" in said


def test_a_driver_that_may_tag_any_file_system_deletes_one_that_it_did_not_make(lustre):
    """The harm of fsx:TagResource on everything, which the fixture's role has."""
    (volume,) = provision(lustre)
    shared = lustre.account.lustre()
    sts = lustre.account.client("sts")
    role = "arn:aws:iam::123456789012:role/pods-fsx-csi-controller-sa"
    session = sts.assume_role(RoleArn=role, RoleSessionName="driver")["Credentials"]
    fsx = boto3.client(
        "fsx",
        region_name=REGION,
        endpoint_url=sts.meta.endpoint_url,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    tag = {"Key": "CSIVolumeName", "Value": "pvc-of-nobody"}
    fsx.tag_resource(ResourceARN=shared["ResourceARN"], Tags=[tag])
    key = Key("PersistentVolume", "", volume["metadata"]["name"])
    lustre.kube.patch(key, {"spec": {"csi": {"volumeHandle": shared["FileSystemId"]}}})
    release(lustre, volume)
    left = {one["FileSystemId"] for one in systems(lustre) if one["Lifecycle"] != "DELETING"}
    assert shared["FileSystemId"] not in left


def test_an_efs_claim_gets_an_access_point_which_goes_with_it(nfs):
    (volume,) = provision(nfs)
    efs = nfs.account.client("efs")
    (point,) = efs.describe_access_points()["AccessPoints"]
    assert volume["spec"]["csi"]["volumeHandle"] == (
        f"{point['FileSystemId']}::{point['AccessPointId']}"
    )
    assert point["RootDirectory"]["Path"] == f"/{volume['metadata']['name']}"
    release(nfs, volume)
    assert efs.describe_access_points()["AccessPoints"] == []


def test_an_efs_claim_makes_one_access_point_however_often_it_is_tried(nfs):
    for _ in range(3):
        nfs.claims.reconcile(CLAIM)
    assert len(nfs.account.client("efs").describe_access_points()["AccessPoints"]) == 1
