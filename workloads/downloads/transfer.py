"""Download of one item to a file: resumed, verified and atomic.

A finished file has the size and modification time of its item, so that a later run recognises it
without separate records.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from workloads.downloads.sources import ChecksumError, ConnectionLostError, Content, Item, Source
from workloads.errors import UnavailableError
from workloads.files import CHUNK_SIZE, fsync, iter_chunks, name_in_errors, sha256_of

MAX_ATTEMPTS = 5
"""Number of attempts in a row that receive no new byte before a download fails."""
FIRST_PAUSE = 0.5
"""Seconds before the second attempt; the pause doubles with each further one."""


def is_current(target: Path, item: Item) -> bool:
    """Return True if a file is the finished download of an item."""
    if item.size is None or item.modified is None or not target.is_file():
        return False
    status = target.stat()
    if (status.st_size, int(status.st_mtime)) != (item.size, item.modified):
        return False
    return item.sha256 is None or sha256_of(target) == item.sha256


def temporary_path(target: Path, item: Item) -> Path:
    """Return the file that receives an item's bytes; each version of the item has its own."""
    return target.with_name(f".{_short_hash(item.name)}.{_short_hash(item.version)}.part")


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def fetch(source: Source, item: Item, target: Path, on_bytes: Callable[[int], None]) -> None:
    """Download an item to a file.

    Args:
        source: Source of the item.
        item: Item as the source listed it.
        target: File to write. Its parent directory is created.
        on_bytes: Callback for the number of bytes of each piece received.

    Raises:
        ItemChangedError: The source now has another version of the item.
        ChecksumError: The bytes were wrong twice.
        UnavailableError: The connection broke repeatedly.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(target, item)
    with name_in_errors(target):
        try:
            _download(source, item, temporary, on_bytes)
        except ChecksumError:
            # The part that an earlier run downloaded may be damaged: download all of it again.
            temporary.unlink()
            _download(source, item, temporary, on_bytes)
    if item.modified is not None:
        os.utime(temporary, (item.modified, item.modified))
    temporary.replace(target)


def remove_stale_files(items: Iterable[Item], directory: Path) -> None:
    """Remove the partial downloads of other versions of the given items."""
    prefixes: dict[Path, set[str]] = defaultdict(set)
    for item in items:
        prefixes[(directory / item.name).parent].add(_short_hash(item.name))
    for folder, hashes in prefixes.items():
        for temporary in folder.glob(".*.part"):
            if temporary.name.split(".")[1] in hashes:
                temporary.unlink()


def _download(source: Source, item: Item, temporary: Path, on_bytes: Callable[[int], None]) -> None:
    attempts, furthest = 0, -1
    while True:
        try:
            _download_once(source, item, temporary, on_bytes)
        except ConnectionLostError as error:
            size = temporary.stat().st_size
            attempts = 1 if size > furthest else attempts + 1
            furthest = max(size, furthest)
            if attempts >= MAX_ATTEMPTS:
                raise UnavailableError(
                    f"{item.name}: the connection broke {attempts} times after {size} bytes "
                    f"({error})"
                ) from error
            time.sleep(FIRST_PAUSE * 2 ** (attempts - 1))
        else:
            return


def _download_once(
    source: Source, item: Item, temporary: Path, on_bytes: Callable[[int], None]
) -> None:
    with (
        temporary.open("ab") as stream,
        source.open_item(item, _resume_offset(temporary, item)) as content,
    ):
        stream.truncate(content.offset)
        while piece := content.read(CHUNK_SIZE):
            stream.write(piece)
            on_bytes(len(piece))
        fsync(stream)
        _verify_size(stream, item)
    _verify_digest(temporary, item, content)


def _resume_offset(temporary: Path, item: Item) -> int:
    """Return the offset to resume at; request at least the last byte, to receive the checksum."""
    if item.size is None:
        return 0
    return max(min(temporary.stat().st_size, item.size - 1), 0)


def _verify_size(stream: BinaryIO, item: Item) -> None:
    received = os.fstat(stream.fileno()).st_size
    if item.size is not None and received < item.size:
        raise ConnectionLostError(f"{received} of {item.size} bytes received")
    if item.size is not None and received > item.size:
        raise ChecksumError(f"{item.name}: received {received} bytes instead of {item.size}")


def _verify_digest(temporary: Path, item: Item, content: Content) -> None:
    if content.checksum is None:
        return
    algorithm, expected = content.checksum
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with temporary.open("rb") as stream:
        for piece in iter_chunks(stream):
            digest.update(piece)
    if digest.hexdigest() != expected:
        raise ChecksumError(
            f"{item.name}: the {algorithm} of the downloaded bytes is {digest.hexdigest()}, not "
            f"{expected}. Upload the file again, or check the given checksum"
        )
