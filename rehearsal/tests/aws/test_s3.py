"""S3: the defaults of a new bucket, policies with conditions, and what is not there."""

from __future__ import annotations

import json
from typing import Any

import pytest

TLS_ONLY = {
    "Sid": "TlsOnly",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


@pytest.fixture
def bucket(aws):
    return aws.bucket("data")


def set_policy(aws, **changes: Any) -> None:
    document = {"Version": "2012-10-17", "Statement": [{**TLS_ONLY, **changes}]}
    aws.s3.put_bucket_policy(Bucket="data", Policy=json.dumps(document))


def test_a_new_bucket_is_encrypted_owned_and_closed(aws, bucket):
    rules = aws.s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    default = rules["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert default == {"SSEAlgorithm": "AES256"}
    controls = aws.s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert controls["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    block = aws.s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}


def test_encryption_taken_away_is_the_default_again(aws, bucket):
    aws.s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"},
                    "BucketKeyEnabled": True,
                }
            ]
        },
    )
    encryption = aws.s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    rule = encryption["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["BucketKeyEnabled"] is True
    aws.s3.delete_bucket_encryption(Bucket=bucket)
    encryption = aws.s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    rule = encryption["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_a_policy_for_tls_only_does_not_concern_the_rehearsal(aws, bucket):
    set_policy(aws)
    aws.s3.put_object(Bucket=bucket, Key="key", Body=b"content")
    assert aws.s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"content"


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({"Condition": {}}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": True}}}, False),
        ({"Condition": {}, "Principal": {"AWS": "*"}}, False),
        ({"Condition": {}, "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}, True),
        ({"Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}, True),
        ({"Condition": {}, "Action": "s3:DeleteObject"}, True),
    ],
)
def test_a_denial_applies_to_whom_and_what_it_names(aws, bucket, refused, change, allowed):
    set_policy(aws, **change)
    request = {"Bucket": bucket, "Key": "key", "Body": b"content"}
    if allowed:
        aws.s3.put_object(**request)
    else:
        refused("403", aws.s3.put_object, **request)


def test_a_bucket_with_objects_is_kept(aws, bucket, refused):
    aws.s3.put_object(Bucket=bucket, Key="key", Body=b"content")
    refused("BucketNotEmpty", aws.s3.delete_bucket, Bucket=bucket)
    aws.s3.delete_object(Bucket=bucket, Key="key")
    aws.s3.delete_bucket(Bucket=bucket)


def test_a_bucket_with_old_versions_is_kept(aws, bucket, refused):
    aws.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    aws.s3.put_object(Bucket=bucket, Key="key", Body=b"content")
    aws.s3.delete_object(Bucket=bucket, Key="key")
    refused("BucketNotEmpty", aws.s3.delete_bucket, Bucket=bucket)


def test_a_bucket_of_the_same_name_is_refused(aws, bucket, refused):
    refused("BucketAlreadyOwnedByYou", aws.bucket, name=bucket)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("get_bucket_policy", "NoSuchBucketPolicy"),
        ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
        ("get_bucket_cors", "NoSuchCORSConfiguration"),
        ("get_bucket_tagging", "NoSuchTagSet"),
    ],
)
def test_what_a_bucket_does_not_have_is_said_by_name(aws, bucket, refused, call, code):
    refused(code, getattr(aws.s3, call), Bucket=bucket)


def test_public_access_block_and_ownership_can_be_taken_away(aws, bucket, refused):
    aws.s3.delete_public_access_block(Bucket=bucket)
    refused("NoSuchPublicAccessBlockConfiguration", aws.s3.get_public_access_block, Bucket=bucket)
    aws.s3.delete_bucket_ownership_controls(Bucket=bucket)
    refused("OwnershipControlsNotFoundError", aws.s3.get_bucket_ownership_controls, Bucket=bucket)


def test_a_lifecycle_comes_back_as_it_was_put(aws, bucket):
    rules = [
        {
            "ID": "models",
            "Status": "Enabled",
            "Filter": {"Prefix": "models/"},
            "Transitions": [{"Days": 90, "StorageClass": "STANDARD_IA"}],
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }
    ]
    aws.s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": rules}
    )
    assert aws.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == rules


@pytest.mark.parametrize("versioning", ["Enabled", "Suspended"])
def test_a_bucket_is_emptied_of_its_delete_markers_too(aws, bucket, versioning):
    def set_versioning(status: str) -> None:
        aws.s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": status})

    set_versioning("Enabled")
    aws.s3.put_object(Bucket="data", Key="a", Body=b"1")
    aws.s3.delete_object(Bucket="data", Key="a")
    set_versioning(versioning)
    listed = aws.s3.list_object_versions(Bucket="data")
    assert len(listed["DeleteMarkers"]) == 1
    every = [*listed["Versions"], *listed["DeleteMarkers"]]
    objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in every]
    assert "Errors" not in aws.s3.delete_objects(Bucket="data", Delete={"Objects": objects})
    aws.s3.delete_bucket(Bucket="data")
