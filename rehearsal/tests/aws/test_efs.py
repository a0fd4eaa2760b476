"""EFS: file systems, mount targets, access points and policies."""

from __future__ import annotations

import json

import pytest

from rehearsal.aws import clock


@pytest.fixture
def file_system(aws):
    return aws.efs_file_system(Encrypted=True, ThroughputMode="elastic")


def described(aws, file_system):
    return aws.efs.describe_file_systems(FileSystemId=file_system)["FileSystems"][0]


def test_a_file_system_is_creating_and_at_the_next_look_available(aws):
    made = aws.efs.create_file_system(CreationToken="token")
    assert made["LifeCycleState"] == "creating"
    assert described(aws, made["FileSystemId"])["LifeCycleState"] == "available"


def test_an_encrypted_file_system_without_a_key_has_awss(aws, file_system):
    assert described(aws, file_system)["KmsKeyId"].startswith("arn:aws:kms:us-west-2:")


def test_a_creation_token_used_again_names_the_file_system_it_made(aws, file_system):
    with pytest.raises(aws.efs.exceptions.FileSystemAlreadyExists) as caught:
        aws.efs.create_file_system(CreationToken="token")
    assert caught.value.response["FileSystemId"] == file_system


@pytest.mark.parametrize(
    "settings",
    [
        {"ThroughputMode": "elastic", "PerformanceMode": "maxIO"},
        {"ThroughputMode": "provisioned"},
        {"ThroughputMode": "bursting", "ProvisionedThroughputInMibps": 10},
        {"ThroughputMode": "fast"},
    ],
)
def test_modes_that_do_not_go_together_are_refused(aws, refused, settings):
    refused("BadRequest", aws.efs.create_file_system, CreationToken="token", **settings)
    assert aws.efs.describe_file_systems()["FileSystems"] == []


def test_throughput_changes_and_comes_back(aws, file_system, refused, monkeypatch):
    update = aws.efs.update_file_system
    update(FileSystemId=file_system, ThroughputMode="provisioned", ProvisionedThroughputInMibps=64)
    assert described(aws, file_system)["ProvisionedThroughputInMibps"] == 64
    monkeypatch.setattr(clock, "AHEAD", 25 * clock.HOUR)
    update(FileSystemId=file_system, ThroughputMode="bursting")
    assert described(aws, file_system)["ThroughputMode"] == "bursting"
    refused("BadRequest", update, FileSystemId=file_system, ThroughputMode="provisioned")


def test_the_throughput_mode_changes_once_in_a_day(aws, file_system, refused, monkeypatch):
    update = aws.efs.update_file_system
    update(FileSystemId=file_system, ThroughputMode="bursting")
    for hours in (0, 23):
        monkeypatch.setattr(clock, "AHEAD", hours * clock.HOUR)
        refused("TooManyRequests", update, FileSystemId=file_system, ThroughputMode="elastic")
    assert described(aws, file_system)["ThroughputMode"] == "bursting"


def test_provisioned_throughput_rises_at_once_and_falls_a_day_later(
    aws, file_system, refused, monkeypatch
):
    def provision(rate):
        return {
            "FileSystemId": file_system,
            "ThroughputMode": "provisioned",
            "ProvisionedThroughputInMibps": rate,
        }

    update = aws.efs.update_file_system
    update(**provision(64))
    update(**provision(128))
    refused("TooManyRequests", update, **provision(100))
    monkeypatch.setattr(clock, "AHEAD", 25 * clock.HOUR)
    update(**provision(100))
    assert described(aws, file_system)["ProvisionedThroughputInMibps"] == 100
    refused("TooManyRequests", update, **provision(50))


def test_backups_are_turned_on_and_off(aws, file_system):
    for status, changing in (("ENABLED", "ENABLING"), ("DISABLED", "DISABLING")):
        policy = {"FileSystemId": file_system, "BackupPolicy": {"Status": status}}
        assert aws.efs.put_backup_policy(**policy)["BackupPolicy"]["Status"] == changing
        found = aws.efs.describe_backup_policy(FileSystemId=file_system)["BackupPolicy"]
        assert found == {"Status": status}


