"""S3 Files: file systems over a bucket, mount targets, access points and policies."""

from __future__ import annotations

import json

import pytest
from moto.s3.models import s3_backends

from rehearsal.aws.s3files import models, rules
from tests.aws.test_inventory import inventory

BUCKET = "arn:aws:s3:::data"
SYSTEMS = "arn:aws:s3files:us-west-2:123456789012:file-system/*"
IMPORTS = [{"prefix": "", "trigger": "ON_FILE_ACCESS", "sizeLessThan": 0}]


ACCOUNT = "123456789012"


def trust(account=ACCOUNT, systems=SYSTEMS):
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "elasticfilesystem.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account},
                    "ArnLike": {"aws:SourceArn": systems},
                },
            }
        ],
    }


def policy(*left_out, objects=f"{BUCKET}/*"):
    actions = {
        "s3:ListBucket": BUCKET,
        "s3:ListBucketVersions": BUCKET,
        "s3:GetObject*": objects,
        "s3:PutObject*": objects,
        "s3:DeleteObject*": objects,
        "events:PutRule": "*",
    }
    statements = [
        {"Effect": "Allow", "Action": action, "Resource": resource}
        for action, resource in actions.items()
        if action not in left_out
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def role(aws, trusted=None, rights=None):
    made = aws.iam.create_role(
        RoleName="files", AssumeRolePolicyDocument=json.dumps(trusted or trust())
    )["Role"]["Arn"]
    rights = json.dumps(rights or policy())
    aws.iam.put_role_policy(RoleName="files", PolicyName="p", PolicyDocument=rights)
    return made


@pytest.fixture
def bucket(aws):
    aws.bucket("data")
    enabled = {"Status": "Enabled"}
    aws.s3.put_bucket_versioning(Bucket="data", VersioningConfiguration=enabled)
    return BUCKET


@pytest.fixture
def files(aws, bucket):
    made = aws.s3files.create_file_system(bucket=bucket, roleArn=role(aws))["fileSystemId"]
    assert described(aws, made)["status"] == "available"
    return made


def described(aws, system):
    return aws.s3files.get_file_system(fileSystemId=system)


def test_a_file_system_is_creating_and_at_the_next_look_available(aws, bucket):
    made = aws.s3files.create_file_system(bucket=bucket, prefix="ml/", roleArn=role(aws))
    assert made["status"] == "creating"
    found = described(aws, made["fileSystemId"])
    assert (found["status"], found["bucket"], found["prefix"]) == ("available", BUCKET, "ml/")
    assert found["fileSystemArn"].endswith(f":file-system/{found['fileSystemId']}")


def test_a_client_token_used_again_finds_the_file_system_it_made(aws, bucket, refused):
    given = {"bucket": bucket, "roleArn": role(aws), "clientToken": "token"}
    made, again = (aws.s3files.create_file_system(**given)["fileSystemId"] for _ in range(2))
    assert made == again
    given["prefix"] = "other/"
    refused("ConflictException", aws.s3files.create_file_system, "token", **given)


def test_a_bucket_without_versioning_is_refused(aws, refused):
    aws.bucket("data")
    given = {"bucket": BUCKET, "roleArn": role(aws)}
    refused("ValidationException", aws.s3files.create_file_system, "versioning", **given)
    suspended = {"Status": "Suspended"}
    aws.s3.put_bucket_versioning(Bucket="data", VersioningConfiguration=suspended)
    refused("ValidationException", aws.s3files.create_file_system, "versioning", **given)


def test_a_bucket_of_another_region_is_refused(aws, bucket, refused):
    s3_backends[ACCOUNT]["aws"].buckets["data"].region_name = "eu-west-1"
    given = {"bucket": bucket, "roleArn": role(aws)}
    refused("ValidationException", aws.s3files.create_file_system, "eu-west-1", **given)


def test_an_unknown_bucket_is_refused(aws, refused):
    given = {"bucket": BUCKET, "roleArn": role(aws)}
    refused("ValidationException", aws.s3files.create_file_system, "does not exist", **given)


@pytest.mark.parametrize("prefix", ["ml", "/ml/", "ml//x/"])
def test_a_prefix_is_directories_with_a_slash_after_each(aws, bucket, refused, prefix):
    given = {"bucket": bucket, "prefix": prefix, "roleArn": role(aws)}
    refused("ValidationException", aws.s3files.create_file_system, "prefix", **given)


def test_a_great_many_objects_have_to_be_accepted(aws, bucket, refused, monkeypatch):
    monkeypatch.setattr(rules, "WARNED_OBJECTS", 2)
    for key in ("ml/a", "ml/b"):
        aws.s3.put_object(Bucket="data", Key=key, Body=b"x")
    given = {"bucket": bucket, "prefix": "ml/", "roleArn": role(aws)}
    refused("ValidationException", aws.s3files.create_file_system, "acceptBucketWarning", **given)
    assert aws.s3files.create_file_system(**given, acceptBucketWarning=True)["fileSystemId"]


def test_an_unknown_key_is_refused(aws, bucket, refused):
    key = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    given = {"bucket": bucket, "roleArn": role(aws), "kmsKeyId": key}
    refused("ValidationException", aws.s3files.create_file_system, "key", **given)


@pytest.mark.parametrize(
    ("trusted", "rights", "said"),
    [
        (trust("999999999999"), None, "assume the provided role"),
        (trust(systems="arn:aws:s3files:eu-west-1:*:file-system/*"), None, "assume"),
        (None, policy("s3:GetObject*"), "s3:HeadObject"),
        (None, policy("s3:PutObject*"), "s3:PutObject"),
        (None, policy("s3:ListBucketVersions"), "s3:ListBucketVersions"),
        (None, policy("events:PutRule"), "events:PutRule"),
        (None, policy(objects=f"{BUCKET}/other/*"), "s3:HeadObject"),
    ],
)
def test_a_role_that_lacks_something_keeps_the_file_system_creating(
    aws, bucket, trusted, rights, said
):
    made = aws.s3files.create_file_system(
        bucket=bucket, prefix="ml/", roleArn=role(aws, trusted, rights)
    )["fileSystemId"]
    found = described(aws, made)
    assert found["status"] == "creating"
    assert "Access denied" in found["statusMessage"]
    assert said in found["statusMessage"]
    aws.iam.update_assume_role_policy(RoleName="files", PolicyDocument=json.dumps(trust()))
    aws.iam.put_role_policy(RoleName="files", PolicyName="p", PolicyDocument=json.dumps(policy()))
    assert described(aws, made)["status"] == "available"


def test_a_bucket_policy_that_denies_the_role_keeps_it_creating(aws, bucket):
    arn = role(aws)
    denying = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": {"AWS": arn},
                "Action": "s3:GetObject",
                "Resource": f"{BUCKET}/*",
            }
        ],
    }
    aws.s3.put_bucket_policy(Bucket="data", Policy=json.dumps(denying))
    made = aws.s3files.create_file_system(bucket=bucket, roleArn=arn)["fileSystemId"]
    assert "s3:HeadObject" in described(aws, made)["statusMessage"]


