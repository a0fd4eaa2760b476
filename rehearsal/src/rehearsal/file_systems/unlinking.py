"""Follow the deletion of associations: forget their links, and delete their files if asked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable

from rehearsal.file_systems.links import Link
from rehearsal.file_systems.store import Store

_EMPTIED = "emptied"
"""Fact about the associations whose files are deleted already."""


def forget_gone(store: Store, present: Iterable[Link]) -> None:
    """Forget the links that were there at the last look and are gone.

    The files stay, and are no longer compared with the bucket. One that was deleted meanwhile is
    forgotten, so that a later link of the folder does not take it for a deletion to export.
    """
    names = {link.name for link in present}
    for told in store.index.fact("links") or []:
        link = Link.from_json(told)
        if link.name in names:
            continue
        store.index.unsee(link.name)
        for entry in list(store.index.entries()):
            if link.holds(entry.path) and not os.path.lexists(store.folder / entry.path):
                store.index.forget(entry.path)


def empty(store: Store, deleted: Iterable[Link]) -> None:
    """Delete the files below the folders of links that are deleted with their data, once each."""
    done = set(store.index.fact(_EMPTIED) or [])
    for link in deleted:
        if link.owner in done:
            continue
        for entry in list(store.index.entries()):
            if link.holds(entry.path):
                store.index.forget(entry.path)
        _clear(store, link)
        store.index.note({_EMPTIED: sorted(done := done | {link.owner})})


def _clear(store: Store, link: Link) -> None:
    """Remove the folder, or what is in it where it is the whole file system."""
    if link.folder:
        shutil.rmtree(store.folder / link.folder, ignore_errors=True)
        return
    for path in store.folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
