"""Keeps the checkpoints of a scratch directory in a bucket, and brings the newest one back.

    python -m workloads.checkpoint_sync restore /scratch/checkpoints s3://BUCKET/checkpoints/run/
    python -m workloads.checkpoint_sync follow /scratch/checkpoints s3://BUCKET/checkpoints/run/

`restore` runs before the trainer; nothing to bring is no error. `follow` runs beside it, copies
every whole checkpoint, the newest first, and on SIGTERM copies what is left before it ends.
A checkpoint is an entry checkpoint-<step>, a file or a directory, that a rename put there.
"""

from __future__ import annotations

import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from workloads.arguments import Parser, count_or_none, seconds
from workloads.checkpoints.local import clear_drafts
from workloads.checkpoints.remote import Remote
from workloads.checkpoints.restoring import restore
from workloads.checkpoints.syncing import Sync
from workloads.faults import UnavailableError, run
from workloads.files import existing_directory, writable_directory
from workloads.objects import Location, s3_client
from workloads.summary import Progress, say


def follow(sync: Sync, stop: threading.Event, interval: float) -> None:
    """Copy until told to stop; then copy what is left.

    Args:
        sync: what to copy where.
        stop: set by who wants the end.
        interval: seconds between two looks.

    Raises:
        UnavailableError: S3 does not answer at the end; before that, it is asked again later.
        WorkloadError: S3 refuses.
    """
    while True:
        last = stop.is_set()
        try:
            sync.once()
        except UnavailableError as error:
            if last:
                raise
            say(f"checkpoint_sync: trying again in {interval:g} seconds: {error}")
        if last:
            return
        stop.wait(interval)


def work(given: Namespace) -> None:
    """Do what the command line says."""
    remote = Remote(s3_client(), given.location)
    if given.command == "restore":
        _restore(remote, writable_directory(given.directory))
    else:
        _follow(remote, existing_directory(given.directory), given)


def _restore(remote: Remote, directory: Path) -> None:
    progress = Progress("checkpoint_sync")
    clear_drafts(directory)
    found = restore(remote, directory, progress)
    progress.finish(command="restore", checkpoint=found.name if found else None)


def _follow(remote: Remote, directory: Path, given: Namespace) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    clear_drafts(directory)
    sync = Sync(directory, remote, given.keep_local, given.keep_remote)
    follow(sync, stop, given.interval)
    sync.progress.finish(command="follow", removed=sync.removed)


def parser() -> Parser:
    """The command line."""
    top = Parser("checkpoint_sync", __doc__)
    top.add_argument("command", choices=["follow", "restore"])
    top.add_argument("directory", type=Path, help="where the trainer keeps its checkpoints")
    top.add_argument("location", type=Location.parse, help="s3://BUCKET/PREFIX/")
    top.add_argument("--interval", type=seconds, default=5.0, help="seconds between two looks")
    for side, default in (("local", 2), ("remote", 5)):
        top.add_argument(
            f"--keep-{side}",
            type=count_or_none,
            default=default,
            metavar="N",
            help="how many of the newest stay there (%(default)s); 0: all",
        )
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    return run(partial(work, parser().parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
