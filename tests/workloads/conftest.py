from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.moto_api._internal.models import moto_api_backend
from moto.server import ThreadedMotoServer

BUCKET = "data"


@pytest.fixture(scope="module")
def credentials() -> Iterator[None]:
    """Set credentials and a Region that are independent of the machine's configuration."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.delenv("AWS_PROFILE", raising=False)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        patch.setattr(boto3, "DEFAULT_SESSION", None)  # it would keep the Region it was made with
        yield


@pytest.fixture(scope="module")
def endpoint(credentials: None) -> Iterator[str]:
    """Serve an empty AWS account; the account of a process is one, whichever file filled it."""
    moto_api_backend.reset()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def aws(credentials: None) -> Iterator[Any]:
    """Start an S3 in this process; it takes half a second, so the tests of a file share it."""
    with mock_aws():
        yield boto3.client("s3")


@pytest.fixture
def s3(aws: Any) -> Any:
    """Return an S3 client; the bucket `data` exists and is empty."""
    for bucket in aws.list_buckets()["Buckets"]:
        empty(aws, bucket["Name"])
        aws.delete_bucket(Bucket=bucket["Name"])
    aws.create_bucket(Bucket=BUCKET)
    return aws


def empty(client: Any, bucket: str) -> None:
    """Delete all objects of a bucket."""
    for entry in client.list_objects_v2(Bucket=bucket).get("Contents", []):
        client.delete_object(Bucket=bucket, Key=entry["Key"])
