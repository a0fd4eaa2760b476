"""IAM, STS, KMS and CloudWatch Logs, as far as a deployment leans on their refusals."""

from __future__ import annotations

import json

import pytest

ALLOW = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}],
    }
)
VIEW = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"


@pytest.fixture
def policy(aws):
    return aws.iam.create_policy(PolicyName="read", PolicyDocument=ALLOW)["Policy"]["Arn"]


def test_the_caller_is_the_rehearsal(aws):
    assert aws.sts.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/rehearsal"
    assert aws.sts.get_caller_identity()["Account"] == "123456789012"


def test_a_role_is_kept_for_its_policies(aws, policy, refused):
    aws.role("reader", "ec2.amazonaws.com")
    aws.iam.attach_role_policy(RoleName="reader", PolicyArn=policy)
    aws.iam.put_role_policy(RoleName="reader", PolicyName="own", PolicyDocument=ALLOW)
    refused("DeleteConflict", aws.iam.delete_role, RoleName="reader")
    aws.iam.detach_role_policy(RoleName="reader", PolicyArn=policy)
    refused("DeleteConflict", aws.iam.delete_role, RoleName="reader")
    aws.iam.delete_role_policy(RoleName="reader", PolicyName="own")
    aws.iam.delete_role(RoleName="reader")


def test_an_attached_policy_is_kept(aws, policy, refused):
    aws.role("reader", "ec2.amazonaws.com")
    aws.iam.attach_role_policy(RoleName="reader", PolicyArn=policy)
    refused("DeleteConflict", aws.iam.delete_policy, PolicyArn=policy)
    aws.iam.detach_role_policy(RoleName="reader", PolicyArn=policy)
    aws.iam.delete_policy(PolicyArn=policy)


def test_a_policy_with_old_versions_is_kept(aws, policy, refused):
    aws.iam.create_policy_version(PolicyArn=policy, PolicyDocument=ALLOW, SetAsDefault=True)
    refused("DeleteConflict", aws.iam.delete_policy, "version", PolicyArn=policy)
    aws.iam.delete_policy_version(PolicyArn=policy, VersionId="v1")
    aws.iam.delete_policy(PolicyArn=policy)


def test_names_are_taken_once(aws, policy, refused):
    aws.role("reader", "ec2.amazonaws.com")
    refused("EntityAlreadyExists", aws.role, name="reader", service="ec2.amazonaws.com")
    create = aws.iam.create_policy
    refused("EntityAlreadyExists", create, PolicyName="read", PolicyDocument=ALLOW)


def test_awss_managed_policies_are_there_and_fresh_in_each_account(aws, cloud):
    aws.role("reader", "ec2.amazonaws.com")
    aws.iam.attach_role_policy(RoleName="reader", PolicyArn=VIEW)
    assert aws.iam.get_policy(PolicyArn=VIEW)["Policy"]["AttachmentCount"] == 1
    cloud.reset()
    assert aws.iam.get_policy(PolicyArn=VIEW)["Policy"]["AttachmentCount"] == 0


def test_a_managed_policy_of_awss_is_not_deleted(aws, refused):
    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    refused("AccessDenied", aws.iam.delete_policy, "belongs to AWS", PolicyArn=arn)


def test_a_policy_that_does_not_exist_is_not_attached(aws, refused):
    aws.role("reader", "ec2.amazonaws.com")
    missing = "arn:aws:iam::aws:policy/NoSuchPolicy"
    refused("NoSuchEntity", aws.iam.attach_role_policy, RoleName="reader", PolicyArn=missing)


def test_a_key_rotates_has_an_alias_and_waits_for_its_deletion(aws):
    key = aws.kms.create_key(Description="secrets")["KeyMetadata"]["KeyId"]
    aws.kms.create_alias(AliasName="alias/secrets", TargetKeyId=key)
    aws.kms.enable_key_rotation(KeyId=key)
    assert aws.kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
    aws.kms.delete_alias(AliasName="alias/secrets")
    aws.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert aws.kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_a_log_group_keeps_retention_key_and_tags(aws, refused):
    key = aws.kms.create_key()["KeyMetadata"]["Arn"]
    group = {"logGroupName": "/aws/eks/main/cluster"}
    aws.logs.create_log_group(**group, kmsKeyId=key, tags={"a": "1"})
    refused("ResourceAlreadyExistsException", aws.logs.create_log_group, **group)
    aws.logs.put_retention_policy(**group, retentionInDays=90)
    found = aws.logs.describe_log_groups()["logGroups"][0]
    assert (found["retentionInDays"], found["kmsKeyId"]) == (90, key)
    tags = aws.logs.list_tags_for_resource(resourceArn=found["arn"].removesuffix(":*"))["tags"]
    assert tags == {"a": "1"}


def test_an_alias_a_repository_and_a_log_group_that_are_there_already_are_refused(aws, refused):
    """Things that a destroy left, or another program made, stand in the way of the next update."""
    key = aws.kms.create_key()["KeyMetadata"]["KeyId"]
    for create, code, named in (
        (aws.kms.create_alias, "AlreadyExistsException", {"AliasName": "alias/a"}),
        (
            aws.ecr.create_repository,
            "RepositoryAlreadyExistsException",
            {"repositoryName": "workloads"},
        ),
        (aws.logs.create_log_group, "ResourceAlreadyExistsException", {"logGroupName": "/aws/l"}),
    ):
        given = named | ({"TargetKeyId": key} if "AliasName" in named else {})
        create(**given)
        refused(code, create, "already exists", **given)


def test_a_dot_in_the_name_of_a_stack_is_in_no_alias(aws, refused):
    key = aws.kms.create_key()["KeyMetadata"]["KeyId"]
    alias = {"AliasName": "alias/eks-ml-storage-prod.eu-secrets", "TargetKeyId": key}
    refused("ValidationException", aws.kms.create_alias, "aliasName", **alias)
