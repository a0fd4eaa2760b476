"""Objects in S3: locations, listings, and the translation of S3's errors to those of a workload.

boto3 finds credentials and Region by itself; in a pod they come from EKS Pod Identity.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

from workloads.errors import (
    BadDataError,
    MissingInputError,
    RefusedError,
    UnavailableError,
    WorkloadError,
)

SCHEME = "s3://"
"""Scheme of an S3 URL."""

DIGEST_KEY = "sha256"
"""Metadata key for the SHA-256 of our own uploads, in hexadecimal digits."""

ACCESS_DENIED_CODES = frozenset(
    {"AccessDenied", "AllAccessDisabled", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
    | {"ExpiredToken", "InvalidToken", "403", "Forbidden", "KMS.DisabledException"}
)
"""Error codes that mean S3 denies access; a HEAD response has no body and gives only 403."""


@dataclass(frozen=True)
class Location:
    """Bucket and key prefix."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, text: str) -> Location:
        """Parse `s3://BUCKET/PREFIX`.

        Raises:
            ArgumentTypeError: The text does not have this form.
        """
        bucket, _, prefix = text.removeprefix(SCHEME).partition("/")
        if not text.startswith(SCHEME) or not bucket:
            raise ArgumentTypeError(f"{text} is not s3://BUCKET/PREFIX/")
        return cls(bucket, prefix)

    def as_folder(self) -> Location:
        """Return the same location with a slash at its end, unless it is a whole bucket."""
        return Location(self.bucket, self.prefix and f"{self.prefix.rstrip('/')}/")

    def key(self, name: str) -> str:
        """Return the key of a name below this folder."""
        return f"{self.as_folder().prefix}{name}"

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.prefix}"


@dataclass(frozen=True)
class ListedObject:
    """Object in a listing."""

    key: str
    size: int
    etag: str
    """ETag without its quotes."""
    modified: datetime


def s3_client(connections: int = 10) -> Any:
    """Return an S3 client that retries when S3 is busy.

    Args:
        connections: Number of parallel requests, at least 10.
    """
    config = Config(
        retries={"mode": "standard", "max_attempts": 5},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=max(connections, 10),
    )
    return boto3.client("s3", config=config)


def list_objects(client: Any, location: Location) -> Iterator[ListedObject]:
    """Yield the objects whose keys begin with the location's prefix, sorted by key.

    Keys that end with a slash are left out, because consoles create them to show empty folders.

    Raises:
        WorkloadError: See `s3_errors`.
    """
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=location.bucket, Prefix=location.prefix
    )  # sends no request yet
    with s3_errors(location):
        for page in pages:
            for entry in page.get("Contents", []):
                if not entry["Key"].endswith("/"):
                    yield ListedObject(
                        entry["Key"],
                        entry["Size"],
                        entry["ETag"].strip('"'),
                        entry["LastModified"],
                    )


def stored_digest(client: Any, location: Location) -> str | None:
    """Return the SHA-256 in an object's metadata, or None if there is no digest or no object.

    Args:
        client: S3 client.
        location: Bucket and complete key.

    Raises:
        WorkloadError: S3 denies access or does not answer.
    """
    try:
        with s3_errors(location):
            response = client.head_object(Bucket=location.bucket, Key=location.prefix)
    except MissingInputError:
        return None
    digest: str | None = response["Metadata"].get(DIGEST_KEY)
    return digest


@contextmanager
def s3_errors(location: Location) -> Iterator[None]:
    """Translate S3's errors in the block to errors of a workload.

    Raises:
        RefusedError: This identity has no permission, or there are no credentials.
        MissingInputError: The bucket or the object does not exist.
        BadDataError: The bytes do not match S3's own checksum.
        UnavailableError: S3 does not answer, or asks to try again.
        WorkloadError: S3 reports any other error.
    """
    try:
        yield
    except ClientError as error:
        raise _client_error(location, error) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise RefusedError(
            f"{location}: no AWS credentials found ({error}). In a pod, give its service account "
            "a Pod Identity association"
        ) from error
    except FlexibleChecksumError as error:
        raise BadDataError(
            f"{location}: the downloaded bytes do not match S3's checksum ({error})"
        ) from error
    except ParamValidationError as error:
        raise MissingInputError(f"{location}: {error}") from error
    except BotoCoreError as error:
        raise UnavailableError(
            f"{location}: S3 does not answer ({error}). Check that it can be reached from here"
        ) from error


def error_code(error: ClientError) -> str:
    """Return S3's code for an error, such as NoSuchKey."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _client_error(location: Location, error: ClientError) -> WorkloadError:
    code = error_code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == "NoSuchBucket":
        return MissingInputError(
            f"{location}: there is no bucket {location.bucket}; check its name"
        )
    if code in {"NoSuchKey", "404"}:
        return MissingInputError(f"{location}: there is no such object; check its key")
    if code in ACCESS_DENIED_CODES:
        return RefusedError(
            f"{location}: S3 refuses {error.operation_name} ({code}). Check that this pod's role "
            "and the bucket's policy allow it"
        )
    if status >= 500 or code in {"SlowDown", "RequestTimeout", "503", "500"}:
        return UnavailableError(f"{location}: S3 asks to try again later ({code})")
    return WorkloadError(f"{location}: {error}")
