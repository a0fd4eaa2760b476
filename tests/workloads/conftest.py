from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

BUCKET = "data"


@pytest.fixture(scope="module")
def credentials() -> Iterator[None]:
    """Credentials and a region that nothing of this machine's configuration overrides."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.delenv("AWS_PROFILE", raising=False)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        yield


@pytest.fixture(scope="module")
def aws(credentials: None) -> Iterator[Any]:
    """An S3 in this process: half a second to start, so that a file of tests shares it."""
    with mock_aws():
        yield boto3.client("s3")


@pytest.fixture
def s3(aws: Any) -> Any:
    """A client of an S3 that has the bucket `data` and nothing in it."""
    for bucket in aws.list_buckets()["Buckets"]:
        empty(aws, bucket["Name"])
        aws.delete_bucket(Bucket=bucket["Name"])
    aws.create_bucket(Bucket=BUCKET)
    return aws


def empty(client: Any, bucket: str) -> None:
    """Delete every object of a bucket."""
    for entry in client.list_objects_v2(Bucket=bucket).get("Contents", []):
        client.delete_object(Bucket=bucket, Key=entry["Key"])
