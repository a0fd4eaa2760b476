"""Brings data to the shared volume: a prefix of a bucket, a public file, or a directory.

    python -m workloads.download s3://BUCKET/datasets/digits/ /mnt/storage/datasets/digits
    python -m workloads.download https://HOST/model.tar.gz /mnt/storage/models/m --extract
    python -m workloads.download s3://BUCKET/models/m/ /mnt/storage/models/m --wait 3600

Files that are there already, of the same size and time, stay; a file that was begun goes on where
it ended. Each is checked (SHA-256 where it is known, else the ETag) and then renamed into place.
"""

from __future__ import annotations

import shutil
import sys
import time
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from workloads import archives
from workloads.arguments import Parser, add_workers, seconds
from workloads.downloads.directory import DirectorySource
from workloads.downloads.s3 import S3Source
from workloads.downloads.sources import ChangedError, Item, Source
from workloads.downloads.transfer import clear_drafts, draft_of, fetch, is_current
from workloads.downloads.web import WebSource, shown
from workloads.faults import (
    BadDataError,
    MissingInputError,
    StorageFullError,
    UnavailableError,
    run,
)
from workloads.files import alone, files_below, writable_directory
from workloads.objects import Location, s3_client
from workloads.parallel import each
from workloads.summary import Progress, readable, say

POLL = 5.0
"""Seconds between two looks for data that is waited for."""
LOCK = ".download"
"""A file in the directory, there while a download goes on."""
ROUNDS = 3
"""How often an item may change while it is brought."""


def source_of(text: str, *, workers: int, sha256: str | None = None) -> Source:
    """The source that a command line names.

    Args:
        text: `s3://BUCKET/PREFIX/`, `s3://BUCKET/KEY`, a URL of http or https, or a directory.
        workers: how many items are opened at once.
        sha256: of a URL's file, where the user knows it.

    Raises:
        ArgumentTypeError: it names none.
    """
    scheme = urlsplit(text).scheme
    if scheme == "s3":
        return S3Source(s3_client(workers), Location.parse(text))
    if scheme in {"http", "https"}:
        if "@" in urlsplit(text).netloc:
            raise ArgumentTypeError("a URL with a user or a password cannot be asked; presign one")
        return WebSource(text, sha256)
    return DirectorySource(Path(text))


def await_items(source: Source, name: str, patience: float) -> list[Item]:
    """What there is to bring.

    Args:
        source: where to look.
        name: as the user named it.
        patience: seconds to wait for the first item.

    Raises:
        MissingInputError: there is nothing, even then.
    """
    deadline = time.monotonic() + patience
    while not (items := source.items()):
        left = deadline - time.monotonic()
        if left <= 0:
            waited = f" after {patience:g} seconds" if patience else ""
            raise MissingInputError(
                f"{name} holds no objects{waited}. Put data there, or check the prefix"
            )
        say(f"waiting for {name}: {left:.0f} seconds left")
        time.sleep(min(POLL, left))
    return items


@contextmanager
def in_turn(directory: Path) -> Iterator[None]:
    """While the block runs, no other download brings anything to the directory.

    Two pods may want the same: that of a lost node may still run when its Job has made the next.

    Raises:
        MissingInputError: the directory is not there and cannot be made.
    """
    lock = writable_directory(directory) / LOCK
    with alone(lock):
        try:
            yield
        finally:
            lock.unlink()


def download(source: Source, items: Sequence[Item], directory: Path, *, workers: int) -> Progress:
    """Bring every item that is not there yet.

    Raises:
        StorageFullError: the volume has not the room.
        WorkloadError: the source refuses, does not answer, or sends wrong bytes.
    """
    missing = [item for item in items if not is_current(directory / item.name, item)]
    check_room(missing, directory)
    size = sum(item.size or 0 for item in missing)
    progress = Progress("download", files=len(missing), size=size)
    each(partial(bring, source, directory, progress), missing, workers=workers)
    clear_drafts(missing, directory)
    return progress


