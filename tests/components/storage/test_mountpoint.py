"""A prefix of a bucket as a volume: its options, the driver's role, and the claims."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.storage.csi_driver_spec import S3DriverSpec
from components.storage.mountpoint import (
    Mountpoint,
    attributes,
    driver,
    driver_settings,
    mount_options,
)
from components.storage.mountpoint_spec import S3CacheSpec, S3Spec
from tests.mocks import Deployment, deploy

ARN = "arn:aws:s3:::data"
KEY = "arn:aws:kms:us-west-2:123456789012:key/k"


def made(spec: S3Spec | None = None) -> Deployment:
    chosen = spec or S3Spec()

    def program() -> None:
        installed = driver(
            "driver",
            chosen,
            {
                "chart": S3DriverSpec(),
                "cluster_name": "ml",
                "bucket_arn": ARN,
                "use_key": [{"Sid": "key of the data bucket"}],
            },
            pulumi.ResourceOptions(depends_on=[aws.ec2.Vpc("nodes")]),
        )
        volume = Mountpoint(
            "s3",
            {
                "spec": chosen,
                "bucket_name": "data",
                "region": "us-west-2",
                "namespaces": {"a": "a", "b": "b"},
            },
            pulumi.ResourceOptions(depends_on=[installed]),
        )
        pulumi.export("names", {key: one.name for key, one in volume.by_namespace.items()})
        pulumi.export("path", volume.mount_path)

    return deploy(program)


def statements(deployment: Deployment) -> list[dict[str, Any]]:
    (policy,) = deployment.of_type(":RolePolicy")
    found: list[dict[str, Any]] = json.loads(policy.inputs["policy"])["Statement"]
    return found


def test_each_namespace_has_a_claim_on_a_volume_with_a_handle_of_its_own() -> None:
    deployment = made()
    assert deployment.exports == {"names": {"a": "s3", "b": "s3"}, "path": "/mnt/s3"}
    handles = set()
    for namespace in ("a", "b"):
        volume = deployment.one(":PersistentVolume", f"s3-{namespace}-volume").inputs
        claim = deployment.one(":PersistentVolumeClaim", f"s3-{namespace}").inputs
        assert claim["metadata"] == {"name": "s3", "namespace": namespace}
        assert claim["spec"]["volumeName"] == volume["metadata"]["name"]
        assert claim["spec"]["storageClassName"] == volume["spec"]["storageClassName"] == ""
        assert volume["spec"]["claimRef"] == {"namespace": namespace, "name": "s3"}
        assert volume["spec"]["csi"]["volumeAttributes"]["bucketName"] == "data"
        handles.add(volume["spec"]["csi"]["volumeHandle"])
    assert len(handles) == 2, "Kubernetes mounts one volume of a handle"


def test_a_volume_goes_before_its_driver() -> None:
    deployment = made()
    volume, release = deployment.one(":PersistentVolume", "s3-a-volume"), deployment.one(":Release")
    assert release.urn in deployment.waits_in_the_end_for(volume)
    assert release.inputs["chart"] == "aws-mountpoint-s3-csi-driver"


def test_the_role_is_that_of_the_drivers_account_and_of_no_more_than_the_prefix() -> None:
    deployment = made()
    association = deployment.one(":PodIdentityAssociation").inputs
    account = (association["namespace"], association["serviceAccount"])
    assert account == ("kube-system", "s3-csi-driver-sa")
    listing, objects, key = statements(deployment)
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["shared/*"]}}
    assert objects["Resource"] == [f"{ARN}/shared/*"]
    assert set(objects["Action"]) == {"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"}
    assert key == {"Sid": "key of the data bucket"}


@pytest.mark.parametrize(
    ("spec", "actions"),
    [
        (S3Spec(read_only=True), {"s3:GetObject"}),
        (
            S3Spec(allow_delete=True),
            {"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"},
        ),
    ],
)
def test_the_role_may_do_what_the_volume_can(spec: S3Spec, actions: set[str]) -> None:
    assert set(statements(made(spec))[1]["Action"]) == actions


def test_the_whole_bucket_is_listed_without_a_condition() -> None:
    listing, *_ = statements(made(S3Spec(prefix="", read_only=True)))
    assert "Condition" not in listing


def test_another_bucket_is_mounted_with_its_own_key_and_region() -> None:
    spec = S3Spec(bucket="theirs", bucket_region="eu-west-1", kms_key_arn=KEY)
    deployment = made(spec)
    listing, *_, use, _grant = statements(deployment)
    assert listing["Resource"] == ["arn:aws:s3:::theirs"]
    assert use["Resource"] == [KEY]
    volume = deployment.one(":PersistentVolume", "s3-a-volume").inputs["spec"]
    assert volume["csi"]["volumeAttributes"]["bucketName"] == "theirs"
    assert "region eu-west-1" in volume["mountOptions"]


def test_with_the_pods_own_roles_the_drivers_has_no_permission() -> None:
    assert driver_settings(S3Spec(authentication="pod"), ARN, []).policies == []
    assert attributes(S3Spec(authentication="pod"), "data")["authenticationSource"] == "pod"


def test_the_options_name_the_region_and_let_other_users_than_root_in() -> None:
    options = mount_options(S3Spec(), "us-west-2")
    assert options == ["region us-west-2", "prefix shared/", "uid=1000", "gid=1000", "allow-other"]


def test_the_options_say_what_is_allowed_and_how_long_metadata_is_kept() -> None:
    spec = S3Spec(prefix="", allow_delete=True, allow_overwrite=True, metadata_ttl=300, uid=0)
    options = mount_options(spec, "us-west-2")
    assert options[-3:] == ["metadata-ttl 300", "allow-delete", "allow-overwrite"]
    assert "uid=0" in options
    assert not [one for one in options if one.startswith("prefix")]
    assert "read-only" in mount_options(S3Spec(read_only=True), "us-west-2")


@pytest.mark.parametrize(
    ("cache", "expected"),
    [
        (S3CacheSpec(), {"cache": "emptyDir", "cacheEmptyDirSizeLimit": "10Gi"}),
        (
            S3CacheSpec(size_gib=2, medium="memory"),
            {
                "cache": "emptyDir",
                "cacheEmptyDirSizeLimit": "2Gi",
                "cacheEmptyDirMedium": "Memory",
            },
        ),
        (
            S3CacheSpec(kind="ephemeral", storage_class="gp3", size_gib=50),
            {
                "cache": "ephemeral",
                "cacheEphemeralStorageClassName": "gp3",
                "cacheEphemeralStorageResourceRequest": "50Gi",
            },
        ),
    ],
)
def test_a_cache_stands_in_the_attributes(cache: S3CacheSpec, expected: dict[str, str]) -> None:
    found = attributes(S3Spec(cache=cache), "data")
    assert {key: found[key] for key in found if key.startswith("cache")} == expected
