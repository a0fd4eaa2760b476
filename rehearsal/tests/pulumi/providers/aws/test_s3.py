from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.pulumi.providers.server import Asset, ProviderError
from tests.pulumi.providers.aws.stack import Kept, Stack, exercise

BUCKET = "aws:s3/bucket:Bucket"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
PUBLIC_ACCESS = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
NOTIFICATION = "aws:s3/bucketNotification:BucketNotification"


@pytest.fixture
def bucket(stack: Stack) -> Kept:
    return stack.create(BUCKET, "data", forceDestroy=True)


def test_a_bucket_is_named_in_lower_case_tagged_and_told_by_its_addresses(stack: Stack) -> None:
    inputs: dict[str, Any] = {"forceDestroy": True, "tags": {"a": "b", "c": "d"}}
    made = stack.create(BUCKET, "Data", **inputs)
    assert made.id.startswith("data-")
    assert made["arn"] == f"arn:aws:s3:::{made.id}"
    assert made["bucketRegionalDomainName"] == f"{made.id}.s3.us-west-2.amazonaws.com"
    assert made["tagsAll"] == {"a": "b", "c": "d"}
    inputs["tags"] = {"c": "e"}
    stack.update(made, **inputs)
    assert made["tags"] == {"c": "e"}
    assert stack.diff(made, **inputs | {"bucket": "other"}).replaces == ["bucket"]
    exercise(stack, made, **inputs)


def test_a_bucket_with_objects_is_deleted_only_when_that_is_forced(stack: Stack, aws: Any) -> None:
    made = stack.create(BUCKET, "data")
    s3 = aws("s3")
    s3.put_bucket_versioning(Bucket=made.id, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        s3.put_object(Bucket=made.id, Key="a", Body=b"x")
    s3.delete_object(Bucket=made.id, Key="a")
    with pytest.raises(ProviderError, match="BucketNotEmpty"):
        stack.delete(made)
    stack.update(made, forceDestroy=True)
    stack.delete(made)
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket=made.id)


def test_what_has_a_type_of_its_own_is_refused_on_the_bucket(stack: Stack) -> None:
    failures = stack.check(BUCKET, "data", {"versioning": {"enabled": True}}).failures
    assert [failure.property for failure in failures] == ["versioning"]


def test_versioning_is_switched_on_and_suspended_when_it_goes(
    stack: Stack, bucket: Kept, aws: Any
) -> None:
    inputs = {"bucket": bucket.id, "versioningConfiguration": {"status": "Suspended"}}
    versioning = stack.create(VERSIONING, "v", **inputs)
    inputs["versioningConfiguration"] = {"status": "Enabled"}
    stack.update(versioning, **inputs)
    assert stack.read(versioning) == (bucket.id, versioning.inputs, versioning.outputs)
    stack.delete(versioning)
    assert aws("s3").get_bucket_versioning(Bucket=bucket.id)["Status"] == "Suspended"