def test_a_policy_comes_and_goes(aws, file_system, refused):
    mount = {"Effect": "Allow", "Principal": "*", "Action": "elasticfilesystem:ClientMount"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [mount]})
    refused("PolicyNotFound", aws.efs.describe_file_system_policy, FileSystemId=file_system)
    aws.efs.put_file_system_policy(FileSystemId=file_system, Policy=policy)
    found = aws.efs.describe_file_system_policy(FileSystemId=file_system)
    assert found["Policy"] == policy
    aws.efs.delete_file_system_policy(FileSystemId=file_system)
    refused("PolicyNotFound", aws.efs.describe_file_system_policy, FileSystemId=file_system)


def test_lifecycle_policies_come_back(aws, file_system):
    policies = [{"TransitionToIA": "AFTER_30_DAYS"}, {"TransitionToArchive": "AFTER_90_DAYS"}]
    aws.efs.put_lifecycle_configuration(FileSystemId=file_system, LifecyclePolicies=policies)
    found = aws.efs.describe_lifecycle_configuration(FileSystemId=file_system)
    assert found["LifecyclePolicies"] == policies


def test_a_zone_has_one_mount_target_and_the_file_system_is_kept_for_it(aws, file_system, refused):
    vpc = aws.vpc()
    subnet, neighbour = aws.subnet(vpc, 0), aws.subnet(vpc, 1)
    group = aws.group(vpc)
    create = aws.efs.create_mount_target
    made = create(FileSystemId=file_system, SubnetId=subnet, SecurityGroups=[group])
    assert made["LifeCycleState"] == "creating"
    refused("MountTargetConflict", create, FileSystemId=file_system, SubnetId=neighbour)
    refused("FileSystemInUse", aws.efs.delete_file_system, FileSystemId=file_system)
    refused("DependencyViolation", aws.ec2.delete_security_group, GroupId=group)
    target = aws.efs.describe_mount_targets(FileSystemId=file_system)["MountTargets"][0]
    assert target["LifeCycleState"] == "available"
    groups = aws.efs.describe_mount_target_security_groups(MountTargetId=made["MountTargetId"])
    assert groups["SecurityGroups"] == [group]
    aws.efs.delete_mount_target(MountTargetId=made["MountTargetId"])
    aws.efs.delete_file_system(FileSystemId=file_system)
    refused("FileSystemNotFound", described, aws=aws, file_system=file_system)


def test_an_access_point_is_made_once_for_a_token(aws, file_system, refused):
    request = {
        "ClientToken": "once",
        "FileSystemId": file_system,
        "PosixUser": {"Uid": 1000, "Gid": 1000},
        "RootDirectory": {
            "Path": "/data",
            "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "755"},
        },
    }
    made = aws.efs.create_access_point(**request)
    assert made["RootDirectory"] == request["RootDirectory"]
    refused("AccessPointAlreadyExists", aws.efs.create_access_point, **request)
    aws.efs.delete_access_point(AccessPointId=made["AccessPointId"])
    refused("AccessPointNotFound", aws.efs.delete_access_point, AccessPointId=made["AccessPointId"])


@pytest.mark.parametrize(
    "call",
    [
        "describe_backup_policy",
        "describe_file_system_policy",
        "describe_lifecycle_configuration",
        "describe_access_points",
        "update_file_system",
        "delete_file_system",
    ],
)
def test_a_file_system_that_is_not_there_is_said_not_to_be(aws, refused, call):
    refused("FileSystemNotFound", getattr(aws.efs, call), FileSystemId="fs-00000000000000000")


def test_tags_are_added_and_taken_away(aws, file_system):
    aws.efs.tag_resource(
        ResourceId=file_system, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    )
    aws.efs.untag_resource(ResourceId=file_system, TagKeys=["b"])
    found = aws.efs.list_tags_for_resource(ResourceId=file_system)["Tags"]
    assert found == [{"Key": "a", "Value": "1"}]
