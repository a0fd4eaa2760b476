"""Reads every file of a directory: how many, how many bytes, how fast.

    python -m workloads.consume /mnt/storage/datasets/digits --workers 16

What a file system gives depends on how many read at once; the first reading of a file that FSx for
Lustre has not fetched from its bucket yet also waits for that.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from workloads.arguments import Parser, add_workers
from workloads.faults import run
from workloads.files import chunks, files_below
from workloads.parallel import each
from workloads.summary import Progress, rate


def consume(files: Sequence[Path], progress: Progress, *, workers: int) -> None:
    """Read files to their ends.

    Raises:
        OSError: the file system does not answer, or refuses.
    """
    progress.expect(len(files), sum(path.stat().st_size for path in files))
    each(partial(read, progress), files, workers=workers)


def read(progress: Progress, path: Path) -> None:
    """Read one file to its end."""
    with path.open("rb", buffering=0) as stream:
        for piece in chunks(stream):
            progress.add(size=len(piece))
    progress.add(files=1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    top = Parser("consume", __doc__)
    top.add_argument("directory", type=Path, help="where the files are")
    add_workers(top)
    given = top.parse_args(arguments)

    def work() -> None:
        progress = Progress("consume")
        consume(files_below(given.directory), progress, workers=given.workers)
        speed = rate(progress.bytes, progress.seconds)
        progress.finish(megabytes_per_second=speed)

    return run(work)


if __name__ == "__main__":
    sys.exit(main())
