"""Released files get their bytes, and files give them back."""

from __future__ import annotations

import contextlib
import errno
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from rehearsal.file_systems import objects
from rehearsal.file_systems.moves import Moved
from rehearsal.file_systems.stamps import State
from rehearsal.file_systems.store import Store, covers

_AT_ONCE = 8


def restore_all(store: Store, s3: Any, subpath: str) -> Moved:
    """Brings every released file under a subpath, several at a time.

    Raises:
        UnreadableError: One can't be had.
    """

    def one(path: str) -> int | None:
        with contextlib.suppress(FileNotFoundError):  # a program has removed it
            return restore(store, s3, path)
        return None

    paths = [entry.path for entry in store.released(subpath)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sizes = [size for size in pool.map(one, paths) if size is not None]
    return Moved(len(sizes), len(sizes), sum(sizes))


def restore(store: Store, s3: Any, path: str) -> int | None:
    """Brings a released file's bytes; gives how many, or None when it was not released.

    Of several who ask at once, one fetches and the others find it done.

    Raises:
        UnreadableError: They can't be had.
        FileNotFoundError: There is no such file.
    """
    file = store.folder / path
    with store.placing(path) as draft:
        entry = store.entry(path)
        if entry is None or not entry.is_released(file.lstat()):
            return None
        fetched = objects.whole(s3, entry, draft)
        store.index.save(fetched)
        if entry.is_released(file.lstat()):  # else a program has put another file there
            draft.replace(file)
        store.index.save(replace(fetched, hollow=None))
        return fetched.size


def release(store: Store, path: str) -> None:
    """Lets go of a file's bytes, which its object has too.

    Raises:
        PermissionError: It has no object that is like it.
        OSError: It may be read at any moment (EBUSY), or there is no such file.
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
        store.index.save(objects.emptied(entry, stat, draft))
        draft.replace(file)
