"""Content of a prefix in S3, told by its listing: nothing is downloaded.

The digest is a SHA-256 over the lines of name, size and ETag, sorted by name. S3 lists a general
purpose bucket in the order of the keys' bytes, so a line is hashed when its page comes, and neither
keys nor lines are kept: the memory of a listing does not depend on its length.

S3 has no mark of a prefix's state that could tell a later run that nothing has changed, so a prefix
is listed once in each preview and update. Whoever writes a manifest with each change of the data
has such a mark: its ETag takes one request.

Sources: S3 API Reference, ListObjectsV2 (order, RestoreStatus) and HeadObject; S3 User Guide,
"Creating object key names" (keys), "Restoring an archived object"; Linux, limits.h (NAME_MAX).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

DIGEST_LENGTH = 12
MAX_NAME_BYTES = 255
"""Longest name of a file or folder on EFS and on FSx for Lustre."""
MAX_OBJECTS = 20_000_000
"""Objects of a prefix that a listing takes; it takes a request for each thousand."""
ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Storage classes whose objects must be restored before they can be read."""
CONTROL = re.compile(r"[\x00-\x1f]")


@dataclass(frozen=True)
class PrefixListing:
    """Content of a prefix in S3."""

    digest: str
    """Digest of the content, 12 hexadecimal digits; empty where there is no object."""
    objects: int = 0
    """Number of objects; 0 if a manifest tells the content."""
    size: int = 0
    """Size of the objects, in bytes; 0 if a manifest tells the content."""
    in_folders: Mapping[str, int] = field(default_factory=dict)
    """Number of objects in each of the folders that were asked for."""
    archived: str = ""
    """A key of an object that must be restored before it can be read; empty if there is none."""
    no_file: tuple[str, str] | None = None
    """A key that no file can have, and the reason; None if there is none."""
    is_complete: bool = True
    """False if the prefix has more objects than a listing takes."""
    region: str = ""
    """Region of the bucket; empty if S3 does not say."""


class KeyOrder:
    """Search for keys that no file can have, among keys that come in their order.

    It remembers only the keys that the present one begins with, because `a` and `a/b` may have any
    number of others, such as `a!`, between them.
    """

    def __init__(self) -> None:
        self._beginnings: list[str] = []

    def reason(self, name: str, size: int) -> str:
        """Return why no file can have a name below the prefix; empty if one can."""
        while self._beginnings and not name.startswith(self._beginnings[-1]):
            self._beginnings.pop()
        if any(name[len(one) :].startswith("/") for one in self._beginnings):
            return "another object has the name of its folder"
        self._beginnings.append(name)
        return _form(name, size)


def _form(name: str, size: int) -> str:
    """Return why no file can have a name; the quick checks are for the millions that can."""
    if name.endswith("/") and size:
        return "it ends with a slash, and has content"
    if "//" in name or name.startswith("/"):
        return "it has an empty part between two slashes"
    if "./" in f"{name}/" and {".", ".."} & {*name.split("/")}:
        return "it has a part . or .."
    if CONTROL.search(name):
        return "it has a control character"
    if len(name) * 4 > MAX_NAME_BYTES and any(
        len(part.encode()) > MAX_NAME_BYTES for part in name.split("/")
    ):
        return f"it has a part of more than {MAX_NAME_BYTES} bytes"
    return ""


def list_prefix(
    client: Any,
    bucket: str,
    prefix: str,
    folders: Iterable[str] = (),
    on_page: Callable[[int], None] = lambda _: None,
) -> PrefixListing:
    """Return the content of a prefix, in memory that does not depend on its length.

    Args:
        client: S3 client of boto3.
        bucket: Name of the bucket.
        prefix: Prefix with a slash at its end; empty for a whole bucket.
        folders: Folders below the prefix whose objects are counted, no slash at either end.
        on_page: Callback for the number of objects so far.

    Raises:
        botocore.exceptions.ClientError: S3 refuses.
        botocore.exceptions.BotoCoreError: S3 does not answer, or there are no credentials.
    """
    digest, order, size, objects = sha256(), KeyOrder(), 0, 0
    counts = {folder: 0 for folder in folders if folder}
    archived, no_file, region = "", None, bucket_region(client, bucket)
    for page in _pages(client, bucket, prefix):
        for entry in page.get("Contents", ()):
            name = entry["Key"].removeprefix(prefix)
            reason = order.reason(name, entry["Size"])
            no_file = no_file or ((entry["Key"], reason) if reason else None)
            if name.endswith("/") or not name:
                continue  # a console makes these, to show empty folders
            if not archived and _is_archived(entry):
                archived = entry["Key"]
            digest.update(line(name, entry["Size"], entry["ETag"]).encode())
            size, objects = size + entry["Size"], objects + 1
            for folder in counts:
                counts[folder] += name.startswith(f"{folder}/")
        on_page(objects)
        if objects > MAX_OBJECTS:
            return PrefixListing("", objects, size, counts, region=region, is_complete=False)
    found = digest.hexdigest()[:DIGEST_LENGTH] if objects else ""
    return PrefixListing(found, objects, size, counts, archived, no_file, region=region)


def read_manifest(
    client: Any, bucket: str, prefix: str, key: str, folders: Iterable[str] = ()
) -> PrefixListing:
    """Return the content of a prefix as the ETag of a manifest tells it.

    Only the first page of the prefix and of each folder is read.

    Args:
        client: S3 client of boto3.
        bucket: Name of the bucket.
        prefix: Prefix with a slash at its end; empty for a whole bucket.
        key: Key of the manifest.
        folders: Folders below the prefix, no slash at either end.

    Raises:
        botocore.exceptions.ClientError: S3 refuses, or there is no such object.
        botocore.exceptions.BotoCoreError: S3 does not answer, or there are no credentials.
    """
    region = bucket_region(client, bucket)
    head = client.head_object(Bucket=bucket, Key=key)
    text = line(key, head["ContentLength"], head["ETag"])
    first = client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
    counts = {
        folder: client.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}{folder}/", MaxKeys=1)[
            "KeyCount"
        ]
        for folder in folders
        if folder
    }
    found = sha256(text.encode()).hexdigest()[:DIGEST_LENGTH] if first["KeyCount"] else ""
    return PrefixListing(found, in_folders=counts, region=region)


def bucket_region(client: Any, bucket: str) -> str:
    """Return the Region of a bucket, by HeadBucket; empty if S3 does not say.

    Raises:
        botocore.exceptions.ClientError: S3 refuses, or there is no such bucket.
        botocore.exceptions.BotoCoreError: S3 does not answer, or there are no credentials.
    """
    answer = client.head_bucket(Bucket=bucket)
    headers = answer["ResponseMetadata"].get("HTTPHeaders", {})
    return str(answer.get("BucketRegion") or headers.get("x-amz-bucket-region", ""))


def line(name: str, size: int, etag: str) -> str:
    """Return the line of an object in what is hashed.

    Agreed with `workloads.download` and `workloads.copy_dataset`, which refuse another content.
    """
    return f"{name}\t{size}\t{etag.strip(chr(34))}\n"


def _pages(client: Any, bucket: str, prefix: str) -> Iterator[Any]:
    yield from client.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, OptionalObjectAttributes=["RestoreStatus"]
    )


def _is_archived(entry: Mapping[str, Any]) -> bool:
    if entry.get("StorageClass") not in ARCHIVED:
        return False
    status = entry.get("RestoreStatus") or {}
    return status.get("IsRestoreInProgress", False) or "RestoreExpiryDate" not in status
