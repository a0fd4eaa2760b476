"""One item of a source as a file: resumed where it was left, verified, whole or not there.

A file that is finished has the item's size and time of change; that is how a second run knows it,
without a record of its own that could be wrong.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from workloads.downloads.sources import BrokenOffError, ChecksumError, Content, Item, Source
from workloads.faults import UnavailableError
from workloads.files import CHUNK, about, chunks, settle, sha256_of

TRIES = 5
"""How often a broken connection is made anew before any byte came of the last one."""
PAUSE = 0.5
"""Seconds before the second try; each later one waits twice as long."""


def is_current(target: Path, item: Item) -> bool:
    """Whether a file is the finished download of an item."""
    if item.size is None or item.modified is None or not target.is_file():
        return False
    facts = target.stat()
    if (facts.st_size, int(facts.st_mtime)) != (item.size, item.modified):
        return False
    return item.sha256 is None or sha256_of(target) == item.sha256


def draft_of(target: Path, item: Item) -> Path:
    """Where an item's bytes are gathered: another place for another version of it."""
    return target.with_name(f".{_short(item.name)}.{_short(item.version)}.part")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def fetch(source: Source, item: Item, target: Path, count: Callable[[int], None]) -> None:
    """Bring an item to a file that is not current.

    Args:
        source: where the item is.
        item: as the source listed it.
        target: the file; its directory is made.
        count: called with the number of bytes of each piece that came.

    Raises:
        ChangedError: the source has another version of it now.
        ChecksumError: its bytes were twice not what the source promised.
        UnavailableError: the connection broke again and again.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = draft_of(target, item)
    with about(target):
        try:
            _gather(source, item, draft, count)
        except ChecksumError:
            # A draft of an earlier run may have been spoilt; a fresh one shows if the source is.
            draft.unlink()
            _gather(source, item, draft, count)
    if item.modified is not None:
        os.utime(draft, (item.modified, item.modified))
    draft.replace(target)


def clear_drafts(items: Iterable[Item], directory: Path) -> None:
    """Remove what killed runs gathered of other versions of items that are here now."""
    begun: dict[Path, set[str]] = defaultdict(set)
    for item in items:
        begun[(directory / item.name).parent].add(_short(item.name))
    for folder, ours in begun.items():
        for draft in folder.glob(".*.part"):
            if draft.name.split(".")[1] in ours:
                draft.unlink()


def _gather(source: Source, item: Item, draft: Path, count: Callable[[int], None]) -> None:
    """Fill the draft, with as many connections as that takes."""
    tries, reached = 0, -1
    while True:
        try:
            _one_connection(source, item, draft, count)
        except BrokenOffError as error:
            now = draft.stat().st_size
            tries = 1 if now > reached else tries + 1
            reached = max(now, reached)
            if tries >= TRIES:
                raise UnavailableError(
                    f"{item.name}: the connection broke {tries} times after {now} bytes ({error})"
                ) from error
            time.sleep(PAUSE * 2 ** (tries - 1))
        else:
            return


def _one_connection(source: Source, item: Item, draft: Path, count: Callable[[int], None]) -> None:
    """Fill the draft as far as one connection lasts; verify it when it is full."""
    with draft.open("ab") as stream, source.opened(item, _offset(draft, item)) as content:
        stream.truncate(content.offset)
        while piece := content.read(CHUNK):
            stream.write(piece)
            count(len(piece))
        settle(stream)
        _verify_size(stream, item)
    _verify_digest(draft, item, content)


def _offset(draft: Path, item: Item) -> int:
    """Where to go on; a full draft still asks for its last byte, as the answer has the checksum."""
    if item.size is None:
        return 0
    return max(min(draft.stat().st_size, item.size - 1), 0)


def _verify_size(stream: BinaryIO, item: Item) -> None:
    got = os.fstat(stream.fileno()).st_size
    if item.size is not None and got < item.size:
        raise BrokenOffError(f"{got} of {item.size} bytes came")
    if item.size is not None and got > item.size:
        raise ChecksumError(f"{item.name}: {got} bytes came of {item.size}")


def _verify_digest(draft: Path, item: Item, content: Content) -> None:
    if content.checksum is None:
        return
    algorithm, expected = content.checksum
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with draft.open("rb") as stream:
        for piece in chunks(stream):
            digest.update(piece)
    if digest.hexdigest() != expected:
        raise ChecksumError(
            f"{item.name}: the {algorithm} of what came is {digest.hexdigest()}, not {expected}. "
            "Upload it again, or check the checksum that was given"
        )
