"""Buckets, lifecycle rules, tags and keys that S3 refuses, and a stack config before it."""

from __future__ import annotations

import pytest

from tests.aws.policies import NOBODY, policy

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize(
    "name",
    [
        *("My-Bucket", "10.0.0.1", "ab", "a" * 64, "a_b", "a..b", "-ab", "ab-", "a.-b."),
        *("xn--ab", "sthree-ab", "amzn-s3-demo-ab"),
        *("ab-s3alias", "ab--ol-s3", "ab.mrap", "ab--table-s3"),
    ],
)
def test_a_name_that_no_bucket_has_is_refused(aws, refused, name):
    refused("InvalidBucketName", aws.bucket, name=name)


@pytest.mark.parametrize("name", ["data", "a.b.c", "data-bucket-4bfa1d6", "0ab", "a--b", "x" * 63])
def test_a_name_that_a_bucket_can_have_is_taken(aws, name):
    assert aws.bucket(name) == name


def steps(*given: tuple[int, str], **others: int) -> dict[str, object]:
    moves = [{"Days": days, "StorageClass": name} for days, name in given]
    expiration = {"Expiration": {"Days": others["expiration"]}} if others else {}
    return {
        "Filter": {"Prefix": "models/"},
        "Status": "Enabled",
        "Transitions": moves,
        **expiration,
    }


@pytest.mark.parametrize(
    ("rule", "code", "naming"),
    [
        (
            steps((7, "STANDARD_IA")),
            "InvalidArgument",
            "equal to 30 for storageClass 'STANDARD_IA'",
        ),
        (steps((7, "ONEZONE_IA")), "InvalidArgument", "equal to 30 for storageClass 'ONEZONE_IA'"),
        (
            steps((90, "STANDARD_IA"), (60, "GLACIER_IR")),
            "InvalidArgument",
            "StorageClass 'GLACIER_IR' for filter '(prefix=models/)' must be greater",
        ),
        (
            steps((60, "GLACIER"), (90, "STANDARD_IA")),
            "InvalidArgument",
            "StorageClass 'GLACIER' for filter '(prefix=models/)' must be greater",
        ),
        (
            steps((60, "STANDARD_IA"), (61, "GLACIER")),
            "InvalidArgument",
            "must be 30 days more than",
        ),
        (
            steps((60, "GLACIER"), expiration=60),
            "InvalidArgument",
            "Expiration action for filter '(prefix=models/)' must be greater",
        ),
        (steps(expiration=0), "InvalidArgument", "must be a positive integer"),
        (steps(), "InvalidRequest", "At least one action needs to be specified in a rule"),
    ],
)
def test_a_lifecycle_rule_that_aws_refuses_is_refused(aws, refused, rule, code, naming):
    put = aws.s3.put_bucket_lifecycle_configuration
    lifecycle = {"Bucket": aws.bucket(), "LifecycleConfiguration": {"Rules": [rule]}}
    refused(code, put, naming, **lifecycle)


@pytest.mark.parametrize(
    "rule",
    [
        steps((30, "STANDARD_IA"), (60, "GLACIER_IR"), (150, "DEEP_ARCHIVE"), expiration=151),
        steps((0, "GLACIER"), (1, "DEEP_ARCHIVE")),
        steps(expiration=1),
    ],
)
def test_a_lifecycle_down_the_waterfall_is_taken(aws, rule):
    bucket = aws.bucket()
    aws.s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [rule]}
    )
    assert aws.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]


def test_an_object_has_ten_tags_at_most(aws, refused):
    """Eight of the user's own and the program's three are one too many."""
    bucket = aws.bucket()

    def put(number: int) -> None:
        tagging = "&".join(f"t{one}=x" for one in range(number))
        aws.s3.put_object(Bucket=bucket, Key="k", Body=b"", Tagging=tagging)

    put(10)
    refused("BadRequest", put, "Object tags cannot be greater than 10", number=11)


@pytest.mark.parametrize(
    ("key", "naming"),
    [
        ("alias/mine", "alias/mine' does not exist"),
        (f"arn:aws:kms:us-east-1:123456789012:key/{KEY_ID}", "Invalid arn us-east-1"),
        (f"arn:aws:kms:us-west-2:123456789012:key/{KEY_ID}", f"key/{KEY_ID}' does not exist"),
    ],
)
def test_a_key_that_is_not_there_is_missed_when_the_first_object_comes(aws, refused, key, naming):
    bucket = aws.bucket()
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    }
    aws.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    refused("KMS.NotFoundException", aws.s3.put_object, naming, Bucket=bucket, Key="k", Body=b"x")