def check_listing(items: Sequence[Item], expected: str, name: str) -> None:
    """Find out before the first byte that these are the items that somebody has seen.

    Args:
        items: what there is to bring.
        expected: `listing_digest` of what there was; empty for anything.
        name: the source as the user named it.

    Raises:
        BadDataError: something came, went or changed since.
    """
    if expected and listing_digest(items) != expected:
        raise BadDataError(
            f"{name} has changed since the stack asked what is in it. Run pulumi up again, when "
            "everything is there"
        )


def listing_digest(items: Iterable[Item]) -> str:
    """A digest of the items' names, sizes and versions, 12 hexadecimal digits."""
    lines = sorted(f"{item.name}\t{item.size}\t{item.version}\n" for item in items)
    return sha256("".join(lines).encode()).hexdigest()[:12]


def check_room(items: Sequence[Item], directory: Path) -> None:
    """Find out before the first byte that the last one has no place.

    Raises:
        StorageFullError: the volume has not the room.
    """
    begun = [draft_of(directory / item.name, item) for item in items]
    there = sum(draft.stat().st_size for draft in begun if draft.is_file())
    needed = sum(item.size or 0 for item in items) - there
    free = shutil.disk_usage(directory).free
    if needed > free:
        raise StorageFullError(
            f"{directory}: {readable(needed)} are to come and {readable(free)} are free. Make the "
            "volume larger, or remove what it need not keep"
        )


def bring(source: Source, directory: Path, progress: Progress, item: Item) -> None:
    """Bring one item; when it changes meanwhile, the newer one; when it goes, nothing."""
    for _ in range(ROUNDS):
        try:
            fetch(source, item, directory / item.name, lambda size: progress.add(size=size))
        except ChangedError:
            say(f"{item.name} changed while it was read: once more")
            newer = {other.name: other for other in source.items()}
            if item.name not in newer:
                return
            item = newer[item.name]
        else:
            progress.add(files=1)
            return
    raise UnavailableError(f"{item.name} changes faster than it can be read; try again later")


def delete_others(items: Sequence[Item], directory: Path) -> int:
    """Remove the files that the source does not have; return how many."""
    kept = {directory / item.name for item in items}
    others = [path for path in files_below(directory) if path not in kept]
    for path in others:
        path.unlink()
        remove_empty(path.parent, directory)
    return len(others)


def remove_empty(folder: Path, top: Path) -> None:
    """Remove a folder that became empty, and those above it that did, below the top."""
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def parser() -> Parser:
    """The command line."""
    top = Parser("download", __doc__)
    top.add_argument("source", help="s3://BUCKET/PREFIX/, s3://BUCKET/KEY, a URL or a directory")
    top.add_argument("directory", type=Path, help="where its files go; made if missing")
    top.add_argument("--wait", type=seconds, default=0.0, help="seconds to wait for a first object")
    top.add_argument("--sha256", help="of a URL's file, in hexadecimal digits")
    top.add_argument(
        "--listing", default="", help="digest of what has to be there; empty: anything"
    )
    extras = top.add_mutually_exclusive_group()
    extras.add_argument(
        "--delete", action="store_true", help="remove files that the source does not have"
    )
    extras.add_argument("--extract", action="store_true", help="unpack each .tar.gz beside itself")
    add_workers(top)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    top = parser()
    given = top.parse_args(arguments)
    try:
        source = source_of(given.source, workers=given.workers, sha256=given.sha256)
    except ArgumentTypeError as error:
        top.error(str(error))

    return run(partial(work, given, source))


def work(given: Namespace, source: Source) -> None:
    """Do what the command line says.

    Raises:
        WorkloadError: it cannot be done.
    """
    items = await_items(source, shown(given.source), given.wait)
    check_listing(items, given.listing, shown(given.source))
    with in_turn(given.directory):
        progress = download(source, items, given.directory, workers=given.workers)
        deleted = delete_others(items, given.directory) if given.delete else 0
        for item in items if given.extract else ():
            if item.name.endswith(archives.SUFFIX):
                archives.unpack(given.directory / item.name)
    progress.finish(already_there=len(items) - progress.files, deleted=deleted)


if __name__ == "__main__":
    sys.exit(main())
