"""Reads every file of a directory and reports the number of files, bytes and the throughput.

    python -m workloads.consume /mnt/storage/datasets/digits --workers 16

The throughput of a file system depends on the number of parallel readers. The first read of a file
on FSx for Lustre also waits until its bytes have been copied from the linked bucket.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from workloads.arguments import Parser, add_workers_option
from workloads.errors import run
from workloads.files import iter_chunks, list_files
from workloads.parallel import for_each
from workloads.summary import Progress, megabytes_per_second


def consume(files: Sequence[Path], progress: Progress, *, workers: int) -> None:
    """Read files to their ends.

    Raises:
        OSError: The file system does not answer or denies access.
    """
    progress.set_totals(len(files), sum(path.stat().st_size for path in files))
    for_each(partial(read_file, progress), files, workers=workers)


def read_file(progress: Progress, path: Path) -> None:
    """Read one file to its end and count its bytes."""
    with path.open("rb", buffering=0) as stream:
        for piece in iter_chunks(stream):
            progress.add(size=len(piece))
    progress.add(files=1)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = Parser("consume", __doc__)
    parser.add_argument("directory", type=Path, help="directory to read")
    add_workers_option(parser)
    args = parser.parse_args(argv)

    def work() -> None:
        progress = Progress("consume")
        consume(list_files(args.directory), progress, workers=args.workers)
        speed = megabytes_per_second(progress.bytes, progress.seconds)
        progress.finish(megabytes_per_second=speed)

    return run(work)


if __name__ == "__main__":
    sys.exit(main())
