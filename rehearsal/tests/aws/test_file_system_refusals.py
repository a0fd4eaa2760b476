"""Settings that FSx and EFS refuse, and a stack config before them."""

from __future__ import annotations

import pytest

from rehearsal.aws.efs import access_points
from tests.aws.policies import NOBODY, policy

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
NO_KEYS = [
    "alias/mine",
    "arn:aws:kms:us-west-2:123456789012:alias/mine",
    f"arn:aws:kms:eu-west-1:123456789012:key/{KEY_ID}",
    f"arn:aws:kms:us-west-2:123456789012:key/{KEY_ID}",
    KEY_ID,
]


@pytest.fixture
def lustre(aws):
    vpc = aws.vpc()
    subnet, group = aws.subnet(vpc), aws.lustre_group(vpc)

    def create(lustre=None, **settings):
        persistent = {"DeploymentType": "PERSISTENT_1", "PerUnitStorageThroughput": 50}
        configuration = lustre or persistent
        return aws.fsx.create_file_system(
            FileSystemType="LUSTRE",
            SubnetIds=[subnet],
            SecurityGroupIds=[group],
            LustreConfiguration=configuration,
            **{"StorageCapacity": 1200, **settings},
        )["FileSystem"]

    return create


@pytest.fixture
def key(aws):
    key = aws.kms.create_key()["KeyMetadata"]
    aws.kms.create_alias(AliasName="alias/own", TargetKeyId=key["KeyId"])
    return key["Arn"]


@pytest.mark.parametrize("named", NO_KEYS)
def test_a_key_that_is_not_in_the_region_encrypts_no_lustre_file_system(lustre, refused, named):
    refused("BadRequest", lustre, named, KmsKeyId=named)


@pytest.mark.parametrize("named", NO_KEYS)
def test_a_key_that_is_not_in_the_region_encrypts_no_efs_file_system(aws, refused, named):
    naming = "the specified key could not be found"
    refused("BadRequest", aws.efs_file_system, naming, Encrypted=True, KmsKeyId=named)


def test_an_alias_is_followed_once_and_read_back_as_the_keys_arn(aws, lustre, key):
    """So Pulumi sees another key than the config has, and would replace the file system."""
    assert lustre(KmsKeyId="alias/own")["KmsKeyId"] == key
    system = aws.efs_file_system(Encrypted=True, KmsKeyId="alias/own")
    (found,) = aws.efs.describe_file_systems(FileSystemId=system)["FileSystems"]
    assert found["KmsKeyId"] == key


def test_a_key_that_waits_for_its_deletion_encrypts_nothing(aws, lustre, refused, key):
    aws.kms.schedule_key_deletion(KeyId=key.rpartition("/")[2])
    refused("BadRequest", lustre, key, KmsKeyId=key)
    refused("BadRequest", aws.efs_file_system, key, Encrypted=True, KmsKeyId=key)


@pytest.mark.parametrize(
    ("mode", "policies", "naming"),
    [
        ("bursting", [{"TransitionToArchive": "AFTER_90_DAYS"}], "Elastic throughput"),
        (
            "elastic",
            [{"TransitionToIA": "AFTER_30_DAYS"}, {"TransitionToArchive": "AFTER_7_DAYS"}],
            "must be later than TransitionToIA",
        ),
        (
            "elastic",
            [{"TransitionToIA": "AFTER_7_DAYS", "TransitionToArchive": "AFTER_90_DAYS"}],
            "a single transition",
        ),
        ("elastic", [{"TransitionToIA": "AFTER_2_DAYS"}], "enum value set"),
    ],
)
def test_a_lifecycle_of_efs_that_aws_refuses_is_refused(aws, refused, mode, policies, naming):
    system = aws.efs_file_system(ThroughputMode=mode)
    put = aws.efs.put_lifecycle_configuration
    refused("BadRequest", put, naming, FileSystemId=system, LifecyclePolicies=policies)


@pytest.mark.parametrize(
    "path",
    ["shared", "/a/b/c/d/e", f"/{'x' * 100}", "/ml/.cache", "/a$b", "/a//b", "/a/", "/../x"],
)
def test_an_access_points_path_that_aws_refuses_is_refused(aws, refused, path):
    root = {"Path": path}
    point = {"ClientToken": "t", "FileSystemId": aws.efs_file_system(), "RootDirectory": root}
    refused("BadRequest", aws.efs.create_access_point, "RootDirectory.Path", **point)


