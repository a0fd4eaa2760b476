"""Makes directories on a shared volume, and gives them to those who are to write there.

    python -m workloads.directories /data/models /data/batches --owner 1000:1000

Run as root where the volume's root belongs to root, as that of a new FSx for Lustre file system
does. What cannot be given away and yet be written is left as it is: behind an access point of EFS
everybody is the same user.
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
from workloads.faults import RefusedError, run
from workloads.files import writable_directory
from workloads.summary import summary

MODE = 0o775


class Owner(NamedTuple):
    """Who a directory belongs to."""

    user: int
    group: int


def owner(text: str) -> Owner:
    """UID:GID, for argparse."""
    user, _, group = text.partition(":")
    if not (user.isdecimal() and group.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text} is not UID:GID, as 1000:1000")
    return Owner(int(user), int(group))


def make(directory: Path, wanted: Owner) -> None:
    """Make one directory of a volume that is mounted, and hand it over.

    Raises:
        MissingInputError: it cannot be made: most often, no volume is mounted there.
        RefusedError: it belongs to somebody else, and this user may not change that.
    """
    writable_directory(directory)
    found = directory.stat()
    if (found.st_uid, found.st_gid) == wanted:
        return
    try:
        directory.chmod(MODE)  # first: a run that is killed here is not taken for done
        os.chown(directory, *wanted)
    except PermissionError as error:
        if os.access(directory, os.W_OK | os.X_OK):
            return  # root cannot give it away and yet writes: everybody is one user here
        raise RefusedError(
            f"{directory} belongs to user {found.st_uid}, and this user ({os.geteuid()}) may not "
            f"give it to {wanted.user}:{wanted.group}. Run as root, or write through an access "
            "point of that user"
        ) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    parser = Parser("directories", __doc__)
    parser.add_argument("directories", nargs="+", type=Path, metavar="DIRECTORY")
    parser.add_argument("--owner", type=owner, required=True, help="UID:GID")
    given = parser.parse_args(arguments)
    return run(lambda: make_all(given.directories, given.owner))


def make_all(directories: Sequence[Path], wanted: Owner) -> None:
    """Make the directories and say so."""
    began = time.monotonic()
    for directory in directories:
        make(directory, wanted)
    seconds = round(time.monotonic() - began, 3)
    summary("directories", directories=[*map(str, directories)], seconds=seconds)


if __name__ == "__main__":
    sys.exit(main())
