from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.pulumi.providers.aws.services.s3files import file_system as module
from rehearsal.pulumi.providers.server import Partial, ProviderError
from tests.aws.test_s3files import policy, trust
from tests.pulumi.providers.aws.stack import Kept, Stack, exercise
from tests.pulumi.providers.aws.test_functions import invoke

FILE_SYSTEM = "aws:s3/filesFileSystem:FilesFileSystem"
TARGET = "aws:s3/filesMountTarget:FilesMountTarget"
POINT = "aws:s3/filesAccessPoint:FilesAccessPoint"
POLICY = "aws:s3/filesFileSystemPolicy:FilesFileSystemPolicy"
SYNCHRONIZATION = "aws:s3/filesSynchronizationConfiguration:FilesSynchronizationConfiguration"
BUCKET = "arn:aws:s3:::data"


@pytest.fixture(scope="module")
def role(shared: Stack) -> Iterator[str]:
    """A role that reaches the versioned bucket `data`."""
    client = shared.provider._clients.get
    s3, iam = client("s3", "us-west-2"), client("iam", "us-west-2")
    where = {"LocationConstraint": "us-west-2"}
    s3.create_bucket(Bucket="data", CreateBucketConfiguration=where)
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    trusted = json.dumps(trust())
    yield iam.create_role(RoleName="files", AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    iam.delete_role(RoleName="files")
    s3.delete_bucket(Bucket="data")


@pytest.fixture
def permitted(shared: Stack, role: str) -> Iterator[str]:
    """The role with its permissions."""
    iam = shared.provider._clients.get("iam", "us-west-2")
    rights = json.dumps(policy())
    iam.put_role_policy(RoleName="files", PolicyName="p", PolicyDocument=rights)
    yield role
    iam.delete_role_policy(RoleName="files", PolicyName="p")


@pytest.fixture
def files(stack: Stack, permitted: str) -> Kept:
    return stack.create(FILE_SYSTEM, "files", bucket=BUCKET, roleArn=permitted)


@pytest.fixture
def place(aws: Any) -> dict[str, Any]:
    """A subnet and two security groups."""
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.0.0/24", AvailabilityZone="us-west-2b")[
        "Subnet"
    ]["SubnetId"]
    groups = [
        ec2.create_security_group(VpcId=vpc, GroupName=name, Description=name)["GroupId"]
        for name in ("one", "two")
    ]
    return {"subnet": subnet, "groups": groups}


def test_a_file_system_shows_a_prefix_and_only_its_tags_change(
    stack: Stack, permitted: str
) -> None:
    inputs: dict[str, Any] = {
        "bucket": BUCKET,
        "prefix": "ml/",
        "roleArn": permitted,
        "acceptBucketWarning": True,
        "tags": {"Name": "files"},
    }
    made = stack.create(FILE_SYSTEM, "files", **inputs)
    assert made["arn"].endswith(f":file-system/{made.id}")
    assert (made["prefix"], made["name"], made["status"]) == ("ml/", "files", "available")
    inputs["tags"] = {"Name": "files", "team": "ml"}
    stack.update(made, **inputs)
    for change in ({"prefix": "other/"}, {"roleArn": f"{permitted}2"}, {"bucket": f"{BUCKET}2"}):
        assert stack.diff(made, **inputs | change).replaces == list(change)
    del inputs["acceptBucketWarning"]  # the API does not tell it, so an import has none
    stack.update(made, **inputs)
    exercise(stack, made, **inputs)


