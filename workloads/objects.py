"""Objects of S3: where they are, what is there, and what an error of S3 means to a workload.

Credentials and region come the way boto3 finds them: in a pod, from EKS Pod Identity.
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

from workloads.faults import (
    BadDataError,
    MissingInputError,
    RefusedError,
    UnavailableError,
    WorkloadError,
)

SCHEME = "s3://"

DIGEST = "sha256"
"""Name of the metadata field in which our own uploads keep the SHA-256, in hexadecimal digits."""

REFUSALS = frozenset(
    {"AccessDenied", "AllAccessDisabled", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
    | {"ExpiredToken", "InvalidToken", "403", "Forbidden", "KMS.DisabledException"}
)
"""Error codes by which S3 says that this identity may not; HEAD has no body and says 403."""


@dataclass(frozen=True)
class Location:
    """A bucket and the beginning of keys in it."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, text: str) -> Location:
        """The location that `s3://BUCKET/PREFIX` names.

        Raises:
            ArgumentTypeError: the text names none.
        """
        bucket, _, prefix = text.removeprefix(SCHEME).partition("/")
        if not text.startswith(SCHEME) or not bucket:
            raise ArgumentTypeError(f"{text} is not s3://BUCKET/PREFIX/")
        return cls(bucket, prefix)

    def folder(self) -> Location:
        """The same with a slash at the end, unless it is the whole bucket."""
        return Location(self.bucket, self.prefix and f"{self.prefix.rstrip('/')}/")

    def key(self, name: str) -> str:
        """The key of a name below this folder."""
        return f"{self.folder().prefix}{name}"

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.prefix}"


@dataclass(frozen=True)
class Listed:
    """An object as a listing shows it."""

    key: str
    size: int
    etag: str
    """Without its quotes."""
    modified: datetime


def s3_client(connections: int = 10) -> Any:
    """A client that tries again when S3 is busy.

    Args:
        connections: how many requests may be under way at once.
    """
    config = Config(
        retries={"mode": "standard", "max_attempts": 5},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=max(connections, 10),
    )
    return boto3.client("s3", config=config)


def listing(client: Any, location: Location) -> Iterator[Listed]:
    """The objects whose keys begin with the location's prefix, by key.

    Keys that end in a slash are left out: a console makes them to show empty folders.

    Raises:
        WorkloadError: as `s3_errors` says.
    """
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=location.bucket, Prefix=location.prefix
    )  # asks nothing yet
    with s3_errors(location):
        for page in pages:
            for entry in page.get("Contents", []):
                if not entry["Key"].endswith("/"):
                    yield Listed(
                        entry["Key"],
                        entry["Size"],
                        entry["ETag"].strip('"'),
                        entry["LastModified"],
                    )


def kept_digest(client: Any, where: Location) -> str | None:
    """The SHA-256 that was kept with an object; None where it has none, or is not there.

    Args:
        client: of S3.
        where: the bucket and the whole key.

    Raises:
        WorkloadError: S3 refuses or does not answer.
    """
    try:
        with s3_errors(where):
            answer = client.head_object(Bucket=where.bucket, Key=where.prefix)
    except MissingInputError:
        return None
    digest: str | None = answer["Metadata"].get(DIGEST)
    return digest


@contextmanager
def s3_errors(location: Location) -> Iterator[None]:
    """Errors of S3 in the block become a workload's.

    Raises:
        RefusedError: the identity may not do this there, or there is none.
        MissingInputError: the bucket or the object does not exist.
        BadDataError: the bytes that were read fail S3's own checksum.
        UnavailableError: S3 does not answer, or asks for another try.
        WorkloadError: anything else S3 says.
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
        raise BadDataError(f"{location}: what came is not what S3 keeps ({error})") from error
    except ParamValidationError as error:
        raise MissingInputError(f"{location}: {error}") from error
    except BotoCoreError as error:
        raise UnavailableError(
            f"{location}: S3 does not answer ({error}). See that it can be reached from here"
        ) from error


def error_code(error: ClientError) -> str:
    """S3's code for an error, as NoSuchKey."""
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
    if code in REFUSALS:
        return RefusedError(
            f"{location}: S3 refuses {error.operation_name} ({code}). Check that this pod's role "
            "and the bucket's policy allow it"
        )
    if status >= 500 or code in {"SlowDown", "RequestTimeout", "503", "500"}:
        return UnavailableError(f"{location}: S3 asks to try again later ({code})")
    return WorkloadError(f"{location}: {error}")
