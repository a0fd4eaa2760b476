from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.pulumi.providers.server import ProviderError
from tests.pulumi.providers.aws.stack import Kept, Stack, exercise

FILE_SYSTEM = "aws:efs/fileSystem:FileSystem"
TARGET = "aws:efs/mountTarget:MountTarget"
POINT = "aws:efs/accessPoint:AccessPoint"
BACKUP = "aws:efs/backupPolicy:BackupPolicy"
REPLICATION = "aws:efs/replicationConfiguration:ReplicationConfiguration"
POLICY = "aws:efs/fileSystemPolicy:FileSystemPolicy"


@pytest.fixture
def file_system(stack: Stack) -> Kept:
    return stack.create(FILE_SYSTEM, "shared", encrypted=True)


@pytest.fixture(scope="module")
def place(shared: Stack) -> Iterator[dict[str, Any]]:
    """A subnet and two security groups."""
    ec2 = shared.provider._clients.get("ec2", "us-west-2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.0.0/24", AvailabilityZone="us-west-2b")[
        "Subnet"
    ]["SubnetId"]
    groups = [
        ec2.create_security_group(VpcId=vpc, GroupName=name, Description=name)["GroupId"]
        for name in ("one", "two")
    ]
    yield {"subnet": subnet, "groups": groups}
    for group in groups:
        ec2.delete_security_group(GroupId=group)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)


