"""Brings the objects below an S3 prefix to the shared volume, or waits until a link shows them.

    python -m workloads.copy_dataset s3://BUCKET/images/ /data/datasets/images/1a2b3c4d5e6f
        --digest 1a2b3c4d5e6f --size 1048576
    python -m workloads.copy_dataset s3://BUCKET/images/ /data/images --digest 1a2b3c4d5e6f
        --shown 1800

The digest is the one that `pulumi up` found: of the names, sizes and ETags of a listing, or of a
manifest's ETag with --manifest KEY. A prefix that has another content now is refused. Objects are
taken as S3 lists them, so that the memory does not depend on their number. A copy is put together
beside its place and renamed to it: a killed copy leaves nothing that a job would read, and the next
one goes on where it ended.
"""

from __future__ import annotations

import shutil
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from workloads.arguments import Parser, add_workers_option, non_negative_int, seconds
from workloads.downloads.s3 import S3Source
from workloads.downloads.sources import Item, ItemChangedError
from workloads.downloads.transfer import fetch, is_current
from workloads.errors import (
    BadDataError,
    MissingInputError,
    StorageFullError,
    UnavailableError,
    run,
)
from workloads.files import ensure_directory, exclusive_file
from workloads.objects import Location, s3_client, s3_errors
from workloads.parallel import for_each
from workloads.summary import Progress, format_bytes, say

MARK = ".eks-ml-storage"
"""File beside the copies, by which the stack knows that it may remove them."""
POLL_SECONDS = 5.0
DIGEST_LENGTH = 12


class Content:
    """Objects of a prefix in the order of their keys, with the digest of all that have passed."""

    def __init__(self, source: S3Source) -> None:
        self.source = source
        self.objects = 0
        self._digest = sha256()

    def __iter__(self) -> Iterator[Item]:
        """Yield the objects, a page of the listing at a time."""
        for item in self.source.stream():
            self._digest.update(line(item.name, item.size or 0, item.version).encode())
            self.objects += 1
            yield item

    @property
    def digest(self) -> str:
        """Digest of the objects so far, 12 hexadecimal digits."""
        return self._digest.hexdigest()[:DIGEST_LENGTH]


def line(name: str, size: int, version: str) -> str:
    """Return the line of an object in what is hashed, as the stack does at `pulumi up`."""
    return f"{name}\t{size}\t{version}\n"


def copy(source: S3Source, directory: Path, args: Namespace) -> Progress:
    """Have a directory hold exactly the objects of a prefix.

    Raises:
        BadDataError: The prefix has not the content of the digest.
        StorageFullError: The volume has too little free space.
        UnavailableError: The draft had files that are not in the prefix.
        WorkloadError: S3 denies access, does not answer, or sends wrong bytes.
    """
    parent = ensure_directory(directory.parent)
    (parent / MARK).touch()
    progress = Progress("copy_dataset")
    with exclusive_file(parent / f".{directory.name}.lock"):
        if directory.is_dir():
            say(f"{directory} is there already")
            return progress
        draft = ensure_directory(parent / f".{directory.name}.copying")
        check_free_space(draft, args.size)
        content = Content(source)
        for_each(partial(copy_item, source, draft, progress), content, workers=args.workers)
        found = args.digest if args.manifest else content.digest
        if found != args.digest:
            shutil.rmtree(draft)
            raise BadDataError(changed(source))
        check_manifest(source, args)
        if count_files(draft) != content.objects:
            shutil.rmtree(draft)
            raise UnavailableError(f"{draft} had files of an earlier attempt: copying all again")
        draft.rename(directory)
    return progress


def copy_item(source: S3Source, draft: Path, progress: Progress, item: Item) -> None:
    """Download an object that the draft does not have yet.

    Raises:
        BadDataError: The object has changed since it was listed.
        WorkloadError: S3 denies access, does not answer, or sends wrong bytes.
    """
    target = draft / item.name
    if is_current(target, item):
        return
    try:
        fetch(source, item, target, lambda size: progress.add(size=size))
    except ItemChangedError as error:
        raise BadDataError(changed(source)) from error
    progress.add(files=1)