@pytest.mark.parametrize("permissions", ["0789", "rwx", "888", "509"])
def test_a_mode_that_is_not_octal_is_refused(aws, refused, permissions):
    info = {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": permissions}
    root = {"Path": "/shared", "CreationInfo": info}
    point = {"ClientToken": "t", "FileSystemId": aws.efs_file_system(), "RootDirectory": root}
    refused("BadRequest", aws.efs.create_access_point, "Permissions", **point)


@pytest.mark.parametrize(
    "tags", [{"aws:mine": "x"}, {"team": "x" * 257}, {f"t{number}": "x" for number in range(51)}]
)
def test_tags_that_no_resource_has_are_refused(aws, lustre, refused, tags):
    given = [{"Key": key, "Value": value} for key, value in tags.items()]
    refused("BadRequest", aws.efs_file_system, Tags=given)
    refused("ValidationException", lustre, Tags=given)


@pytest.mark.parametrize(
    ("settings", "code", "naming"),
    [
        (
            {"AvailabilityZoneName": "us-west-2a", "PerformanceMode": "maxIO"},
            "BadRequest",
            "One Zone",
        ),
        ({"AvailabilityZoneName": "eu-west-1a"}, "BadRequest", "not in us-west-2"),
        (
            {"ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": 5000},
            "ThroughputLimitExceeded",
            "3414",
        ),
    ],
)
def test_an_efs_file_system_that_aws_refuses_is_refused(aws, refused, settings, code, naming):
    refused(code, aws.efs_file_system, naming, **settings)


def test_a_one_zone_file_system_is_mounted_in_its_zone(aws, refused):
    system = aws.efs_file_system(AvailabilityZoneName="us-west-2a")
    here, elsewhere = aws.subnets(aws.vpc())
    target = {"FileSystemId": system, "SubnetId": elsewhere}
    refused("AvailabilityZonesMismatch", aws.efs.create_mount_target, "us-west-2b", **target)
    aws.efs.create_mount_target(FileSystemId=system, SubnetId=here)


@pytest.mark.parametrize(
    ("document", "naming"),
    [
        (policy("elasticfilesystem:ClientMount", Principal=NOBODY), "Invalid principal"),
        (policy("s3:GetObject", Principal="*"), "invalid action"),
        (policy("elasticfilesystem:ClientMount"), "Missing required field Principal"),
        ("none", "valid JSON"),
    ],
)
def test_a_policy_that_efs_refuses_is_refused(aws, refused, document, naming):
    put = {"FileSystemId": aws.efs_file_system(), "Policy": document}
    refused("InvalidPolicyException", aws.efs.put_file_system_policy, naming, **put)


def test_a_policy_about_another_file_system_is_refused(aws, refused):
    other = "arn:aws:elasticfilesystem:us-west-2:123456789012:file-system/fs-0123456789abcdef0"
    statement = policy("elasticfilesystem:ClientMount", Principal="*", Resource=other)
    put = {"FileSystemId": aws.efs_file_system(), "Policy": statement}
    refused("InvalidPolicyException", aws.efs.put_file_system_policy, "invalid resource", **put)


def test_a_policy_by_which_nobody_could_put_another_is_refused_unless_it_is_meant(aws, refused):
    locked = policy("elasticfilesystem:*", Effect="Deny", Principal="*")
    put = {"FileSystemId": aws.efs_file_system(), "Policy": locked}
    refused("InvalidPolicyException", aws.efs.put_file_system_policy, "in the future", **put)
    aws.efs.put_file_system_policy(**put, BypassPolicyLockoutSafetyCheck=True)


def test_a_policy_of_more_than_20000_characters_is_refused(aws, refused):
    long = policy("elasticfilesystem:ClientMount", Principal="*", Sid="x" * 20_000)
    put = {"FileSystemId": aws.efs_file_system(), "Policy": long}
    refused("BadRequest", aws.efs.put_file_system_policy, "20000", **put)


def test_a_file_system_has_no_more_access_points_than_the_quota(aws, refused, monkeypatch):
    monkeypatch.setattr(access_points, "MOST_ACCESS_POINTS", 1)
    system = aws.efs_file_system()
    aws.efs.create_access_point(ClientToken="first", FileSystemId=system)
    second = {"ClientToken": "second", "FileSystemId": system}
    refused("AccessPointLimitExceeded", aws.efs.create_access_point, **second)


def test_a_transition_is_given_once(aws, refused):
    twice = [{"TransitionToIA": "AFTER_7_DAYS"}, {"TransitionToIA": "AFTER_14_DAYS"}]
    put = {"FileSystemId": aws.efs_file_system(), "LifecyclePolicies": twice}
    refused("BadRequest", aws.efs.put_lifecycle_configuration, "more than once", **put)


SECOND = {"DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 125}


@pytest.mark.parametrize(
    "metadata",
    [
        {"Mode": "AUTOMATIC", "Iops": 1500},
        {"Mode": "USER_PROVISIONED"},
        {"Mode": "USER_PROVISIONED", "Iops": 2000},
        {"Mode": "USER_PROVISIONED", "Iops": 25_000},
    ],
)
def test_metadata_iops_that_lustre_has_not_are_refused(lustre, refused, metadata):
    settings = {**SECOND, "MetadataConfiguration": metadata}
    refused("BadRequest", lambda: lustre(lustre=settings), "Iops")


def test_efa_wants_groups_that_let_themselves_through(lustre, refused):
    settings = {**SECOND, "EfaEnabled": True, "MetadataConfiguration": {"Mode": "AUTOMATIC"}}
    with_efa = {"lustre": settings, "StorageCapacity": 38_400}
    refused("InvalidNetworkSettings", lambda: lustre(**with_efa), "all traffic")