def test_a_file_system_has_its_address_and_changes_throughput_and_lifecycle(stack: Stack) -> None:
    inputs: dict[str, Any] = {"encrypted": True, "tags": {"Name": "shared"}}
    made = stack.create(FILE_SYSTEM, "shared", **inputs)
    assert made["dnsName"] == f"{made.id}.efs.us-west-2.amazonaws.com"
    assert made["throughputMode"] == "bursting"
    assert made["name"] == "shared"
    inputs |= {
        "throughputMode": "elastic",
        "lifecyclePolicies": [
            {"transitionToIa": "AFTER_30_DAYS"},
            {"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
        ],
        "tags": {"Name": "shared", "team": "ml"},
    }
    stack.update(made, **inputs)
    assert made["throughputMode"] == "elastic"
    assert made["lifecyclePolicies"] == inputs["lifecyclePolicies"]
    exercise(stack, made, **inputs)


def test_a_file_system_gets_its_lifecycle_when_it_is_made(stack: Stack, aws: Any) -> None:
    policies = [{"transitionToArchive": "AFTER_90_DAYS"}]
    made = stack.create(FILE_SYSTEM, "cold", lifecyclePolicies=policies, throughputMode="elastic")
    found = aws("efs").describe_lifecycle_configuration(FileSystemId=made.id)
    assert found["LifecyclePolicies"] == [{"TransitionToArchive": "AFTER_90_DAYS"}]


@pytest.mark.parametrize(
    "change", [{"encrypted": False}, {"performanceMode": "maxIO"}, {"creationToken": "other"}]
)
def test_what_a_file_system_can_not_change_makes_another(
    stack: Stack, file_system: Kept, change: dict[str, Any]
) -> None:
    assert stack.diff(file_system, **{"encrypted": True} | change).replaces == list(change)


def test_an_interrupted_creation_goes_on_with_the_file_system_it_made(stack: Stack) -> None:
    request = stack.check(FILE_SYSTEM, "twice", {}).inputs
    urn = f"urn:pulumi:test::project::{FILE_SYSTEM}::twice"
    arguments = (stack.instance, urn, FILE_SYSTEM, request, 20, False)
    first, outputs = stack.provider.create(*arguments)
    again, _ = stack.provider.create(*arguments)
    stack.kept.append(Kept(urn, FILE_SYSTEM, first, request, outputs))
    assert again == first


def test_a_mount_target_moves_to_another_security_group(
    stack: Stack, file_system: Kept, place: dict[str, Any]
) -> None:
    one, two = place["groups"]
    inputs = {
        "fileSystemId": file_system.id,
        "subnetId": place["subnet"],
        "securityGroups": [one],
    }
    target = stack.create(TARGET, "b", **inputs)
    assert target["availabilityZoneName"] == "us-west-2b"
    assert target["mountTargetDnsName"] == f"us-west-2b.{file_system['dnsName']}"
    assert target["ipAddress"].startswith("10.7.0.")
    inputs["securityGroups"] = [two]
    stack.update(target, **inputs)
    assert target["securityGroups"] == [two]
    with pytest.raises(ProviderError, match="FileSystemInUse"):
        stack.delete(file_system, timeout=1)
    exercise(stack, target, **inputs)


def test_an_access_point_is_made_once_and_never_changed(stack: Stack, file_system: Kept) -> None:
    inputs = {
        "fileSystemId": file_system.id,
        "posixUser": {"uid": 1000, "gid": 1000},
        "rootDirectory": {
            "path": "/datasets",
            "creationInfo": {"ownerUid": 1000, "ownerGid": 1000, "permissions": "0755"},
        },
        "tags": {"a": "b"},
    }
    point = stack.create(POINT, "datasets", **inputs)
    assert point.id.startswith("fsap-")
    assert point["fileSystemArn"].endswith(f"file-system/{file_system.id}")
    other = inputs | {"posixUser": {"uid": 0, "gid": 0}}
    assert stack.diff(point, **other).replaces == ["posixUser"]
    inputs["tags"] = {"c": "d"}
    stack.update(point, **inputs)
    exercise(stack, point, **inputs)


def test_backups_are_switched_on_and_with_the_policy_gone_off(
    stack: Stack, file_system: Kept, aws: Any
) -> None:
    inputs = {"fileSystemId": file_system.id, "backupPolicy": {"status": "ENABLED"}}
    policy = stack.create(BACKUP, "backups", **inputs)
    assert policy["backupPolicy"] == {"status": "ENABLED"}
    assert stack.read(policy)[2] == policy.outputs
    stack.update(policy, **inputs | {"backupPolicy": {"status": "DISABLED"}})
    stack.update(policy, **inputs)
    stack.delete(policy)
    found = aws("efs").describe_backup_policy(FileSystemId=file_system.id)
    assert found["BackupPolicy"]["Status"] == "DISABLED"


def test_a_file_system_policy_is_replaced_by_another_and_removed(
    stack: Stack, file_system: Kept
) -> None:
    deny = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    inputs = {
        "fileSystemId": file_system.id,
        "policy": json.dumps({"Version": "2012-10-17", "Statement": [deny]}),
    }
    policy = stack.create(POLICY, "tls", **inputs)
    deny["Action"] = "elasticfilesystem:ClientMount"
    inputs["policy"] = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    stack.update(policy, **inputs)
    exercise(stack, policy, **inputs)


def test_a_replication_leaves_its_destination_and_each_change_makes_another(
    stack: Stack, file_system: Kept, aws: Any
) -> None:
    inputs = {"sourceFileSystemId": file_system.id, "destination": {"region": "us-west-2"}}
    made = stack.create(REPLICATION, "copy", **inputs)
    there = made["destination"]["fileSystemId"]
    assert made["destination"]["status"] == "ENABLED"
    assert made["sourceFileSystemRegion"] == "us-west-2"
    elsewhere = inputs | {"destination": {"availabilityZoneName": "us-west-2a"}}
    assert stack.diff(made, **elsewhere).replaces == ["destination"]
    exercise(stack, made, **inputs)
    (kept,) = aws("efs").describe_file_systems(FileSystemId=there)["FileSystems"]
    assert kept["FileSystemProtection"]["ReplicationOverwriteProtection"] == "ENABLED"
    aws("efs").delete_file_system(FileSystemId=there)


def test_the_protection_of_a_destination_is_switched_in_place(stack: Stack) -> None:
    made = stack.create(FILE_SYSTEM, "there", protection={"replicationOverwrite": "DISABLED"})
    assert made["protection"] == {"replicationOverwrite": "DISABLED"}
    stack.update(made, protection={"replicationOverwrite": "ENABLED"})
    assert made["protection"] == {"replicationOverwrite": "ENABLED"}
    assert stack.diff(made).replaces == []
