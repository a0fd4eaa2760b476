"""Calls of a role's session on a bucket and its objects."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.aws.authorization.conftest import document, statement

BUCKET = "arn:aws:s3:::data"
READ = statement("s3:GetObject", on=f"{BUCKET}/in/*")
LIST = statement("s3:ListBucket", on=BUCKET, Condition={"StringLike": {"s3:prefix": ["in/*"]}})


def test_a_role_without_policies_may_do_nothing(role, bucket, denied):
    s3 = role.client("s3")
    denied(s3.get_object, "s3:GetObject", f'"{BUCKET}/in/a"', Bucket=bucket, Key="in/a")
    denied(s3.list_objects_v2, "s3:ListBucket", f'"{BUCKET}"', Bucket=bucket)
    denied(s3.list_buckets, "s3:ListAllMyBuckets", '"*"')
    put = {"Bucket": bucket, "Key": "in/a", "Body": b"x"}
    denied(s3.put_object, "s3:PutObject", f'"{BUCKET}/in/a"', **put)
    denied(s3.delete_object, "s3:DeleteObject", f'"{BUCKET}/in/a"', Bucket=bucket, Key="in/a")


def test_a_role_reads_what_its_policy_names_and_nothing_beside_it(role, bucket, denied):
    role.may(READ, LIST)
    s3 = role.client("s3")
    assert s3.get_object(Bucket=bucket, Key="in/a")["Body"].read() == b"content"
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="in/")["Contents"]
    assert [one["Key"] for one in listed] == ["in/a", "in/b"]
    denied(s3.get_object, "s3:GetObject", f'"{BUCKET}/out/c"', Bucket=bucket, Key="out/c")
    denied(s3.list_objects_v2, "s3:ListBucket", f'"{BUCKET}"', Bucket=bucket, Prefix="out/")


def test_the_rehearsals_own_user_needs_no_policy(aws, bucket):
    assert aws.s3.get_object(Bucket=bucket, Key="out/c")["Body"].read() == b"content"


def test_the_head_of_an_object_says_only_that_it_is_forbidden(role, bucket, refused):
    refused("403", role.client("s3").head_object, "Forbidden", Bucket=bucket, Key="in/a")


def test_who_may_not_list_is_not_told_that_an_object_is_not_there(role, bucket, denied, refused):
    role.may(READ)
    s3 = role.client("s3")
    denied(s3.get_object, "s3:ListBucket", f'"{BUCKET}"', Bucket=bucket, Key="in/none")
    role.may(READ, statement("s3:ListBucket", on=BUCKET))
    refused("NoSuchKey", s3.get_object, Bucket=bucket, Key="in/none")


def test_a_bucket_that_does_not_exist_is_said_not_to(role, refused):
    refused("NoSuchBucket", role.client("s3").list_objects_v2, Bucket="none")


def test_a_change_of_the_policy_counts_from_the_next_call_on(aws, role, bucket, denied):
    s3 = role.client("s3")
    key = {"Bucket": bucket, "Key": "in/a"}
    for _ in range(3):
        role.may(READ)
        s3.get_object(**key)
        aws.iam.delete_role_policy(RoleName="reader", PolicyName="inline")
        denied(s3.get_object, "s3:GetObject", f'"{BUCKET}/in/a"', **key)


def test_an_upload_in_parts_takes_what_an_upload_does(role, bucket, denied):
    key = {"Bucket": bucket, "Key": "out/big"}
    s3 = role.client("s3")
    denied(s3.create_multipart_upload, "s3:PutObject", f'"{BUCKET}/out/big"', **key)
    role.may(statement("s3:PutObject", on=f"{BUCKET}/out/*"))
    upload = s3.create_multipart_upload(**key)["UploadId"]
    part = s3.upload_part(**key, UploadId=upload, PartNumber=1, Body=b"x")
    done = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(**key, UploadId=upload, MultipartUpload=done)
    other = s3.create_multipart_upload(**key)["UploadId"]
    abort = "s3:AbortMultipartUpload"
    denied(s3.abort_multipart_upload, abort, f'"{BUCKET}/out/big"', **key, UploadId=other)


def test_a_copy_needs_its_source_read(role, bucket, denied):
    copy = {"Bucket": bucket, "Key": "out/a", "CopySource": {"Bucket": bucket, "Key": "in/a"}}
    role.may(statement("s3:PutObject", on=f"{BUCKET}/out/*"))
    s3 = role.client("s3")
    denied(s3.copy_object, "s3:GetObject", f'"{BUCKET}/in/a"', **copy)
    role.may(statement("s3:PutObject", on=f"{BUCKET}/out/*"), READ)
    s3.copy_object(**copy)


def test_several_deletions_are_refused_one_by_one(aws, role, bucket):
    role.may(statement("s3:DeleteObject", on=f"{BUCKET}/in/*"))
    keys = [{"Key": key} for key in ("in/a", "in/b", "out/c")]
    answer = role.client("s3").delete_objects(Bucket=bucket, Delete={"Objects": keys})
    assert [one["Key"] for one in answer["Deleted"]] == ["in/a", "in/b"]
    assert [(one["Key"], one["Code"]) for one in answer["Errors"]] == [("out/c", "AccessDenied")]
    assert [one["Key"] for one in aws.s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["out/c"]


@pytest.mark.parametrize(
    ("call", "action"),
    [
        ("get_bucket_location", "s3:GetBucketLocation"),
        ("get_bucket_policy", "s3:GetBucketPolicy"),
        ("delete_bucket_policy", "s3:DeleteBucketPolicy"),
        ("delete_bucket_encryption", "s3:PutEncryptionConfiguration"),
        ("get_bucket_notification_configuration", "s3:GetBucketNotification"),
        ("list_object_versions", "s3:ListBucketVersions"),
        ("list_multipart_uploads", "s3:ListBucketMultipartUploads"),
        ("delete_bucket", "s3:DeleteBucket"),
        ("create_bucket", "s3:CreateBucket"),
    ],
)
def test_a_call_about_the_bucket_has_the_action_that_aws_names(role, bucket, denied, call, action):
    request = {"Bucket": bucket}
    if call == "create_bucket":
        request["CreateBucketConfiguration"] = {"LocationConstraint": "us-west-2"}
    denied(getattr(role.client("s3"), call), action, f'"{BUCKET}"', **request)


def test_the_buckets_policy_allows_a_role_that_it_names(aws, role, bucket):
    allow = {"Effect": "Allow", "Principal": {"AWS": role.arn}, "Action": "s3:GetObject"}
    policy = document({**allow, "Resource": f"{BUCKET}/*"})
    aws.s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    role.client("s3").get_object(Bucket=bucket, Key="out/c")


def test_the_buckets_policy_leaves_its_account_to_the_accounts_own_policies(
    aws, role, bucket, denied
):
    root = {"AWS": "arn:aws:iam::123456789012:root"}
    allow = {"Effect": "Allow", "Principal": root, "Action": "s3:*", "Resource": f"{BUCKET}/*"}
    aws.s3.put_bucket_policy(Bucket=bucket, Policy=document(allow))
    s3 = role.client("s3")
    denied(s3.get_object, "s3:GetObject", f'"{BUCKET}/out/c"', Bucket=bucket, Key="out/c")


def test_a_denial_by_the_bucket_holds_against_the_role(aws, role, bucket, refused):
    role.may(statement("s3:*"))
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject"}
    policy = document({**deny, "Resource": f"{BUCKET}/out/*"})
    aws.s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    s3 = role.client("s3")
    s3.get_object(Bucket=bucket, Key="in/a")
    naming = "with an explicit deny in a resource-based policy"
    refused("AccessDenied", s3.get_object, naming, Bucket=bucket, Key="out/c")


def test_a_denial_to_all_but_a_role_spares_that_role(aws, role, bucket):
    role.may(statement("s3:*"))
    spared = {"NotPrincipal": {"AWS": role.arn}}
    deny = {"Effect": "Deny", **spared, "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
    aws.s3.put_bucket_policy(Bucket=bucket, Policy=document(deny))
    role.client("s3").get_object(Bucket=bucket, Key="in/a")


def test_a_policy_for_tls_only_lets_a_session_pass(aws, role, bucket):
    role.may(READ)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"{BUCKET}/*"}
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    aws.s3.put_bucket_policy(Bucket=bucket, Policy=document({**deny, "Condition": plain}))
    role.client("s3").get_object(Bucket=bucket, Key="in/a")


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_url_may_what_its_signer_may(role, bucket, version):
    role.may(READ)
    s3 = role.client("s3", signature_version=version)

    def fetch(key: str) -> bytes:
        request = {"Bucket": bucket, "Key": key}
        with urllib.request.urlopen(s3.generate_presigned_url("get_object", request)) as answer:
            content: bytes = answer.read()
            return content

    assert fetch("in/a") == b"content"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        fetch("out/c")


def test_a_key_that_is_no_plain_text_is_matched_as_it_is(aws, role, bucket):
    aws.s3.put_object(Bucket=bucket, Key="in/ä b+c%", Body=b"odd")
    role.may(statement("s3:GetObject", on=f"{BUCKET}/in/ä b+c%"))
    assert role.client("s3").get_object(Bucket=bucket, Key="in/ä b+c%")["Body"].read() == b"odd"


def test_a_session_policy_only_limits(role, bucket, refused):
    role.may(READ)
    narrow = document(statement("s3:GetObject", on=f"{BUCKET}/in/a"))
    s3 = role.client("s3", Policy=narrow)
    s3.get_object(Bucket=bucket, Key="in/a")
    naming = "because no session policy allows the s3:GetObject action"
    refused("AccessDenied", s3.get_object, naming, Bucket=bucket, Key="in/b")


def test_a_permissions_boundary_only_limits(aws, role, bucket, refused):
    role.may(READ)
    held = aws.iam.create_policy(
        PolicyName="boundary", PolicyDocument=document(statement("s3:List*"))
    )
    arn = held["Policy"]["Arn"]
    aws.iam.put_role_permissions_boundary(RoleName="reader", PermissionsBoundary=arn)
    naming = "because no permissions boundary allows the s3:GetObject action"
    refused("AccessDenied", role.client("s3").get_object, naming, Bucket=bucket, Key="in/a")


def test_an_attached_policy_counts_by_its_default_version(aws, role, bucket, denied):
    policy = aws.iam.create_policy(PolicyName="read", PolicyDocument=document(READ))
    arn = policy["Policy"]["Arn"]
    aws.iam.attach_role_policy(RoleName="reader", PolicyArn=arn)
    s3 = role.client("s3")
    s3.get_object(Bucket=bucket, Key="in/a")
    other = document(statement("s3:ListBucket"))
    aws.iam.create_policy_version(PolicyArn=arn, PolicyDocument=other, SetAsDefault=True)
    denied(s3.get_object, "s3:GetObject", f'"{BUCKET}/in/a"', Bucket=bucket, Key="in/a")


def test_a_condition_on_the_sessions_tags_is_asked(role, bucket):
    namespace = {"StringEquals": {"aws:PrincipalTag/namespace": "team"}}
    role.may({**READ, "Condition": namespace})
    tags = [{"Key": "namespace", "Value": "team"}]
    role.client("s3", Tags=tags).get_object(Bucket=bucket, Key="in/a")
    with pytest.raises(ClientError, match="no identity-based policy"):
        role.client("s3").get_object(Bucket=bucket, Key="in/a")


def test_a_condition_that_is_not_known_is_said_and_never_an_allowance(role, bucket, refused):
    later = {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
    role.may({**READ, "Condition": later})
    s3 = role.client("s3")
    refused("InternalFailure", s3.get_object, "DateGreaterThan", Bucket=bucket, Key="in/a")


def test_the_policies_are_those_of_the_role_that_was_assumed(aws, role, bucket):
    """A role made anew under the same name is another one; its session is not the old one."""
    role.may(READ)
    s3 = role.client("s3")
    aws.iam.delete_role_policy(RoleName="reader", PolicyName="inline")
    aws.iam.delete_role(RoleName="reader")
    role.arn = aws.role("reader", "pods.eks.amazonaws.com")
    role.may(READ)
    with pytest.raises(ClientError, match="no identity-based policy"):
        s3.get_object(Bucket=bucket, Key="in/a")
    role.client("s3").get_object(Bucket=bucket, Key="in/a")


@pytest.fixture
def key(aws):
    return aws.kms.create_key()["KeyMetadata"]["Arn"]


@pytest.fixture
def encrypted(aws, bucket, key):
    """The bucket, whose objects a customer's key encrypts by default."""
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = [{"ApplyServerSideEncryptionByDefault": default}]
    aws.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    return bucket


def test_an_object_that_a_customers_key_encrypts_is_read_by_who_may_use_the_key(
    role, encrypted, denied, key
):
    role.may(READ)
    s3 = role.client("s3")
    denied(s3.get_object, "kms:Decrypt", key, Bucket=encrypted, Key="in/a")
    through = {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}
    role.may(READ, statement("kms:Decrypt", on=key, Condition=through))
    assert s3.get_object(Bucket=encrypted, Key="in/a")["Body"].read() == b"content"


def test_an_object_is_put_by_who_may_use_the_key_of_the_bucket(role, encrypted, denied, key):
    put = {"Bucket": encrypted, "Key": "in/new", "Body": b"x"}
    role.may(statement("s3:PutObject", on=f"{BUCKET}/in/*"))
    s3 = role.client("s3")
    denied(s3.put_object, "kms:GenerateDataKey", key, **put)
    role.may(
        statement("s3:PutObject", on=f"{BUCKET}/in/*"),
        statement("kms:GenerateDataKey", "kms:Decrypt", on=key),
    )
    s3.put_object(**put)
