"""A bucket as a source."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import PurePosixPath
from typing import Any

from botocore.exceptions import ClientError

from workloads.downloads.sources import ChangedError, Content, Item
from workloads.faults import BadDataError
from workloads.objects import DIGEST, Listed, Location, error_code, listing, s3_errors


class S3Source:
    """The objects of a prefix, or one object that is named by its whole key."""

    def __init__(self, client: Any, location: Location) -> None:
        self.client = client
        self.location = location

    def items(self) -> list[Item]:
        """The objects, by key; a key in which `..` leaves the directory is refused.

        Raises:
            BadDataError: such a key.
            WorkloadError: S3 refuses or does not answer.
        """
        found = list(listing(self.client, self.location))
        whole = [entry for entry in found if entry.key == self.location.prefix]
        if whole:
            return [self._item(PurePosixPath(entry.key).name, entry) for entry in whole]
        folder = self.location.folder().prefix
        inside = [entry for entry in found if entry.key.startswith(folder)]
        return [self._item(entry.key.removeprefix(folder), entry) for entry in inside]

    def _item(self, name: str, entry: Listed) -> Item:
        parts = name.split("/")
        if any(part in {"", ".", ".."} for part in parts):
            raise BadDataError(
                f"{self.location}: the key {entry.key} is no path of a file; rename the object"
            )
        return Item(name, entry.etag, entry.size, int(entry.modified.timestamp()))

    def _key(self, item: Item) -> str:
        whole = PurePosixPath(self.location.prefix).name == item.name
        if whole and not self.location.prefix.endswith("/"):
            return self.location.prefix
        return self.location.key(item.name)

    @contextmanager
    def opened(self, item: Item, offset: int) -> Iterator[Content]:
        """See Source."""
        answer = self._get(self._key(item), item.version, offset)
        with closing(answer["Body"]) as body:
            yield Content(body, offset, _s3_checksum(answer))

    def _get(self, key: str, etag: str, offset: int) -> dict[str, Any]:
        begin = {"Range": f"bytes={offset}-"} if offset else {}
        with s3_errors(Location(self.location.bucket, key)):
            try:
                answer: dict[str, Any] = self.client.get_object(
                    Bucket=self.location.bucket, Key=key, IfMatch=f'"{etag}"', **begin
                )
            except ClientError as error:
                if error_code(error) in {"PreconditionFailed", "412", "NoSuchKey", "InvalidRange"}:
                    raise ChangedError(key) from error
                raise
        return answer


def _s3_checksum(answer: dict[str, Any]) -> tuple[str, str] | None:
    """What S3 says of the object's digest.

    An ETag is the MD5 of the content unless the object came in parts or is encrypted with a KMS
    key: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """
    if digest := answer.get("Metadata", {}).get(DIGEST):
        return ("sha256", str(digest))
    etag = str(answer["ETag"]).strip('"')
    encrypted = str(answer.get("ServerSideEncryption", "AES256"))
    if len(etag) == 32 and encrypted == "AES256" and "SSECustomerAlgorithm" not in answer:
        return ("md5", etag)
    return None
