"""Objects below a prefix of a bucket, read and written with the credentials of one role."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError

CREDENTIALS_SECONDS = 900.0
"""Time after which the role is assumed again."""


class Stored(NamedTuple):
    """An object as a listing shows it."""

    etag: str
    size: int
    modified: float
    """Time of its last change, in seconds since 1970."""


class Prefix:
    """A prefix of a bucket.

    Args:
        bucket: Name of the bucket.
        prefix: Beginning of the keys.
        assume: Function that returns a new boto3 client of S3 with the credentials of the role.

    Every method may raise botocore's ClientError.
    """

    def __init__(self, bucket: str, prefix: str, assume: Callable[[], Any]) -> None:
        self.bucket, self.prefix = bucket, prefix
        self._assume = assume
        self._assumed_at = 0.0
        self._known: Any = None

    @property
    def _client(self) -> Any:
        if self._known is None or time.monotonic() - self._assumed_at > CREDENTIALS_SECONDS:
            self._known, self._assumed_at = self._assume(), time.monotonic()
        return self._known

    def check(self) -> None:
        """List one key, as mount-s3 does before it mounts."""
        self._client.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix, MaxKeys=1)

    def list(self) -> dict[str, Stored]:
        """Return the objects by their keys below the prefix."""
        found = {}
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.bucket, Prefix=self.prefix):
            for one in page.get("Contents", []):
                stored = Stored(one["ETag"], one["Size"], one["LastModified"].timestamp())
                found[one["Key"].removeprefix(self.prefix)] = stored
        return found

    def get(self, key: str, path: Path) -> None:
        """Write the content of an object into a file."""
        self._client.download_file(self.bucket, self.prefix + key, str(path))

    def put(self, key: str, path: Path) -> Stored:
        """Store a file as an object, in parts if it is large."""
        try:
            self._client.upload_file(str(path), self.bucket, self.prefix + key)
        except S3UploadFailedError as error:  # boto3's own, around that of S3
            cause = error.__context__
            raise (cause if isinstance(cause, ClientError) else error) from error
        listed = self._client.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix + key)
        one = next(one for one in listed["Contents"] if one["Key"] == self.prefix + key)
        return Stored(one["ETag"], one["Size"], one["LastModified"].timestamp())

    def delete(self, key: str) -> None:
        """Delete an object; of a bucket with versions, the newest becomes an old one."""
        self._client.delete_object(Bucket=self.bucket, Key=self.prefix + key)


def visible(keys: dict[str, Stored]) -> tuple[dict[str, Stored], set[str]]:
    """Return the objects that are files, and the directories that objects stand for.

    A key is no file if it ends in a slash, if a part of it is empty, "." or "..", or if a directory
    has its name.
    """
    proper = {key: one for key, one in keys.items() if _is_path(key.removesuffix("/"))}
    folders = {key.removesuffix("/") for key in proper if key.endswith("/")}
    for key in proper:
        parts = key.removesuffix("/").split("/")
        folders |= {"/".join(parts[:length]) for length in range(1, len(parts))}
    files = {key: one for key, one in proper.items() if not key.endswith("/")}
    return {key: one for key, one in files.items() if key not in folders}, folders


def _is_path(key: str) -> bool:
    return bool(key) and "\0" not in key and not {"", ".", ".."} & {*key.split("/")}
