"""What a file on disk is: released, whole as the bucket has it, or changed since.

The index can't tell by itself, as programs write without telling it. It remembers a stamp of
what was placed; a file that bears another stamp is a program's own.
"""

from __future__ import annotations

import enum
import os
from dataclasses import dataclass


class State(enum.IntFlag):
    """The flags of Lustre's HSM (enum hsm_states in lustre_user.h)."""

    NONE = 0
    EXISTS = 0x1
    DIRTY = 0x2
    RELEASED = 0x4
    ARCHIVED = 0x8


@dataclass(frozen=True)
class Stamp:
    """What tells a file from any other, and from itself after a write."""

    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, stat: os.stat_result) -> Stamp:
        """The stamp of a file."""
        return cls(stat.st_ino, stat.st_size, stat.st_mtime_ns)

    @classmethod
    def parse(cls, text: str | None) -> Stamp | None:
        """A stamp as `str` wrote it."""
        return cls(*map(int, text.split(":"))) if text else None

    def __str__(self) -> str:
        return f"{self.inode}:{self.size}:{self.mtime_ns}"


@dataclass(frozen=True)
class Entry:
    """A file that a bucket has, too."""

    path: str
    """Relative to the file system's folder."""
    bucket: str
    key: str
    etag: str
    size: int
    hollow: Stamp | None = None
    """Of the file without bytes that was placed, or is about to be."""
    content: Stamp | None = None
    """Of the file with its bytes that was placed, exported, or is about to be placed."""

    def is_released(self, stat: os.stat_result) -> bool:
        """Whether a file is the one without bytes.

        A program may have changed its time or mode; as long as it has no blocks, nothing was
        written into it.
        """
        hollow = self.hollow
        if hollow is None or (stat.st_ino, stat.st_size) != (hollow.inode, hollow.size):
            return False
        return stat.st_mtime_ns == hollow.mtime_ns or stat.st_blocks == 0

    def state(self, stat: os.stat_result) -> State:
        """What Lustre would say of the file there is."""
        known = State.EXISTS | State.ARCHIVED
        if self.is_released(stat):
            return known | State.RELEASED
        return known if Stamp.of(stat) == self.content else known | State.DIRTY
