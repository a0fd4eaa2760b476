"""Import objects as files: their names, sizes and times first, their data when it is needed.

The objects that are in the bucket when the link is created appear at once. A later change appears
after a delay, as FSx imports asynchronously, and only if the link's policy includes changes of its
kind. Under a path that a program has mounted (see Contents.mount), a file comes with its data.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from rehearsal.file_systems import objects
from rehearsal.file_systems.links import Link, changed
from rehearsal.file_systems.mtimes import Entry, State
from rehearsal.file_systems.objects import UnreadableError
from rehearsal.file_systems.store import Store, covers
from rehearsal.file_systems.transfers import Transferred

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Object:
    """An object as it appears in a listing."""

    key: str
    etag: str
    size: int
    modified: datetime


class Importer:
    """Import the changes of buckets into the linked folders of one file system.

    The caller must hold the file system's lock (Store.alone). After a kill the next import repeats
    the work and finds in the index which part is already done.

    Args:
        store: The file system.
        s3: A client of S3.
        delay: Delay after which a change of the bucket is imported, in seconds.
    """

    def __init__(self, store: Store, s3: Any, delay: float = 0.0) -> None:
        self._store = store
        self._s3 = s3
        self._delay = delay
        self._attended = store.index.mounted()
        self.next: float | None = None
        """Due time of the next change to import, in seconds since 1970; None without one."""

    def bring(self, link: Link) -> Transferred:
        """Import the changes of one link's bucket, according to its policy."""
        with self._store.index.session():
            return self._follow(link)

    def _follow(self, link: Link) -> Transferred:
        seen = self._store.index.seen(link.name)
        found = {one.key: one for one in listed(self._s3, link)}
        etags = {key: one.etag for key, one in found.items()}
        first = there_at_first(link, found) if seen is None else []
        known = (left_out(link, found) or {}) if seen is None else seen
        changes = changed(known | {key: etags[key] for key in first}, etags, link.follows)
        fetch = first + [key for key in changes.fetch if self._is_due(found[key].modified)]
        drop = self._overdue(link, changes.drop)
        if known and (fetch or drop):
            list(self._store.released(""))  # updates the paths of renamed files in the index
        moved, news = Transferred(), dict[str, str | None]()
        for key in fetch:
            if self._bring(link, found[key], moved):
                news[key] = found[key].etag
        for key in drop:
            self._drop(link, key, moved)
            news[key] = None
        if seen is None:
            news |= known
        if news or seen is None:
            self._store.index.see(link.name, news)
        return moved

    def _is_due(self, changed: datetime) -> bool:
        """Return whether a change made at a given time is due for import."""
        due = changed.timestamp() + self._delay
        if self._delay and due > time.time():
            self.next = min(due, self.next or due)
            return False
        return True

    def _overdue(self, link: Link, gone: Sequence[str]) -> list[str]:
        """Return the deleted objects whose files are due for removal.

        S3 does not list the time of a deletion, so the time when the deletion was first seen
        counts.
        """
        fact = f"gone {link.name}"
        before = self._store.index.fact(fact) or {}
        if not self._delay or not (gone or before):
            return list(gone)
        noticed = {key: before.get(key, time.time()) for key in gone}
        if noticed != before:
            self._store.index.note({fact: noticed})
        return [key for key in gone if self._is_due(datetime.fromtimestamp(noticed[key], UTC))]

    def _bring(self, link: Link, one: Object, moved: Transferred) -> bool:
        """Import one object; return False if it must be tried again."""
        path = link.path(one.key)
        try:
            if path is None:
                self._leave_out(link, one, "no file can have its name")
            elif one.key.endswith("/"):
                (self._store.folder / path).mkdir(parents=True, exist_ok=True)
            else:
                self._place(link, Entry(path, link.bucket, one.key, one.etag, one.size), one, moved)
        except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
            self._leave_out(link, one, f"a file and a directory would have one name ({error})")
        except UnreadableError:
            return False  # the object was deleted after the listing
        return True

    def _place(self, link: Link, entry: Entry, one: Object, moved: Transferred) -> None:
        file = self._store.folder / entry.path
        file.parent.mkdir(parents=True, exist_ok=True)
        with self._store.placing(entry.path) as draft:
            if self._is_placed(entry, file):
                return
            self._save_loser(link, entry.path)
            if any(covers(subpath, entry.path) for subpath in self._attended):
                entry = objects.whole(self._s3, entry, draft)
                moved.files += 1
                moved.bytes += entry.size
            else:
                entry = objects.hollow(entry, draft, one.modified)
            self._store.index.save(entry)
            draft.replace(file)
            moved.names += 1

    def _is_placed(self, entry: Entry, file: Path) -> bool:
        """Return whether a killed import or a newer restore already wrote the file."""
        known = self._store.index.entry(entry.path)
        if known is None or (known.bucket, known.key, known.etag) != (
            entry.bucket,
            entry.key,
            entry.etag,
        ):
            return False
        try:
            return not known.state(file.lstat()) & State.DIRTY
        except FileNotFoundError:
            return False

    def _drop(self, link: Link, key: str, moved: Transferred) -> None:
        path = link.path(key)
        if path is None or key.endswith("/"):
            return
        with self._store.placing(path):
            self._save_loser(link, path)
            (self._store.folder / path).unlink(missing_ok=True)
            self._store.index.forget(path)
            moved.names += 1

    def _save_loser(self, link: Link, path: str) -> None:
        """Move a file that a program has changed away, where the link keeps such files."""
        file, known = self._store.folder / path, self._store.index.entry(path)
        if not link.lost_and_found or not file.is_file():
            return
        if known is None or known.state(file.lstat()) & State.DIRTY:
            folder = self._store.folder / link.lost_and_found
            folder.mkdir(exist_ok=True)
            file.replace(folder / f"{sha256(path.encode()).hexdigest()[:10]}_{file.name}")

    def _leave_out(self, link: Link, one: Object, why: str) -> None:
        log.warning(
            "%s does not import s3://%s/%s: %s", self._store.system_id, link.bucket, one.key, why
        )


def there_at_first(link: Link, found: Mapping[str, Object]) -> list[str]:
    """Return the keys that existed when the link was created, if the link imports these."""
    if link.since is not None:
        return []
    return sorted(
        key for key, one in found.items() if link.created is None or one.modified <= link.created
    )


def left_out(link: Link, found: Mapping[str, Object]) -> dict[str, str] | None:
    """Return objects too old for the first import (ETags by key); None without a limit."""
    if link.since is None:
        return None
    return {key: one.etag for key, one in found.items() if one.modified < link.since}


def listed(s3: Any, link: Link) -> Iterator[Object]:
    """Yield the objects under a link's prefix, without an object for the prefix itself."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=link.bucket, Prefix=link.prefix)
    for page in pages:
        for one in page.get("Contents", []):
            if one["Key"] != link.prefix:
                yield Object(one["Key"], one["ETag"], one["Size"], one["LastModified"])