def test_a_role_without_permissions_is_waited_for_and_then_an_error(
    stack: Stack, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PROPAGATION_SECONDS", 0.0)
    with pytest.raises(
        Partial, match="does not have permission to call s3:ListObjectsV2"
    ) as caught:
        stack.create(FILE_SYSTEM, "files", bucket=BUCKET, roleArn=role)
    left = Kept("urn", FILE_SYSTEM, caught.value.id, {}, {})
    assert stack.provider._clients.get("s3files", "us-west-2").get_file_system(fileSystemId=left.id)
    stack.provider._clients.get("s3files", "us-west-2").delete_file_system(fileSystemId=left.id)


def test_a_mount_target_moves_to_another_security_group(
    stack: Stack, files: Kept, place: dict[str, Any]
) -> None:
    one, two = place["groups"]
    inputs = {"fileSystemId": files.id, "subnetId": place["subnet"], "securityGroups": [one]}
    target = stack.create(TARGET, "b", **inputs)
    assert target["availabilityZoneId"] == "usw2-az1"
    assert target["ipv4Address"].startswith("10.7.0.")
    inputs["securityGroups"] = [two]
    stack.update(target, **inputs)
    assert target["securityGroups"] == [two]
    assert invoke(stack, "s3.getFilesMountTarget", id=target.id)["subnetId"] == place["subnet"]
    with pytest.raises(ProviderError, match="ConflictException"):
        stack.delete(files, timeout=1)
    exercise(stack, target, **inputs)


def test_an_access_point_is_made_once_and_never_changed(stack: Stack, files: Kept) -> None:
    creation = {"ownerUid": 1000, "ownerGid": 1000, "permissions": "0755"}
    inputs: dict[str, Any] = {
        "fileSystemId": files.id,
        "posixUsers": [{"uid": 1000, "gid": 1000}],
        "rootDirectories": [{"path": "/shared", "creationPermissions": [creation]}],
        "tags": {"a": "b"},
    }
    point = stack.create(POINT, "shared", **inputs)
    assert point.id.startswith("fsap-")
    other = inputs | {"posixUsers": [{"uid": 0, "gid": 0}]}
    assert [one.partition("[")[0] for one in stack.diff(point, **other).replaces] == ["posixUsers"]
    inputs["tags"] = {"c": "d"}
    stack.update(point, **inputs)
    found = invoke(stack, "s3.getFilesAccessPoint", id=point.id)
    assert found["rootDirectories"][0]["path"] == "/shared"
    exercise(stack, point, **inputs)


def test_a_policy_is_replaced_by_another_and_removed(stack: Stack, files: Kept) -> None:
    deny = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*"}
    inputs = {
        "fileSystemId": files.id,
        "policy": json.dumps({"Version": "2012-10-17", "Statement": [deny]}),
    }
    made = stack.create(POLICY, "points", **inputs)
    deny["Action"] = "s3files:ClientMount"
    inputs["policy"] = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    stack.update(made, **inputs)
    exercise(stack, made, **inputs)


def test_synchronization_is_set_and_with_the_resource_gone_that_of_the_provider(
    stack: Stack, files: Kept, aws: Any
) -> None:
    rule = {"prefix": "", "trigger": "ON_DIRECTORY_FIRST_ACCESS", "sizeLessThan": 4096}
    inputs: dict[str, Any] = {
        "fileSystemId": files.id,
        "importDataRules": [rule],
        "expirationDataRules": [{"daysAfterLastAccess": 7}],
    }
    made = stack.create(SYNCHRONIZATION, "sync", **inputs)
    inputs["expirationDataRules"] = [{"daysAfterLastAccess": 30}]
    stack.update(made, **inputs)
    larger = inputs | {"importDataRules": [{**rule, "sizeLessThan": 8192}]}
    assert stack.diff(made, **larger).replaces
    assert stack.read(made)[2] == made.outputs
    stack.delete(made)
    found = aws("s3files").get_synchronization_configuration(fileSystemId=files.id)
    assert found["expirationDataRules"] == [{"daysAfterLastAccess": 365}]


def test_file_systems_are_looked_up(stack: Stack, files: Kept) -> None:
    found = invoke(stack, "s3.getFilesFileSystem", id=files.id)
    assert (found["bucket"], found["status"]) == (BUCKET, "available")
    (one,) = invoke(stack, "s3.getFilesFileSystems")["fileSystems"]
    assert one["id"] == files.id
