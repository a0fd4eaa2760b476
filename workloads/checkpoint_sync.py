"""Copies a trainer's checkpoints from a local directory to S3, and restores the newest one.

    python -m workloads.checkpoint_sync restore /scratch/checkpoints s3://BUCKET/checkpoints/run/
    python -m workloads.checkpoint_sync follow /scratch/checkpoints s3://BUCKET/checkpoints/run/

`restore` runs before the trainer and succeeds if there is no checkpoint. `follow` runs beside the
trainer and uploads each finished checkpoint, the newest first; on SIGTERM it uploads the remaining
ones and ends. A checkpoint is a file or directory named checkpoint-<step> that the trainer wrote
under another name and then renamed.
"""

from __future__ import annotations

import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from workloads.arguments import Parser, non_negative_int, seconds
from workloads.checkpoints.local import remove_temporary_files
from workloads.checkpoints.remote import RemoteCheckpoints
from workloads.checkpoints.restoring import restore
from workloads.checkpoints.syncing import CheckpointSync
from workloads.errors import UnavailableError, run
from workloads.files import ensure_directory, require_directory
from workloads.objects import Location, s3_client
from workloads.summary import Progress, say


def follow(sync: CheckpointSync, stop: threading.Event, interval: float) -> None:
    """Upload checkpoints until `stop` is set, and then once more.

    Args:
        sync: Directory and bucket to synchronise.
        stop: Event that ends the loop.
        interval: Seconds between two scans of the directory.

    Raises:
        UnavailableError: S3 does not answer during the last upload; earlier ones are tried again.
        WorkloadError: S3 denies access.
    """
    while True:
        last = stop.is_set()
        try:
            sync.sync_once()
        except UnavailableError as error:
            if last:
                raise
            say(f"checkpoint_sync: trying again in {interval:g} seconds: {error}")
        if last:
            return
        stop.wait(interval)


def execute(args: Namespace) -> None:
    """Run the subcommand that the arguments name.

    Raises:
        WorkloadError: The directory does not exist, no checkpoint is valid, or S3 denies access.
    """
    remote = RemoteCheckpoints(s3_client(), args.location)
    if args.command == "restore":
        _restore(remote, ensure_directory(args.directory))
    else:
        _follow(remote, require_directory(args.directory), args)


def _restore(remote: RemoteCheckpoints, directory: Path) -> None:
    progress = Progress("checkpoint_sync")
    remove_temporary_files(directory)
    found = restore(remote, directory, progress)
    progress.finish(command="restore", checkpoint=found.name if found else None)


def _follow(remote: RemoteCheckpoints, directory: Path, args: Namespace) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    remove_temporary_files(directory)
    sync = CheckpointSync(directory, remote, args.keep_local, args.keep_remote)
    follow(sync, stop, args.interval)
    sync.progress.finish(command="follow", removed=sync.removed)


def build_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser("checkpoint_sync", __doc__)
    parser.add_argument(
        "command", choices=["follow", "restore"], help="restore before training, follow during it"
    )
    parser.add_argument("directory", type=Path, help="directory of the trainer's checkpoints")
    parser.add_argument(
        "location", type=Location.parse, help="s3://BUCKET/PREFIX/ of the checkpoints"
    )
    parser.add_argument(
        "--interval",
        type=seconds,
        default=5.0,
        help="seconds between two scans of the directory (%(default)s)",
    )
    for side, place, default in (("local", "in the directory", 2), ("remote", "in S3", 5)):
        parser.add_argument(
            f"--keep-{side}",
            type=non_negative_int,
            default=default,
            metavar="N",
            help=f"number of newest checkpoints to keep {place} (%(default)s); 0: all",
        )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    return run(partial(execute, build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