def test_a_key_of_the_region_encrypts_by_its_arn_and_by_an_alias(aws):
    bucket, key = aws.bucket(), aws.kms.create_key()["KeyMetadata"]
    aws.kms.create_alias(AliasName="alias/mine", TargetKeyId=key["KeyId"])
    for named in (key["Arn"], "alias/mine"):
        rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": named}
        rules = [{"ApplyServerSideEncryptionByDefault": rule}]
        aws.s3.put_bucket_encryption(
            Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules}
        )
        aws.s3.put_object(Bucket=bucket, Key="k", Body=b"x")


DATA = ["arn:aws:s3:::data", "arn:aws:s3:::data/*"]


@pytest.mark.parametrize(
    ("document", "naming"),
    [
        ("none", "must be valid JSON"),
        ("{}", "Missing required field Statement"),
        (policy("s3:*", "arn:aws:s3:::other/*", Principal="*"), "invalid resource"),
        (policy("s3:*", DATA, Principal=NOBODY), "Invalid principal in policy"),
        (policy("sqs:*", DATA, Principal="*"), "invalid action"),
        (policy("s3:ListBucket", DATA[1:], Principal="*"), "does not apply to any resource"),
        (policy("s3:*", DATA, Principal="*", Effect="Permit"), "Invalid effect"),
    ],
)
def test_a_bucket_policy_that_s3_refuses_is_refused(aws, refused, document, naming):
    put = {"Bucket": aws.bucket(), "Policy": document}
    refused("MalformedPolicy", aws.s3.put_bucket_policy, naming, **put)


def test_a_public_policy_is_blocked_until_the_block_is_lifted(aws, refused):
    bucket = aws.bucket()
    put = {"Bucket": bucket, "Policy": policy("s3:GetObject", DATA[1:], Principal="*")}
    refused("AccessDenied", aws.s3.put_bucket_policy, "BlockPublicPolicy", **put)
    aws.s3.delete_public_access_block(Bucket=bucket)
    aws.s3.put_bucket_policy(**put)


def test_a_new_bucket_and_its_objects_have_no_access_control_lists(aws, refused):
    code, bucket = "AccessControlListNotSupported", aws.bucket()
    refused(code, aws.s3.put_bucket_acl, Bucket=bucket, ACL="public-read")
    refused(code, aws.s3.put_object, Bucket=bucket, Key="k", Body=b"", ACL="public-read")
    aws.s3.put_object(Bucket=bucket, Key="k", Body=b"", ACL="bucket-owner-full-control")


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ({"SSEAlgorithm": "ROT13"}, "MalformedXML"),
        ({"SSEAlgorithm": "AES256", "KMSMasterKeyID": "alias/mine"}, "InvalidArgument"),
    ],
)
def test_an_encryption_that_s3_has_not_is_refused(aws, refused, chosen, code):
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": chosen}]}
    put = {"Bucket": aws.bucket(), "ServerSideEncryptionConfiguration": rules}
    refused(code, aws.s3.put_bucket_encryption, **put)


def test_versioning_is_enabled_or_suspended(aws, refused):
    put = {"Bucket": aws.bucket(), "VersioningConfiguration": {"Status": "On"}}
    refused("MalformedXML", aws.s3.put_bucket_versioning, **put)


def test_limits_of_objects_and_tags(aws, refused):
    put, bucket = aws.s3.put_object, aws.bucket()
    refused("KeyTooLongError", put, Bucket=bucket, Key="k" * 1025, Body=b"")
    metadata = {"a": "x" * 2048}
    refused("MetadataTooLarge", put, Bucket=bucket, Key="k", Body=b"", Metadata=metadata)
    tags = {"TagSet": [{"Key": f"k{number}", "Value": "v"} for number in range(51)]}
    refused("BadRequest", aws.s3.put_bucket_tagging, "50", Bucket=bucket, Tagging=tags)


EXPIRES = {"Status": "Enabled", "Filter": {"Prefix": "x"}, "Expiration": {"Days": 1}}
ABORTS = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}


@pytest.mark.parametrize(
    ("rules", "code", "naming"),
    [
        ([{**EXPIRES, "ID": "a"}, {**EXPIRES, "ID": "a"}], "InvalidArgument", "must be unique"),
        ([{**EXPIRES, "ID": "a" * 256}], "InvalidArgument", "limit of 255"),
        (
            [{**EXPIRES, "Expiration": {"Days": 1, "Date": "2030-01-01T00:00:00Z"}}],
            "MalformedXML",
            "",
        ),
        (
            [{**EXPIRES, **ABORTS, "Filter": {"Tag": {"Key": "a", "Value": "b"}}}],
            "InvalidRequest",
            "cannot be specified with Tags",
        ),
    ],
)
def test_lifecycle_rules_that_do_not_go_together_are_refused(aws, refused, rules, code, naming):
    put = aws.s3.put_bucket_lifecycle_configuration
    lifecycle = {"Bucket": aws.bucket(), "LifecycleConfiguration": {"Rules": rules}}
    refused(code, put, naming, **lifecycle)
