"""Downloads an S3 prefix, a public file or a directory to the shared volume.

    python -m workloads.download s3://BUCKET/datasets/digits/ /mnt/storage/datasets/digits
    python -m workloads.download https://HOST/model.tar.gz /mnt/storage/models/m --extract
    python -m workloads.download s3://BUCKET/models/m/ /mnt/storage/models/m --wait 3600

Files with the same size and modification time are skipped, and partial downloads are resumed.
Each file is verified (by its SHA-256 if that is known, else by its ETag) before it is renamed to
its final name.
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
from workloads.arguments import Parser, add_workers_option, seconds
from workloads.downloads.directory import DirectorySource
from workloads.downloads.s3 import S3Source
from workloads.downloads.sources import Item, ItemChangedError, Source
from workloads.downloads.transfer import fetch, is_current, remove_stale_files, temporary_path
from workloads.downloads.web import WebSource, without_query
from workloads.errors import (
    BadDataError,
    MissingInputError,
    StorageFullError,
    UnavailableError,
    run,
)
from workloads.files import ensure_directory, exclusive_file, list_files
from workloads.objects import Location, s3_client
from workloads.parallel import for_each
from workloads.summary import Progress, format_bytes, say

POLL_SECONDS = 5.0
"""Seconds between two listings of a source that is still empty."""
LOCK_NAME = ".download"
"""Name of the lock file in the target directory; it exists during a download."""
MAX_ATTEMPTS = 3
"""Number of attempts for an item that changes during its download."""


def parse_source(text: str, *, workers: int, sha256: str | None = None) -> Source:
    """Return the source that a command-line argument names.

    Args:
        text: `s3://BUCKET/PREFIX/`, `s3://BUCKET/KEY`, an http or https URL, or a directory.
        workers: Number of items that are downloaded at the same time.
        sha256: Expected SHA-256 of the file at a URL, in hexadecimal digits; not checked if None.

    Raises:
        ArgumentTypeError: The text names no source.
    """
    scheme = urlsplit(text).scheme
    if scheme == "s3":
        return S3Source(s3_client(workers), Location.parse(text))
    if scheme in {"http", "https"}:
        if "@" in urlsplit(text).netloc:
            raise ArgumentTypeError(
                "a URL must not contain a user name or password; use a presigned URL"
            )
        return WebSource(text, sha256)
    return DirectorySource(Path(text))


def wait_for_items(source: Source, name: str, timeout: float) -> list[Item]:
    """Return the items of a source, and wait for the first one if there is none.

    Args:
        source: Source to list.
        name: Name of the source for messages.
        timeout: Seconds to wait for the first item.

    Raises:
        MissingInputError: The source is still empty after this time.
    """
    deadline = time.monotonic() + timeout
    while not (items := source.items()):
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            waited = f" after {timeout:g} seconds" if timeout else ""
            raise MissingInputError(
                f"{name} holds no objects{waited}. Put data there, or check the prefix"
            )
        say(f"waiting for {name}: {remaining:.0f} seconds left")
        time.sleep(min(POLL_SECONDS, remaining))
    return items


@contextmanager
def download_lock(directory: Path) -> Iterator[None]:
    """Hold the lock of a directory, so that no other download writes to it.

    Two pods may download to one directory: the pod of a lost node may still run when its Job
    starts a new one.

    Raises:
        MissingInputError: The directory does not exist and cannot be created.
    """
    lock = ensure_directory(directory) / LOCK_NAME
    with exclusive_file(lock):
        try:
            yield
        finally:
            lock.unlink()


def download(source: Source, items: Sequence[Item], directory: Path, *, workers: int) -> Progress:
    """Download all items that the directory does not have yet.

    Raises:
        StorageFullError: The volume has too little free space.
        WorkloadError: The source denies access, does not answer, or sends wrong bytes.
    """
    missing = [item for item in items if not is_current(directory / item.name, item)]
    check_free_space(missing, directory)
    size = sum(item.size or 0 for item in missing)
    progress = Progress("download", files=len(missing), size=size)
    for_each(partial(download_item, source, directory, progress), missing, workers=workers)
    remove_stale_files(missing, directory)
    return progress


def check_listing(items: Sequence[Item], expected: str, name: str) -> None:
    """Check that a listing is still the one that `pulumi up` saw, before anything is downloaded.

    Args:
        items: Items of the source.
        expected: `listing_digest` of the expected items; an empty text accepts any items.
        name: Name of the source for messages.

    Raises:
        BadDataError: An item was added, removed or changed.
    """
    if expected and listing_digest(items) != expected:
        raise BadDataError(
            f"{name} has changed since the stack listed it. Run pulumi up again when all of its "
            "objects are there"
        )


def listing_digest(items: Iterable[Item]) -> str:
    """Return a digest of the items' names, sizes and versions, in 12 hexadecimal digits."""
    lines = sorted(f"{item.name}\t{item.size}\t{item.version}\n" for item in items)
    return sha256("".join(lines).encode()).hexdigest()[:12]


