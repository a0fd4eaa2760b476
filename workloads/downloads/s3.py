"""Source that reads objects from S3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import PurePosixPath
from typing import Any

from botocore.exceptions import ClientError

from workloads.downloads.sources import Content, Item, ItemChangedError
from workloads.errors import BadDataError
from workloads.objects import (
    DIGEST_KEY,
    ListedObject,
    Location,
    error_code,
    list_objects,
    s3_errors,
)


class S3Source:
    """Source of the objects below an S3 prefix, or of the one object with that key."""

    def __init__(self, client: Any, location: Location) -> None:
        self.client = client
        self.location = location

    def items(self) -> list[Item]:
        """Return the objects, sorted by key.

        Raises:
            BadDataError: A key is not a path below the directory, for example because of `..`.
            WorkloadError: S3 denies access or does not answer.
        """
        found = list(list_objects(self.client, self.location))
        exact = [entry for entry in found if entry.key == self.location.prefix]
        if exact:
            return [self._item(PurePosixPath(entry.key).name, entry) for entry in exact]
        folder = self.location.as_folder().prefix
        inside = [entry for entry in found if entry.key.startswith(folder)]
        return [self._item(entry.key.removeprefix(folder), entry) for entry in inside]

    def stream(self) -> Iterator[Item]:
        """Yield the objects below the prefix, sorted by key, a page at a time.

        Raises:
            BadDataError: A key is not a path below the directory, for example because of `..`.
            WorkloadError: S3 denies access or does not answer.
        """
        folder = self.location.as_folder()
        for entry in list_objects(self.client, folder):
            yield self._item(entry.key.removeprefix(folder.prefix), entry)

    def _item(self, name: str, entry: ListedObject) -> Item:
        parts = name.split("/")
        if any(part in {"", ".", ".."} for part in parts):
            raise BadDataError(
                f"{self.location}: the key {entry.key} is not a file path; rename the object"
            )
        return Item(name, entry.etag, entry.size, int(entry.modified.timestamp()))

    def _key(self, item: Item) -> str:
        is_exact = PurePosixPath(self.location.prefix).name == item.name
        if is_exact and not self.location.prefix.endswith("/"):
            return self.location.prefix
        return self.location.key(item.name)

    @contextmanager
    def open_item(self, item: Item, offset: int) -> Iterator[Content]:
        """Open an object; see `Source.open_item`."""
        response = self._get(self._key(item), item.version, offset)
        with closing(response["Body"]) as body:
            yield Content(body, offset, _s3_checksum(response))

    def _get(self, key: str, etag: str, offset: int) -> dict[str, Any]:
        begin = {"Range": f"bytes={offset}-"} if offset else {}
        with s3_errors(Location(self.location.bucket, key)):
            try:
                response: dict[str, Any] = self.client.get_object(
                    Bucket=self.location.bucket, Key=key, IfMatch=f'"{etag}"', **begin
                )
            except ClientError as error:
                if error_code(error) in {"PreconditionFailed", "412", "NoSuchKey", "InvalidRange"}:
                    raise ItemChangedError(key) from error
                raise
        return response


def _s3_checksum(response: dict[str, Any]) -> tuple[str, str] | None:
    """Return the algorithm and digest of an object, or None if S3 reports none.

    The ETag is the MD5 of the content unless the object was uploaded in parts or is encrypted with
    a KMS key: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """
    if digest := response.get("Metadata", {}).get(DIGEST_KEY):
        return ("sha256", str(digest))
    etag = str(response["ETag"]).strip('"')
    encrypted = str(response.get("ServerSideEncryption", "AES256"))
    if len(etag) == 32 and encrypted == "AES256" and "SSECustomerAlgorithm" not in response:
        return ("md5", etag)
    return None
