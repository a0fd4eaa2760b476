"""Released files get their bytes."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from rehearsal.file_systems import objects
from rehearsal.file_systems.moves import Moved
from rehearsal.file_systems.store import Store

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

    with store.index.session(), ThreadPoolExecutor(_AT_ONCE) as pool:
        paths = [entry.path for entry in store.released(subpath)]
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
    with store.index.session(), store.placing(path) as draft:
        entry = store.entry(path)
        if entry is None or not entry.is_released(file.lstat()):
            return None
        fetched = objects.whole(s3, entry, draft)
        store.index.save(fetched)
        if entry.is_released(file.lstat()):  # else a program has put another file there
            draft.replace(file)
        store.index.save(replace(fetched, hollow=None))
        return fetched.size
