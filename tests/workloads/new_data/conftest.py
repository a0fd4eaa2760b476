from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.workloads.new_data.bucket import BUCKET, DATASET_PREFIX, INBOX, Data


@pytest.fixture(scope="module")
def sqs(aws: object) -> Any:
    return boto3.client("sqs")


@pytest.fixture
def data(s3: Any, sqs: Any, tmp_path: Path) -> Iterator[Data]:
    """Create a dataset in its bucket, an empty inbox and an empty queue."""
    s3.create_bucket(Bucket=INBOX)
    made = Data(s3, sqs, tmp_path)
    made.put(f"{DATASET_PREFIX}train/digits.csv", "0,0\n", BUCKET)
    made.put(f"{DATASET_PREFIX}validation/digits.csv", "1,1\n", BUCKET)
    yield made
    sqs.delete_queue(QueueUrl=made.url)