def test_a_file_system_whose_role_is_gone_is_misconfigured(aws, files):
    aws.iam.delete_role_policy(RoleName="files", PolicyName="p")
    aws.iam.delete_role(RoleName="files")
    assert described(aws, files)["status"] == "misconfigured"


def test_there_is_one_mount_target_in_a_zone_and_one_vpc_for_all(aws, files, refused):
    vpc = aws.vpc()
    one, same, other = aws.subnet(vpc, 0, "a"), aws.subnet(vpc, 1, "a"), aws.subnet(vpc, 2, "b")
    create = aws.s3files.create_mount_target
    made = create(fileSystemId=files, subnetId=one, securityGroups=[aws.group(vpc)])
    assert made["status"] == "creating"
    assert made["availabilityZoneId"] == "usw2-az2"
    refused("ConflictException", create, "usw2-az2", fileSystemId=files, subnetId=same)
    assert create(fileSystemId=files, subnetId=other)["vpcId"] == vpc


def test_mount_targets_of_another_vpc_are_refused(aws, files, refused):
    aws.s3files.create_mount_target(fileSystemId=files, subnetId=aws.subnet(aws.vpc(), 0, "a"))
    elsewhere = aws.subnet(aws.vpc(), 0, "b")
    create = aws.s3files.create_mount_target
    refused("ConflictException", create, "one VPC", fileSystemId=files, subnetId=elsewhere)


def test_a_mount_target_takes_groups_of_its_vpc_only(aws, files, refused):
    vpc, group = aws.vpc(), aws.group(aws.vpc())
    given = {"fileSystemId": files, "subnetId": aws.subnet(vpc), "securityGroups": [group]}
    refused("ValidationException", aws.s3files.create_mount_target, vpc, **given)
    made = aws.s3files.create_mount_target(**{**given, "securityGroups": []})["mountTargetId"]
    own = aws.group(vpc, "own")
    update = aws.s3files.update_mount_target
    assert update(mountTargetId=made, securityGroups=[own])["securityGroups"] == [own]
    refused("ValidationException", update, vpc, mountTargetId=made, securityGroups=[group])


def test_a_subnet_with_a_mount_target_stays(aws, files, refused):
    subnet = aws.subnet(aws.vpc())
    aws.s3files.create_mount_target(fileSystemId=files, subnetId=subnet)
    refused("DependencyViolation", aws.ec2.delete_subnet, SubnetId=subnet)


def test_nothing_is_made_on_a_file_system_that_is_creating(aws, bucket, refused):
    made = aws.s3files.create_file_system(bucket=bucket, roleArn=role(aws, trust("9" * 12)))
    system = made["fileSystemId"]
    refused("ConflictException", aws.s3files.create_access_point, "creating", fileSystemId=system)
    subnet = aws.subnet(aws.vpc())
    create = aws.s3files.create_mount_target
    refused("ConflictException", create, "creating", fileSystemId=system, subnetId=subnet)


