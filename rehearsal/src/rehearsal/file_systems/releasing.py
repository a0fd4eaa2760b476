"""Release files whose data is also in the bucket."""

from __future__ import annotations

import contextlib
import errno
import os
from dataclasses import replace
from pathlib import Path

from rehearsal.file_systems.mtimes import Entry, Stamp, State
from rehearsal.file_systems.store import Store, covers


def release(store: Store, path: str) -> None:
    """Drop the data of a file, which its object has as well.

    Raises:
        PermissionError: The file has no object with the same content.
        OSError: The file may be read at any moment (EBUSY), or does not exist.
    """
    file = store.folder / path
    with store.alone(), store.placing(path) as draft:
        entry, stat = store.entry(path), file.lstat()
        state = entry.state(stat) if entry else State.NONE
        if entry is None or state & State.DIRTY:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), path)
        if state & State.RELEASED or not stat.st_size:
            return
        if any(covers(subpath, path) for subpath in store.index.mounted()):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), path)
        store.index.save(_emptied(entry, stat, draft))
        draft.replace(file)


def _emptied(entry: Entry, stat: os.stat_result, draft: Path) -> Entry:
    """Write a draft that equals a file except for its data; return the file's new entry."""
    with draft.open("wb") as file:
        file.truncate(stat.st_size)
    with contextlib.suppress(PermissionError):
        os.chown(draft, stat.st_uid, stat.st_gid)
    draft.chmod(stat.st_mode & 0o7777)
    os.utime(draft, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    return replace(entry, hollow=Stamp.of(draft.stat()))
