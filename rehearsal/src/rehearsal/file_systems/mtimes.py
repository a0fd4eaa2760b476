"""Determine the state of a file on disk: released, unchanged since its import, or changed.

The index alone cannot tell, because programs write without informing it. It stores the inode, size
and mtime of each file that was written here; a file that differs was changed by a program.
"""

from __future__ import annotations

import enum
import os
from dataclasses import dataclass


class State(enum.IntFlag):
    """Flags of Lustre's HSM (enum hsm_states in lustre_user.h)."""

    NONE = 0
    EXISTS = 0x1
    DIRTY = 0x2
    RELEASED = 0x4
    ARCHIVED = 0x8


@dataclass(frozen=True)
class Stamp:
    """Inode, size and mtime of a file, which identify its version."""

    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, stat: os.stat_result) -> Stamp:
        """Return the stamp of a file."""
        return cls(stat.st_ino, stat.st_size, stat.st_mtime_ns)

    @classmethod
    def parse(cls, text: str | None) -> Stamp | None:
        """Parse the text that `str` wrote; return None for no text."""
        return cls(*map(int, text.split(":"))) if text else None

    def __str__(self) -> str:
        return f"{self.inode}:{self.size}:{self.mtime_ns}"


@dataclass(frozen=True)
class Entry:
    """A file that also exists as an object in a bucket."""

    path: str
    """Path relative to the file system's folder."""
    bucket: str
    key: str
    etag: str
    size: int
    hollow: Stamp | None = None
    """Stamp of the released file that was written, or is about to be written."""
    content: Stamp | None = None
    """Stamp of the file with its data that was written or exported, or is about to be written."""

    def is_released(self, stat: os.stat_result) -> bool:
        """Return whether a file is the released one, without data.

        A program may have changed its time or mode. As long as the file has no blocks, no data was
        written to it.
        """
        hollow = self.hollow
        if hollow is None or (stat.st_ino, stat.st_size) != (hollow.inode, hollow.size):
            return False
        return stat.st_mtime_ns == hollow.mtime_ns or stat.st_blocks == 0

    def state(self, stat: os.stat_result) -> State:
        """Return the HSM state of an existing file."""
        known = State.EXISTS | State.ARCHIVED
        if self.is_released(stat):
            return known | State.RELEASED
        return known if Stamp.of(stat) == self.content else known | State.DIRTY
