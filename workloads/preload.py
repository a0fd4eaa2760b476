"""Loads the bytes of a directory to the file system before a training job reads them.

    python -m workloads.preload /mnt/storage/datasets/digits

On FSx for Lustre, a file that was imported from the linked bucket has no bytes on the file system
until it is read. This command requests the bytes of all such files, in batches, and waits until
they have arrived. On any other file system it reads each file once, which fills the caches.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from workloads import lustre
from workloads.arguments import Parser, add_workers_option, positive_int
from workloads.consume import consume
from workloads.errors import UnavailableError, run
from workloads.files import list_files
from workloads.parallel import for_each
from workloads.summary import Progress, megabytes_per_second, say

POLL_SECONDS = (0.1, 2.0)
"""Seconds between two checks of a batch: at first, and at most."""
POLL_GROWTH = 1.5
"""Factor between two such pauses, so that a finished batch is noticed soon."""
MAX_REQUESTS = 3
"""Number of requests for one file, because a file whose import failed stays released."""


def preload(files: Sequence[Path], progress: Progress, *, batch: int, workers: int) -> None:
    """Restore the released files on Lustre.

    Args:
        files: Files to load.
        progress: Counter of the restored files.
        batch: Number of files in one call of lfs.
        workers: Number of batches that are in progress at the same time.

    Raises:
        RefusedError: This user has no permission to restore files.
        UnavailableError: Lustre does not answer, or a file stays released.
    """
    released: set[Path] = set()
    for_each(
        lambda some: released.update(lustre.released(some)),
        split_batches(files, batch),
        workers=workers,
    )
    pending = sorted(released)
    progress.set_totals(len(pending), sum(path.stat().st_size for path in pending))
    say(f"preload: {len(pending)} of {len(files)} files must be restored")
    for_each(partial(restore_batch, progress), split_batches(pending, batch), workers=workers)


def split_batches(files: Sequence[Path], size: int) -> Iterator[Sequence[Path]]:
    """Split files into batches of the given size."""
    return (files[start : start + size] for start in range(0, len(files), size))


def restore_batch(progress: Progress, files: Sequence[Path]) -> None:
    """Restore one batch of files, and return when their bytes have arrived.

    Raises:
        UnavailableError: Lustre does not answer, or a file stays released.
    """
    missing = set(files)
    for _ in range(MAX_REQUESTS):
        lustre.restore(sorted(missing))
        wait_until_idle(missing)
        still_released = lustre.released(sorted(missing))
        for path in missing - still_released:
            progress.add(files=1, size=path.stat().st_size)
        missing = still_released
        if not missing:
            return
    raise UnavailableError(
        f"{min(missing)} and {len(missing) - 1} more stay released after {MAX_REQUESTS} requests. "
        "Check that their objects are still in the linked bucket and that the file system has "
        "free space"
    )


def wait_until_idle(files: set[Path]) -> None:
    """Return when Lustre has no action in progress for the files."""
    busy = files
    pause, longest_pause = POLL_SECONDS
    while busy := lustre.in_progress(sorted(busy)):
        time.sleep(pause)
        pause = min(POLL_GROWTH * pause, longest_pause)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = Parser("preload", __doc__)
    parser.add_argument("directory", type=Path, help="directory to preload")
    parser.add_argument(
        "--batch", type=positive_int, default=64, help="files in one request (%(default)s)"
    )
    parser.add_argument(
        "--method",
        choices=["auto", "lustre", "read"],
        default="auto",
        help="auto (default) uses lustre on a Lustre file system and read on any other",
    )
    add_workers_option(parser)
    args = parser.parse_args(argv)

    def work() -> None:
        files = list_files(args.directory)
        method = args.method
        if method == "auto":
            method = "lustre" if lustre.is_lustre(args.directory) else "read"
        progress = Progress("preload")
        if method == "lustre":
            # lfs takes regular files only.
            files = [path for path in files if not path.is_symlink()]
            preload(files, progress, batch=args.batch, workers=args.workers)
        else:
            consume(files, progress, workers=args.workers)
        speed = megabytes_per_second(progress.bytes, progress.seconds)
        progress.finish(
            method=method, already_there=len(files) - progress.files, megabytes_per_second=speed
        )

    return run(work)


if __name__ == "__main__":
    sys.exit(main())
