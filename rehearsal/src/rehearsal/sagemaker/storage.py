"""Access S3 with the permissions of a job's execution role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.clients.aws import INTERNAL, Cloud, message_of
from rehearsal.sagemaker.failures import by_client
from rehearsal.sagemaker.job import Job

REFUSALS = (ClientError, BotoCoreError, Boto3Error)


def split(path: str) -> tuple[str, str]:
    """Return the bucket and the key of s3://BUCKET/KEY."""
    url = urlparse(path)
    return url.netloc, url.path.lstrip("/")


def credentials(cloud: Cloud, job: Job) -> dict[str, str]:
    """Return the environment variables of a session of the job's execution role.

    Raises:
        JobFailure: The role cannot be assumed, or no longer.
    """
    sts = cloud.client("sts", job.region)
    try:
        given = sts.assume_role(RoleArn=job.role, RoleSessionName="SageMaker")["Credentials"]
    except ClientError as error:
        raise by_client(
            f"Could not assume role {job.role}: {message_of(error)}. Please ensure that the role "
            "exists and allows principal 'sagemaker.amazonaws.com' to assume the role."
        ) from error
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }


@dataclass(frozen=True)
class RoleStorage:
    """S3 client of a role; AWS's errors are raised unchanged."""

    s3: Any

    @classmethod
    def of(cls, variables: dict[str, str], region: str) -> RoleStorage:
        """Return the storage for the environment variables of a session."""
        session = boto3.Session(
            variables["AWS_ACCESS_KEY_ID"],
            variables["AWS_SECRET_ACCESS_KEY"],
            variables["AWS_SESSION_TOKEN"],
            region,
        )
        return cls(session.client("s3", config=Config(user_agent_extra=INTERNAL)))

    def keys(self, path: str) -> Iterator[str]:
        """Yield the keys under s3://BUCKET/PREFIX that are not placeholders of folders."""
        bucket, prefix = split(path)
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for found in page.get("Contents", []):
                if not found["Key"].endswith("/"):
                    yield found["Key"]

    def download(self, bucket: str, key: str, file: Path) -> None:
        """Download an object to a file, completely or not at all."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self.s3.download_file(bucket, key, str(file))

    def upload(self, file: Path, path: str) -> None:
        """Upload a file to s3://BUCKET/KEY."""
        self.s3.upload_file(str(file), *split(path))

    def delete(self, path: str) -> None:
        """Delete an object."""
        bucket, key = split(path)
        self.s3.delete_object(Bucket=bucket, Key=key)


def error_message(error: Exception) -> str:
    """Return AWS's error message, also if boto3's transfer has wrapped the error."""
    return message_of(error) if isinstance(error, ClientError) else str(error)