@pytest.mark.difference(
    of="Amazon S3 Files",
    what="A file system with access points is not deleted.",
    direction="harsher",
    why="AWS does not document it; a program that deletes them first is right either way.",
)
def test_a_file_system_goes_after_what_belongs_to_it(aws, files, refused):
    target = aws.s3files.create_mount_target(fileSystemId=files, subnetId=aws.subnet(aws.vpc()))
    point = aws.s3files.create_access_point(fileSystemId=files)
    delete = aws.s3files.delete_file_system
    refused("ConflictException", delete, "mount targets", fileSystemId=files)
    aws.s3files.delete_mount_target(mountTargetId=target["mountTargetId"])
    refused("ConflictException", delete, "access points", fileSystemId=files)
    aws.s3files.delete_access_point(accessPointId=point["accessPointId"])
    delete(fileSystemId=files)
    refused("ResourceNotFoundException", aws.s3files.get_file_system, fileSystemId=files)


def test_files_that_are_not_exported_keep_a_file_system_unless_they_are_given_up(
    aws, files, refused
):
    models.s3files_backends[ACCOUNT]["us-west-2"].file_system(files).pending_exports = 3
    delete = aws.s3files.delete_file_system
    refused("ConflictException", delete, "3 files", fileSystemId=files)
    delete(fileSystemId=files, forceDelete=True)
    assert aws.s3files.list_file_systems()["fileSystems"] == []


def test_an_access_point_has_an_identity_and_a_directory(aws, files, refused):
    create = aws.s3files.create_access_point
    user = {"uid": 1000, "gid": 1000}
    root = {
        "path": "/shared",
        "creationPermissions": {"ownerUid": 1000, "ownerGid": 1000, "permissions": "0755"},
    }
    made = create(fileSystemId=files, posixUser=user, rootDirectory=root)
    found = aws.s3files.get_access_point(accessPointId=made["accessPointId"])
    assert (found["posixUser"], found["rootDirectory"]) == (user, root)
    assert f":file-system/{files}/access-point/" in found["accessPointArn"]
    deep = {"path": "/a/b/c/d/e"}
    refused("ValidationException", create, fileSystemId=files, rootDirectory=deep)


def test_quotas_are_kept(aws, files, bucket, refused, monkeypatch):
    monkeypatch.setattr("rehearsal.aws.s3files.access_points.MOST_ACCESS_POINTS", 0)
    monkeypatch.setattr("rehearsal.aws.s3files.calls.MOST_FILE_SYSTEMS", 1)
    code = "ServiceQuotaExceededException"
    refused(code, aws.s3files.create_access_point, fileSystemId=files)
    arn = described(aws, files)["roleArn"]
    refused(code, aws.s3files.create_file_system, bucket=bucket, roleArn=arn)


def test_synchronization_has_defaults_and_a_version(aws, files, refused):
    get = aws.s3files.get_synchronization_configuration
    put = aws.s3files.put_synchronization_configuration
    first = get(fileSystemId=files)
    assert first["expirationDataRules"] == [{"daysAfterLastAccess": 30}]
    assert first["importDataRules"][0]["sizeLessThan"] == 128 * 1024
    rules_ = {"importDataRules": IMPORTS, "expirationDataRules": [{"daysAfterLastAccess": 7}]}
    put(fileSystemId=files, latestVersionNumber=first["latestVersionNumber"], **rules_)
    assert get(fileSystemId=files)["importDataRules"] == IMPORTS
    stale = first["latestVersionNumber"]
    refused("ConflictException", put, fileSystemId=files, latestVersionNumber=stale, **rules_)
    twice = {**rules_, "importDataRules": IMPORTS * 2}
    refused("ValidationException", put, "same prefix", fileSystemId=files, **twice)
    longer = {**rules_, "expirationDataRules": [{"daysAfterLastAccess": 366}]}
    refused("ValidationException", put, fileSystemId=files, **longer)


def test_a_policy_names_actions_of_s3_files_only(aws, files, refused):
    put = aws.s3files.put_file_system_policy
    statement = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3files:ClientMount",
        "Resource": "*",
    }
    put(fileSystemId=files, policy=json.dumps({"Statement": [statement]}))
    assert "ClientMount" in aws.s3files.get_file_system_policy(fileSystemId=files)["policy"]
    other = json.dumps({"Statement": [{**statement, "Action": "s3:GetObject"}]})
    refused("ValidationException", put, "s3:GetObject", fileSystemId=files, policy=other)
    aws.s3files.delete_file_system_policy(fileSystemId=files)
    get = aws.s3files.get_file_system_policy
    refused("ResourceNotFoundException", get, "no policy", fileSystemId=files)


def test_tags_come_and_go_and_name_it(aws, files):
    tag = aws.s3files.tag_resource
    tag(resourceId=files, tags=[{"key": "Name", "value": "n"}, {"key": "Team", "value": "t"}])
    assert described(aws, files)["name"] == "n"
    aws.s3files.untag_resource(resourceId=files, tagKeys=["Team"])
    left = aws.s3files.list_tags_for_resource(resourceId=files)["tags"]
    assert left == [{"key": "Name", "value": "n"}]


def test_the_inventory_lists_what_is_left(cloud, files):
    assert inventory(cloud)["s3files"] == {"us-west-2": {"file systems": [files]}}
