"""One object of a bucket into a file, and one file into an object."""

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

from rehearsal.clients import code_of
from rehearsal.file_systems.stamps import Entry, Stamp

# What FSx gives files whose objects say nothing of it (FSx for Lustre user guide, "POSIX metadata
# support for data repositories").
DEFAULT_MODE = 0o755
_CHUNK_BYTES = 2**20
_TOLD = ("permissions", "owner", "group", "mtime")
_OCTAL = re.compile("[0-7]{3,7}")
_MD5 = re.compile(r'"[0-9a-f]{32}"')


class UnreadableError(LookupError):
    """A file's bytes can't be had; the text says why and what to do."""


def whole(s3: Any, entry: Entry, draft: Path) -> Entry:
    """Writes an object, as it is now, to a draft of its file; gives what is then known of it.

    It is one request, so that the file is never part of one version and part of the next.

    Raises:
        UnreadableError: The object is gone, or its bytes are not those of its ETag.
    """
    try:
        answer = s3.get_object(Bucket=entry.bucket, Key=entry.key)
    except ClientError as error:
        if code_of(error) not in {"NoSuchKey", "NoSuchBucket"}:
            raise
        raise UnreadableError(_gone(entry)) from error
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
    """Writes a draft that has its file's size and time and nothing in it; gives what is known.

    A file that is empty anyhow is whole.
    """
    with draft.open("wb") as file:
        file.truncate(entry.size)
    _dress(draft, {}, modified)
    stamp = Stamp.of(draft.stat())
    return (
        replace(entry, content=None, hollow=stamp) if entry.size else replace(entry, content=stamp)
    )


def store(s3: Any, file: Path, bucket: str, key: str) -> Entry:
    """Writes a file to an object, at once and whole, with its owner, mode and times.

    Returns:
        What is known of the file, but for its path.

    Raises:
        FileNotFoundError: The file is gone.
    """
    with file.open("rb") as body:
        before = os.fstat(body.fileno())
        answer = s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata=_metadata(before))
    return Entry("", bucket, key, answer["ETag"], before.st_size, content=Stamp.of(before))


def _dress(file: Path, metadata: Mapping[str, str], modified: datetime) -> None:
    """Gives a file the owner, mode and time that its object tells."""
    mode, owner, group, time = (metadata.get(f"file-{name}", "") for name in _TOLD)
    if owner.isdigit() and group.isdigit():
        with contextlib.suppress(PermissionError):  # only root may give a file away
            os.chown(file, int(owner), int(group))
    file.chmod(int(mode, 8) & 0o7777 if _OCTAL.fullmatch(mode) else DEFAULT_MODE)
    told = time.removesuffix("ns")
    time_ns = int(told) if told.isdigit() else int(modified.timestamp()) * 10**9
    os.utime(file, ns=(time_ns, time_ns))


def _metadata(stat: os.stat_result) -> dict[str, str]:
    """The metadata that FSx exports with a file."""
    return {
        "file-permissions": f"{stat.st_mode:07o}",
        "file-owner": str(stat.st_uid),
        "file-group": str(stat.st_gid),
        "file-atime": f"{stat.st_atime_ns}ns",
        "file-mtime": f"{stat.st_mtime_ns}ns",
    }


def _is_digest(answer: Mapping[str, Any]) -> bool:
    """Whether an object's ETag is its MD5 digest: not if it came in parts, or KMS encrypts it."""
    plain = answer.get("ServerSideEncryption", "AES256") == "AES256"
    return plain and bool(_MD5.fullmatch(answer["ETag"]))


def _gone(entry: Entry) -> str:
    return (
        f"{entry.path}: the file is released and its object s3://{entry.bucket}/{entry.key} is "
        "gone, so that its bytes are nowhere. Put the object back, or remove the file"
    )