def await_link(source: S3Source, directory: Path, args: Namespace) -> Progress:
    """Wait until a link shows exactly the objects of a prefix, by names and sizes.

    Raises:
        BadDataError: The prefix has not the content of the digest.
        MissingInputError: The link does not show it in time.
        WorkloadError: S3 denies access or does not answer.
    """
    progress, deadline = Progress("copy_dataset"), time.monotonic() + args.shown
    while True:
        content = Content(source)
        differing = next((one for one in content if not is_shown(directory, one)), None)
        if differing is None:
            break
        if time.monotonic() >= deadline:
            raise MissingInputError(
                f"after {args.shown:g} seconds the file system does not show {differing.name} of "
                f"{source.location} with {differing.size} bytes. Look at the link's state with "
                "`aws fsx describe-file-systems` or `describe-data-repository-associations`, and "
                "at its automatic import"
            )
        say(f"waiting for the link to show {differing.name}")
        time.sleep(min(POLL_SECONDS, max(0.0, deadline - time.monotonic())))
    if not args.manifest and content.digest != args.digest:
        raise BadDataError(changed(source))
    check_manifest(source, args)
    if (count := count_files(directory)) != content.objects:
        raise BadDataError(
            f"{directory} has {count} files, and {source.location} {content.objects} objects: a "
            "job would read files that are not in the dataset. Remove them, or have the link "
            "import deletions too"
        )
    progress.add(files=content.objects)
    return progress


def is_shown(directory: Path, item: Item) -> bool:
    """Return whether a file of an object's name and size is in a directory."""
    path = directory / item.name
    return path.is_file() and path.stat().st_size == item.size


def check_manifest(source: S3Source, args: Namespace) -> None:
    """Check that the manifest is still the one that the stack saw.

    Raises:
        BadDataError: It has another content.
        WorkloadError: S3 denies access or does not answer.
    """
    if not args.manifest:
        return
    place = Location(source.location.bucket, args.manifest)
    with s3_errors(place):
        head: dict[str, Any] = source.client.head_object(Bucket=place.bucket, Key=place.prefix)
    text = line(args.manifest, head["ContentLength"], head["ETag"].strip('"'))
    if sha256(text.encode()).hexdigest()[:DIGEST_LENGTH] != args.digest:
        raise BadDataError(changed(source))


def check_free_space(draft: Path, size: int) -> None:
    """Check that what is missing of a draft fits on the volume.

    Raises:
        StorageFullError: The volume has too little free space.
    """
    there = sum(path.stat().st_size for path in draft.rglob("*") if path.is_file())
    free = shutil.disk_usage(draft).free
    if size - there > free:
        raise StorageFullError(
            f"{draft.parent}: the copy needs {format_bytes(size - there)} and "
            f"{format_bytes(free)} are free. Enlarge the volume, or read the data from S3"
        )


def count_files(directory: Path) -> int:
    """Return the number of files in a directory and below."""
    return sum(1 for path in directory.rglob("*") if path.is_file())


def changed(source: S3Source) -> str:
    """Return the sentence for a prefix with another content than the stack's."""
    return (
        f"{source.location} has changed since the stack listed it. Run pulumi up again when all of "
        "its objects are there"
    )


def build_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser("copy_dataset", __doc__)
    parser.add_argument("source", type=Location.parse, help="s3://BUCKET/PREFIX/")
    parser.add_argument("directory", type=Path, help="place of the files on the shared volume")
    parser.add_argument("--digest", required=True, help="digest of the content, as the stack's")
    parser.add_argument("--manifest", default="", help="key of the object whose ETag tells it")
    parser.add_argument("--size", type=non_negative_int, default=0, help="bytes of all objects")
    parser.add_argument(
        "--shown", type=seconds, help="wait this long for a link to show them, and copy nothing"
    )
    add_workers_option(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    args = build_parser().parse_args(argv)
    return run(partial(execute, args))


def execute(args: Namespace) -> None:
    """Copy or check as the arguments say, and print the summary.

    Raises:
        WorkloadError: The copy failed.
    """
    source = S3Source(s3_client(args.workers), args.source.as_folder())
    check_manifest(source, args)
    work = copy if args.shown is None else await_link
    work(source, args.directory, args).finish()


if __name__ == "__main__":
    sys.exit(main())
