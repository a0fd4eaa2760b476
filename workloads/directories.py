"""Creates directories on a shared volume and sets their owner.

    python -m workloads.directories /data/models /data/batches --owner 1000:1000

Run this as root on a volume whose top directory belongs to root, such as a new FSx for Lustre
file system. A directory that is writable stays as it is if its owner cannot be changed: behind an
access point of EFS, all users are the same one.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from workloads.arguments import Parser
from workloads.errors import RefusedError, run
from workloads.files import ensure_directory
from workloads.summary import print_summary

MODE = 0o775
"""Mode of the directories: read and write for owner and group, read for all others."""


class Owner(NamedTuple):
    """Numeric user and group ID that a directory belongs to."""

    user: int
    group: int


def parse_owner(text: str) -> Owner:
    """Parse UID:GID, for argparse.

    Raises:
        ArgumentTypeError: The text does not have this form.
    """
    user, _, group = text.partition(":")
    if not (user.isdecimal() and group.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text} is not UID:GID, such as 1000:1000")
    return Owner(int(user), int(group))


def create_directory(directory: Path, owner: Owner) -> None:
    """Create one directory on a mounted volume and set its owner.

    Raises:
        MissingInputError: The directory cannot be created, usually because no volume is mounted.
        RefusedError: The directory belongs to another user and its owner cannot be changed.
    """
    ensure_directory(directory)
    status = directory.stat()
    if (status.st_uid, status.st_gid) == owner:
        return
    try:
        directory.chmod(MODE)  # first, because a directory with the right owner counts as finished
        os.chown(directory, *owner)
    except PermissionError as error:
        if os.access(directory, os.W_OK | os.X_OK):
            return  # behind an access point of EFS every user is the same one
        raise RefusedError(
            f"{directory} belongs to user {status.st_uid}, and this user ({os.geteuid()}) may not "
            f"change its owner to {owner.user}:{owner.group}. Run as root, or use an EFS access "
            "point with that owner"
        ) from error


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = Parser("directories", __doc__)
    parser.add_argument(
        "directories", nargs="+", type=Path, metavar="DIRECTORY", help="directories to create"
    )
    parser.add_argument(
        "--owner", type=parse_owner, required=True, help="UID:GID of the user that writes to them"
    )
    args = parser.parse_args(argv)
    return run(lambda: create_directories(args.directories, args.owner))


def create_directories(directories: Sequence[Path], owner: Owner) -> None:
    """Create the directories, set their owner and print the summary.

    Raises:
        WorkloadError: A directory cannot be created, or its owner cannot be changed.
    """
    started = time.monotonic()
    for directory in directories:
        create_directory(directory, owner)
    seconds = round(time.monotonic() - started, 3)
    print_summary("directories", directories=[*map(str, directories)], seconds=seconds)


if __name__ == "__main__":
    sys.exit(main())
