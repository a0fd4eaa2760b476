"""Checkpoints in a trainer's local directory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from workloads.files import REMOVED_SUFFIX, delete

NAME_PATTERN = re.compile(r"checkpoint-(\d+)\Z", re.ASCII)
RESTORING_SUFFIX = ".restoring"
"""Suffix of the temporary files of a restore."""


@dataclass(frozen=True, order=True)
class Checkpoint:
    """Complete checkpoint in a directory; checkpoints are ordered by step."""

    step: int
    name: str
    """Name of the file or directory, such as checkpoint-00000012."""


def list_checkpoints(directory: Path) -> list[Checkpoint]:
    """Return the checkpoints of a directory, newest first; ignore all other names.

    Raises:
        FileNotFoundError: The directory does not exist.
    """
    names = (NAME_PATTERN.match(path.name) for path in directory.iterdir())
    return sorted((Checkpoint(int(name[1]), name[0]) for name in names if name), reverse=True)


Fingerprint = tuple[int, ...]
"""Inode, size and modification time, which differ between two checkpoints of one name."""


def fingerprint(path: Path) -> Fingerprint:
    """Return the fingerprint of a checkpoint without reading its content.

    Raises:
        FileNotFoundError: The checkpoint does not exist any more.
    """
    status = path.stat()
    return (status.st_ino, status.st_size, status.st_mtime_ns)


def remove_temporary_files(directory: Path) -> None:
    """Remove the temporary files of killed runs; the trainer's own ones stay."""
    for suffix in (RESTORING_SUFFIX, REMOVED_SUFFIX):
        for temporary in directory.glob(f".checkpoint-*{suffix}"):
            delete(temporary)