def test_encryption_by_a_key_is_set_and_set_back(stack: Stack, bucket: Kept, aws: Any) -> None:
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    plain = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    inputs: dict[str, Any] = {"bucket": bucket.id, "rules": [plain]}
    encryption = stack.create(ENCRYPTION, "e", **inputs)
    by_key = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}
    inputs["rules"] = [
        {"applyServerSideEncryptionByDefault": by_key, "bucketKeyEnabled": True},
    ]
    stack.update(encryption, **inputs)
    assert encryption["rules"] == inputs["rules"]
    assert stack.read(encryption) == (bucket.id, encryption.inputs, encryption.outputs)
    assert not stack.diff(stack.imported(ENCRYPTION, bucket.id), **inputs).changes
    stack.delete(encryption)
    found = aws("s3").get_bucket_encryption(Bucket=bucket.id)["ServerSideEncryptionConfiguration"]
    default = found["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert default == {"SSEAlgorithm": "AES256"}


def test_public_access_is_blocked_by_four_switches(stack: Stack, bucket: Kept) -> None:
    inputs: dict[str, Any] = {"bucket": bucket.id, "blockPublicAcls": True}
    block = stack.create(PUBLIC_ACCESS, "p", **inputs)
    assert not block["restrictPublicBuckets"]
    inputs |= {"restrictPublicBuckets": True}
    stack.update(block, **inputs)
    exercise(stack, block, **inputs)


def test_ownership_is_enforced(stack: Stack, bucket: Kept) -> None:
    inputs: dict[str, Any] = {"bucket": bucket.id, "rule": {"objectOwnership": "ObjectWriter"}}
    ownership = stack.create(OWNERSHIP, "o", **inputs)
    inputs["rule"] = {"objectOwnership": "BucketOwnerEnforced"}
    stack.update(ownership, **inputs)
    exercise(stack, ownership, **inputs)


def test_a_policy_that_refuses_what_is_not_tls_leaves_the_bucket_usable(
    stack: Stack, bucket: Kept, aws: Any
) -> None:
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket["arn"], f"{bucket['arn']}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    document = {"Version": "2012-10-17", "Statement": [deny]}
    inputs: dict[str, Any] = {"bucket": bucket.id, "policy": json.dumps(document)}
    policy = stack.create(POLICY, "tls", **inputs)
    aws("s3").put_object(Bucket=bucket.id, Key="k", Body=b"x")
    inputs["policy"] = json.dumps(document | {"Id": "tls"})
    stack.update(policy, **inputs)
    exercise(stack, policy, **inputs)


def test_lifecycle_rules_in_every_shape_come_back_as_they_were_given(
    stack: Stack, bucket: Kept
) -> None:
    rules: list[dict[str, Any]] = [
        {
            "id": "uploads",
            "status": "Enabled",
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        },
        {
            "id": "models",
            "status": "Enabled",
            "filter": {"prefix": "models/"},
            "transitions": [
                {"days": 30, "storageClass": "STANDARD_IA"},
                {"days": 90, "storageClass": "GLACIER_IR"},
            ],
            "expiration": {"days": 400},
            "noncurrentVersionTransitions": [{"noncurrentDays": 30, "storageClass": "STANDARD_IA"}],
            "noncurrentVersionExpiration": {"noncurrentDays": 60},
        },
        {
            "id": "tagged",
            "status": "Disabled",
            "filter": {"and": {"prefix": "t/", "tags": {"k": "v", "l": "w"}}},
            "expiration": {"expiredObjectDeleteMarker": True},
        },
    ]
    lifecycle = stack.create(LIFECYCLE, "l", bucket=bucket.id, rules=rules)
    assert lifecycle["rules"] == rules
    assert lifecycle["transitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"
    fewer = rules[:2]
    stack.update(lifecycle, bucket=bucket.id, rules=fewer)
    exercise(stack, lifecycle, bucket=bucket.id, rules=fewer)


def _file(path: Path, text: str) -> Asset:
    path.write_text(text)
    return Asset(path=str(path), hash=hashlib.sha256(text.encode()).hexdigest())


def test_an_object_is_a_file_and_follows_its_content(
    stack: Stack, bucket: Kept, aws: Any, tmp_path: Path
) -> None:
    first = _file(tmp_path / "a.csv", "1,2\n")
    inputs: dict[str, Any] = {
        "bucket": bucket.id,
        "key": "datasets/digits/train/train.csv",
        "source": first,
        "contentType": "text/csv",
        "tags": {"a": "b c"},
    }
    made = stack.create(OBJECT, "train", **inputs)
    assert made.id == f"{bucket.id}/datasets/digits/train/train.csv"
    assert made["etag"] == hashlib.md5(b"1,2\n", usedforsecurity=False).hexdigest()
    inputs["source"] = _file(tmp_path / "a.csv", "3,4\n")
    assert stack.diff(made, **inputs).changed == ["source"]
    stack.update(made, **inputs)
    found = aws("s3").get_object(Bucket=bucket.id, Key=inputs["key"])
    assert found["Body"].read() == b"3,4\n"
    assert found["ContentType"] == "text/csv"
    assert made["tags"] == {"a": "b c"}
    inputs["tags"] = {"a": "x"}
    stack.update(made, **inputs)
    assert stack.diff(made, **inputs | {"key": "other"}).replaces == ["key"]
    exercise(stack, made, **inputs)


def test_an_object_of_text_takes_its_key_from_its_name(stack: Stack, bucket: Kept) -> None:
    made = stack.create(OBJECT, "hello.txt", bucket=bucket.id, content="hello")
    assert made["key"] == "hello.txt"
    assert made["storageClass"] == "STANDARD"


def test_an_object_goes_with_all_its_versions(stack: Stack, bucket: Kept, aws: Any) -> None:
    stack.create(VERSIONING, "v", bucket=bucket.id, versioningConfiguration={"status": "Enabled"})
    made = stack.create(OBJECT, "k", bucket=bucket.id, content="one")
    first = made["versionId"]
    stack.update(made, bucket=bucket.id, content="two")
    assert made["versionId"] != first
    aws("s3").put_object(Bucket=bucket.id, Key="kept", Body=b"not ours")
    stack.delete(made)
    left = aws("s3").list_object_versions(Bucket=bucket.id)
    assert [one["Key"] for one in left["Versions"]] == ["kept"]
    assert "DeleteMarkers" not in left


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"content": "a", "contentBase64": "YQ=="}, "conflicts with contentBase64"),
        ({"source": "data/train.csv"}, "pulumi.FileAsset"),
    ],
)
def test_an_object_has_one_content_of_the_right_kind(
    stack: Stack, content: dict[str, str], words: str
) -> None:
    failures = stack.check(OBJECT, "k", {"bucket": "b"} | content).failures
    assert len(failures) == 1
    assert words in failures[0].reason


def test_a_missing_file_is_told_by_its_path(stack: Stack, bucket: Kept, tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match=r"gone\.csv"):
        stack.create(OBJECT, "k", bucket=bucket.id, source=Asset(path=str(tmp_path / "gone.csv")))


def test_notifications_replace_what_was_there_and_go(stack: Stack, bucket: Kept, aws: Any) -> None:
    queue = aws("sqs").create_queue(QueueName="events")["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    aws("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    target = {
        "queueArn": arn["Attributes"]["QueueArn"],
        "id": "incoming",
        "events": ["s3:ObjectCreated:*"],
        "filterPrefix": "in/",
    }
    inputs: dict[str, Any] = {"bucket": bucket.id, "queues": [target]}
    notification = stack.create(NOTIFICATION, "n", **inputs)
    assert notification["queues"][0]["filterPrefix"] == "in/"
    inputs["queues"] = [target | {"filterSuffix": ".csv"}]
    stack.update(notification, **inputs)
    exercise(stack, notification, **inputs)
