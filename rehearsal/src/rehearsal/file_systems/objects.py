"""Copy one object of a bucket to a file, and one file to an object."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.clients.aws import code_of
from rehearsal.file_systems.mtimes import Entry, Stamp

# Mode of files whose objects have no metadata (FSx for Lustre user guide, "POSIX metadata support
# for data repositories").
DEFAULT_MODE = 0o755
_CHUNK_BYTES = 2**20
_TOLD = ("permissions", "owner", "group", "mtime")
_OCTAL = re.compile("[0-7]{3,7}")
_MD5 = re.compile(r'"[0-9a-f]{32}"')


class UnreadableError(LookupError):
    """The data of a file is not available; the text gives the reason and the remedy."""


def whole(s3: Any, entry: Entry, draft: Path) -> Entry:
    """Write the current version of an object to a draft of its file; return the file's new entry.

    One request fetches the object, so that the file never mixes two versions.

    Raises:
        UnreadableError: The object was deleted, its key is not the link's to use, or its data does
            not match its ETag.
    """
    try:
        answer = s3.get_object(Bucket=entry.bucket, Key=entry.key)
    except ClientError as error:
        if code_of(error) not in {"NoSuchKey", "NoSuchBucket"}:
            raise
        raise UnreadableError(_gone(entry)) from error
    except PermissionError as error:
        raise UnreadableError(f"{entry.path}: {error}") from error
    digest = hashlib.md5(usedforsecurity=False)
    with draft.open("wb") as file:
        for chunk in answer["Body"].iter_chunks(_CHUNK_BYTES):
            file.write(chunk)
            digest.update(chunk)
    if _is_digest(answer) and digest.hexdigest() not in answer["ETag"]:
        raise UnreadableError(
            f"{entry.path}: s3://{entry.bucket}/{entry.key} did not arrive as it was sent: its "
            f"MD5 digest is {digest.hexdigest()}, its ETag {answer['ETag']}"
        )
    _dress(draft, answer["Metadata"], answer["LastModified"])
    content = Stamp.of(draft.stat())
    return replace(entry, etag=answer["ETag"], size=content.size, content=content)


def hollow(entry: Entry, draft: Path, modified: datetime) -> Entry:
    """Write a draft with its file's size and time but no data; return the file's new entry.

    An empty file counts as whole.
    """
    with draft.open("wb") as file:
        file.truncate(entry.size)
    _dress(draft, {}, modified)
    stamp = Stamp.of(draft.stat())
    return (
        replace(entry, content=None, hollow=stamp) if entry.size else replace(entry, content=stamp)
    )


def store(s3: Any, file: Path, bucket: str, key: str) -> Entry:
    """Write a file to an object in one request, with its owner, mode and times.

    Returns:
        The file's new entry, with an empty path.

    Raises:
        FileNotFoundError: The file does not exist.
    """
    with file.open("rb") as body:
        before = os.fstat(body.fileno())
        answer = s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata=_metadata(before))
    return Entry("", bucket, key, answer["ETag"], before.st_size, content=Stamp.of(before))


def _dress(file: Path, metadata: Mapping[str, str], modified: datetime) -> None:
    """Set the owner, mode and time of a file from its object's metadata."""
    mode, owner, group, time = (metadata.get(f"file-{name}", "") for name in _TOLD)
    if owner.isdigit() and group.isdigit():
        with contextlib.suppress(PermissionError):  # only root may change an owner
            os.chown(file, int(owner), int(group))
    file.chmod(int(mode, 8) & 0o7777 if _OCTAL.fullmatch(mode) else DEFAULT_MODE)
    told = time.removesuffix("ns")
    time_ns = int(told) if told.isdigit() else int(modified.timestamp()) * 10**9
    os.utime(file, ns=(time_ns, time_ns))


def _metadata(stat: os.stat_result) -> dict[str, str]:
    """Return the metadata that FSx exports with a file."""
    return {
        "file-permissions": f"{stat.st_mode:07o}",
        "file-owner": str(stat.st_uid),
        "file-group": str(stat.st_gid),
        "file-atime": f"{stat.st_atime_ns}ns",
        "file-mtime": f"{stat.st_mtime_ns}ns",
    }


def _is_digest(answer: Mapping[str, Any]) -> bool:
    """Return whether an object's ETag is its MD5 digest.

    It is not after a multipart upload or under KMS encryption.
    """
    plain = answer.get("ServerSideEncryption", "AES256") == "AES256"
    return plain and bool(_MD5.fullmatch(answer["ETag"]))


def _gone(entry: Entry) -> str:
    return (
        f"{entry.path}: the file is released and its object s3://{entry.bucket}/{entry.key} is "
        "gone, so that its bytes are nowhere. Put the object back, or remove the file"
    )
