"""Has the bytes of a directory brought to the file system before a training job waits for them.

    python -m workloads.preload /mnt/storage/datasets/digits

On FSx for Lustre, a file that came from the linked bucket has only its name until somebody reads
it. This asks Lustre for the contents of all such files, in batches, and waits until they are here.
On any other file system it reads the files once, which fills what caches there are.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from workloads import lustre
from workloads.arguments import Parser, add_workers, count
from workloads.consume import consume
from workloads.faults import UnavailableError, run
from workloads.files import files_below
from workloads.parallel import each
from workloads.summary import Progress, rate, say

POLL = (0.1, 2.0)
"""Seconds between two questions whether a batch is here: at first, and in the end."""
ASKED = 3
"""How often Lustre is asked for the same file: an import that failed leaves it released."""


def preload(files: Sequence[Path], progress: Progress, *, batch: int, workers: int) -> None:
    """Have Lustre restore those of the files that are released.

    Args:
        files: all of a directory.
        progress: counts the files that were restored.
        batch: how many files one call of lfs is given.
        workers: how many batches are under way at once.

    Raises:
        UnavailableError: Lustre does not answer, or a file stays released.
    """
    wanted: set[Path] = set()
    each(lambda some: wanted.update(lustre.released(some)), batches(files, batch), workers=workers)
    todo = sorted(wanted)
    progress.expect(len(todo), sum(path.stat().st_size for path in todo))
    say(f"preload: {len(todo)} of {len(files)} files are not here yet")
    each(partial(restore, progress), batches(todo, batch), workers=workers)


def batches(files: Sequence[Path], size: int) -> Iterator[Sequence[Path]]:
    """The files, so many at a time."""
    return (files[start : start + size] for start in range(0, len(files), size))


def restore(progress: Progress, files: Sequence[Path]) -> None:
    """Have one batch restored; return when its bytes are here."""
    missing = set(files)
    for _ in range(ASKED):
        lustre.restore(sorted(missing))
        await_quiet(missing)
        still = lustre.released(sorted(missing))
        for path in missing - still:
            progress.add(files=1, size=path.stat().st_size)
        missing = still
        if not missing:
            return
    raise UnavailableError(
        f"{min(missing)} and {len(missing) - 1} more stay released after {ASKED} requests. Check "
        "that their objects are still in the linked bucket and that the file system has room"
    )


def await_quiet(files: set[Path]) -> None:
    """Return when Lustre has nothing more to do for the files."""
    busy = files
    pause, longest = POLL
    while busy := lustre.under_way(sorted(busy)):
        time.sleep(pause)
        pause = min(2 * pause, longest)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    top = Parser("preload", __doc__)
    top.add_argument("directory", type=Path, help="whose files are wanted")
    top.add_argument("--batch", type=count, default=64, help="files in one request (%(default)s)")
    top.add_argument(
        "--method",
        choices=["auto", "lustre", "read"],
        default="auto",
        help="how: auto asks Lustre where the directory is on it, and reads the files elsewhere",
    )
    add_workers(top)
    given = top.parse_args(arguments)

    def work() -> None:
        files = files_below(given.directory)
        method = given.method
        if method == "auto":
            method = "lustre" if lustre.is_lustre(given.directory) else "read"
        progress = Progress("preload")
        if method == "lustre":
            # Lustre is asked for files; a link's own target is one of them, or none of ours.
            files = [path for path in files if not path.is_symlink()]
            preload(files, progress, batch=given.batch, workers=given.workers)
        else:
            consume(files, progress, workers=given.workers)
        speed = rate(progress.bytes, progress.seconds)
        progress.finish(
            method=method, already_there=len(files) - progress.files, megabytes_per_second=speed
        )

    return run(work)


if __name__ == "__main__":
    sys.exit(main())