def check_free_space(items: Sequence[Item], directory: Path) -> None:
    """Check that all items fit on the volume, before anything is downloaded.

    Raises:
        StorageFullError: The volume has too little free space.
    """
    temporaries = [temporary_path(directory / item.name, item) for item in items]
    downloaded = sum(path.stat().st_size for path in temporaries if path.is_file())
    needed = sum(item.size or 0 for item in items) - downloaded
    free = shutil.disk_usage(directory).free
    if needed > free:
        raise StorageFullError(
            f"{directory}: the download needs {format_bytes(needed)} and {format_bytes(free)} are "
            "free. Enlarge the volume, or delete files that are not needed"
        )


def download_item(source: Source, directory: Path, progress: Progress, item: Item) -> None:
    """Download one item, in its newest version if it changes; skip it if it is deleted meanwhile.

    Raises:
        UnavailableError: The item changed during every attempt.
        WorkloadError: The source denies access, does not answer, or sends wrong bytes.
    """
    for _ in range(MAX_ATTEMPTS):
        try:
            fetch(source, item, directory / item.name, lambda size: progress.add(size=size))
        except ItemChangedError:
            say(f"{item.name} changed during the download: trying again")
            newer = {other.name: other for other in source.items()}
            if item.name not in newer:
                return
            item = newer[item.name]
        else:
            progress.add(files=1)
            return
    raise UnavailableError(f"{item.name} changes faster than it can be downloaded; try again later")


def delete_extraneous(items: Sequence[Item], directory: Path) -> int:
    """Delete the files that the source does not have, and return their number."""
    expected = {directory / item.name for item in items}
    extraneous = [path for path in list_files(directory) if path not in expected]
    for path in extraneous:
        path.unlink()
        remove_empty_directories(path.parent, directory)
    return len(extraneous)


def remove_empty_directories(directory: Path, top: Path) -> None:
    """Remove an empty directory and its empty parents, up to but not including `top`."""
    while directory != top and not any(directory.iterdir()):
        directory.rmdir()
        directory = directory.parent


def build_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser("download", __doc__)
    parser.add_argument("source", help="s3://BUCKET/PREFIX/, s3://BUCKET/KEY, a URL or a directory")
    parser.add_argument(
        "directory", type=Path, help="target directory; it is created if it does not exist"
    )
    parser.add_argument(
        "--wait", type=seconds, default=0.0, help="seconds to wait for the first object (0)"
    )
    parser.add_argument("--sha256", help="SHA-256 of the file at a URL, in hexadecimal digits")
    parser.add_argument(
        "--listing", default="", help="expected digest of the source's listing; empty: any"
    )
    exclusive = parser.add_mutually_exclusive_group()
    exclusive.add_argument(
        "--delete", action="store_true", help="delete files that the source does not have"
    )
    exclusive.add_argument(
        "--extract", action="store_true", help="unpack each .tar.gz beside itself"
    )
    add_workers_option(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = build_parser()
    args = parser.parse_args(argv)
    try:
        source = parse_source(args.source, workers=args.workers, sha256=args.sha256)
    except ArgumentTypeError as error:
        parser.error(str(error))

    return run(partial(execute, args, source))


def execute(args: Namespace, source: Source) -> None:
    """Download from the source as the arguments say, and print the summary.

    Raises:
        WorkloadError: The download failed.
    """
    items = wait_for_items(source, without_query(args.source), args.wait)
    check_listing(items, args.listing, without_query(args.source))
    with download_lock(args.directory):
        progress = download(source, items, args.directory, workers=args.workers)
        deleted = delete_extraneous(items, args.directory) if args.delete else 0
        for item in items if args.extract else ():
            if item.name.endswith(archives.SUFFIX):
                archives.unpack(args.directory / item.name)
    progress.finish(already_there=len(items) - progress.files, deleted=deleted)


if __name__ == "__main__":
    sys.exit(main())
