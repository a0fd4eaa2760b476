"""Fetch the data of released files."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from rehearsal.file_systems import objects
from rehearsal.file_systems.store import Store
from rehearsal.file_systems.transfers import Transferred

_AT_ONCE = 8


def restore_all(store: Store, s3: Any, subpath: str) -> Transferred:
    """Fetch the data of every released file under a subpath, several files at a time.

    Raises:
        UnreadableError: The data of a file is not available.
    """

    def one(path: str) -> int | None:
        with contextlib.suppress(FileNotFoundError):  # a program has removed it
            return restore(store, s3, path)
        return None

    with store.index.session(), ThreadPoolExecutor(_AT_ONCE) as pool:
        paths = [entry.path for entry in store.released(subpath)]
        sizes = [size for size in pool.map(one, paths) if size is not None]
    return Transferred(len(sizes), len(sizes), sum(sizes))


def restore(store: Store, s3: Any, path: str) -> int | None:
    """Fetch the data of a released file; return its size in bytes, or None if it was not released.

    If several callers restore a file at the same time, one of them fetches the data.

    Raises:
        UnreadableError: The data is not available.
        FileNotFoundError: There is no such file.
    """
    file = store.folder / path
    with store.index.session(), store.placing(path) as draft:
        entry = store.entry(path)
        if entry is None or not entry.is_released(file.lstat()):
            return None
        fetched = objects.whole(s3, entry, draft)
        store.index.save(fetched)
        if entry.is_released(file.lstat()):  # otherwise a program has replaced the file
            draft.replace(file)
        store.index.save(replace(fetched, hollow=None))
        return fetched.size
