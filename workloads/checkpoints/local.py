"""The checkpoints of a directory, as a trainer puts them there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from workloads.files import REMOVED, discard

NAME = re.compile(r"checkpoint-(\d+)\Z", re.ASCII)
RESTORING = ".restoring"
"""End of the name of a draft of ours."""


@dataclass(frozen=True, order=True)
class Checkpoint:
    """A whole checkpoint; a later one is greater."""

    step: int
    name: str
    """As checkpoint-00000012."""


def found_in(directory: Path) -> list[Checkpoint]:
    """The checkpoints of a directory, newest first; other names are other things.

    Raises:
        FileNotFoundError: there is no such directory.
    """
    names = (NAME.match(path.name) for path in directory.iterdir())
    return sorted((Checkpoint(int(name[1]), name[0]) for name in names if name), reverse=True)


Fingerprint = tuple[int, ...]
"""Changes when a checkpoint of the same name is another one: no content is read for it."""


def fingerprint(path: Path) -> Fingerprint:
    """The fingerprint of a checkpoint, which a rename put there.

    Raises:
        FileNotFoundError: it has gone.
    """
    facts = path.stat()
    return (facts.st_ino, facts.st_size, facts.st_mtime_ns)


def clear_drafts(directory: Path) -> None:
    """Remove what killed runs of ours left; the trainer's own drafts are its own."""
    for suffix in (RESTORING, REMOVED):
        for draft in directory.glob(f".checkpoint-*{suffix}"):
            discard(draft)
