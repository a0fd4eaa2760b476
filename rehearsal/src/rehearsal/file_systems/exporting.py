"""Export files to objects, on a request of `lfs hsm_archive` or by an association's policy."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rehearsal.file_systems import objects, restoring
from rehearsal.file_systems.links import Link
from rehearsal.file_systems.mtimes import Entry, State
from rehearsal.file_systems.store import Store
from rehearsal.file_systems.transfers import Transferred

QUIET_SECONDS = 5.0
"""Time without a write after which a file counts as completely written, in seconds."""


def export(store: Store, s3: Any, link: Link, path: str) -> int | None:
    """Write a file to its object, unless the object is current; return the bytes written or None.

    Raises:
        FileNotFoundError: There is no such file.
    """
    file = store.folder / path
    with store.placing(path):
        entry = store.entry(path)
        state = entry.state(file.lstat()) if entry else State.NONE
        if state & State.ARCHIVED and not state & State.DIRTY:
            return None
        stored = replace(objects.store(s3, file, link.export_bucket, link.key(path)), path=path)
        # A write during the upload is detected, because it changes the file's stamp.
        store.index.save(stored)
        if link.exports_back(stored.bucket, stored.key):
            store.index.see(link.name, {stored.key: stored.etag})
    return stored.size


def export_changes(store: Store, s3: Any, link: Link) -> Transferred:
    """Export the changed files under a link's folder, according to the link's policy."""
    moved = Transferred()
    if not link.exports:
        return moved
    _tell_renames(store, s3, link)
    for path, known in list(changes(store, link)):
        if ("CHANGED" if known else "NEW") in link.exports:
            size = export(store, s3, link, path)
            moved.files += size is not None
            moved.bytes += size or 0
    moved.names = moved.files
    for entry in list(store.index.entries()) if "DELETED" in link.exports else []:
        moved.names += link.holds(entry.path) and _export_removal(store, s3, link, entry)
    return moved


def _tell_renames(store: Store, s3: Any, link: Link) -> None:
    """Treat a file that was renamed while released as one deleted file and one new file."""
    for _ in store.released(link.folder):
        pass  # released() updates the paths in the index
    for entry in list(store.index.entries()):
        if link.holds(entry.path) and entry.key != link.key(entry.path):
            restoring.restore(store, s3, entry.path)
            store.index.move(entry.path, link.path(entry.key) or entry.path)


def changes(
    store: Store, link: Link, *, quiet_seconds: float | None = None
) -> Iterator[tuple[str, bool]]:
    """Yield the files that differ from their objects, and whether they have an object.

    Args:
        store: The file system.
        link: The link that exports the files.
        quiet_seconds: Time without a write after which a file counts as completely written; files
            that are still being written are left for later. By default that of the link.
    """
    usual = QUIET_SECONDS if link.quiet_seconds is None else link.quiet_seconds
    quiet = usual if quiet_seconds is None else quiet_seconds
    for path, stat in store.files(link.folder):
        entry = store.index.entry(path)
        changed = entry is None or bool(entry.state(stat) & State.DIRTY)
        is_quiet = time.time() - max(stat.st_mtime, stat.st_ctime) >= quiet
        if link.holds(path) and changed and is_quiet:
            yield path, entry is not None


def pending(store: Store, link: Link) -> int:
    """Return the number of files whose changes or removal are still to be exported."""
    changed = sum(1 for _ in changes(store, link, quiet_seconds=0.0))
    list(store.released(link.folder))  # updates the paths of renamed files in the index
    entries = [one.path for one in store.index.entries() if link.holds(one.path)]
    return changed + sum(1 for path in entries if not os.path.lexists(store.folder / path))


def _export_removal(store: Store, s3: Any, link: Link, entry: Entry) -> bool:
    """Delete the object of a file that a program has deleted.

    No import may run meanwhile: one that has already listed the object would create the file again.
    """
    with store.alone(), store.placing(entry.path):
        if os.path.lexists(store.folder / entry.path) or not store.folder.is_dir():
            return False
        s3.delete_object(Bucket=entry.bucket, Key=entry.key)
        store.index.see(link.name, {entry.key: None})
        store.index.forget(entry.path)
    return True
