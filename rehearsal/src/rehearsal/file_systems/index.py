"""Index of one file system's files, in an SQLite file beside their folder.

It is SQLite because several processes write at the same time and any of them may be killed.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any

from rehearsal.file_systems.mtimes import Entry, Stamp

_WAIT_SECONDS = 60.0
_TABLES = """
    CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT);
    CREATE TABLE IF NOT EXISTS seen (link TEXT PRIMARY KEY, etags TEXT);
    CREATE TABLE IF NOT EXISTS files (
        path TEXT PRIMARY KEY, bucket TEXT, key TEXT, etag TEXT, size INTEGER,
        hollow TEXT, content TEXT
    );
    CREATE TABLE IF NOT EXISTS actions (path TEXT PRIMARY KEY, action TEXT, running INTEGER);
    CREATE TABLE IF NOT EXISTS mounts (holder TEXT, subpath TEXT, PRIMARY KEY (holder, subpath));
"""


class Index:
    """Index of one file system; each method is one transaction."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._session = threading.local()

    def create(self) -> None:
        """Create the file and its tables if they do not exist; not safe for parallel calls."""
        self._file.touch()
        with self._open() as db:
            db.execute("PRAGMA journal_mode = WAL")  # readers do not wait for writers
            db.executescript(_TABLES)

    def fact(self, name: str) -> Any:
        """Return a fact about the whole file system; None if it was not stored."""
        with self._open() as db:
            found = db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return json.loads(found[0]) if found else None

    def note(self, facts: Mapping[str, Any]) -> None:
        """Store facts about the whole file system."""
        with self._change() as db:
            rows = [(name, json.dumps(value)) for name, value in facts.items()]
            db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", rows)

    def seen(self, link: str) -> dict[str, str] | None:
        """Return the ETags of a link's objects at the last import; None before the first import."""
        with self._open() as db:
            found = db.execute("SELECT etags FROM seen WHERE link = ?", (link,)).fetchone()
        return json.loads(found[0]) if found else None

    def see(self, link: str, changes: Mapping[str, str | None]) -> None:
        """Store the ETags of some of a link's objects; None removes a deleted object."""
        with self._change() as db:
            found = db.execute("SELECT etags FROM seen WHERE link = ?", (link,)).fetchone()
            etags = {**(json.loads(found[0]) if found else {}), **changes}
            kept = {key: etag for key, etag in etags.items() if etag}
            db.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (link, json.dumps(kept)))

    def unsee(self, link: str) -> None:
        """Forget a link that is gone."""
        with self._change() as db:
            db.execute("DELETE FROM seen WHERE link = ?", (link,))

    def entry(self, path: str) -> Entry | None:
        """Return the entry of the file at a path."""
        with self._open() as db:
            found = db.execute("SELECT * FROM files WHERE path = ?", (path,)).fetchone()
        return _entry(found) if found else None

    def entries(self, *, released: bool = False) -> Iterator[Entry]:
        """Return all entries, or only those of files that may be released."""
        with self._open() as db:
            where = "WHERE hollow IS NOT NULL" if released else ""
            rows = db.execute(f"SELECT * FROM files {where}").fetchall()
        return map(_entry, rows)

    def save(self, entry: Entry) -> None:
        """Store the entry of a file."""
        path, bucket, key, etag, size, *_ = astuple(entry)
        stamps = [str(stamp) if stamp else None for stamp in (entry.hollow, entry.content)]
        row = (path, bucket, key, etag, size, *stamps)
        with self._change() as db:
            db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def move(self, old: str, new: str) -> None:
        """Change the path of an entry after a program renamed the file."""
        with self._change() as db:
            db.execute("DELETE FROM files WHERE path = ?", (new,))
            db.execute("UPDATE files SET path = ? WHERE path = ?", (new, old))

    def forget(self, path: str) -> None:
        """Delete the entry of a path."""
        with self._change() as db:
            db.execute("DELETE FROM files WHERE path = ?", (path,))

    def request(self, action: str, paths: Iterable[str]) -> None:
        """Queue an action on files, unless another one is queued."""
        with self._change() as db:
            rows = [(path, action) for path in paths]
            db.executemany("INSERT OR IGNORE INTO actions VALUES (?, ?, 0)", rows)

    def action(self, path: str) -> tuple[str, bool] | None:
        """Return the action that is queued for a file, and whether it is running."""
        with self._open() as db:
            found = db.execute("SELECT * FROM actions WHERE path = ?", (path,)).fetchone()
        return (found[1], bool(found[2])) if found else None

    def take_actions(self, action: str, most: int) -> list[str]:
        """Return the paths for the next actions and mark these actions as running."""
        with self._change() as db:
            rows = db.execute(
                "SELECT path FROM actions WHERE action = ? AND NOT running ORDER BY rowid LIMIT ?",
                (action, most),
            ).fetchall()
            db.executemany("UPDATE actions SET running = 1 WHERE path = ?", rows)
        return [row[0] for row in rows]

    def end_action(self, path: str) -> None:
        """Delete a finished action, whether it succeeded or failed."""
        with self._change() as db:
            db.execute("DELETE FROM actions WHERE path = ?", (path,))

    def put_back_actions(self) -> None:
        """Queue the actions again that a killed worker left running."""
        with self._change() as db:
            db.execute("UPDATE actions SET running = 0")

    def has_actions(self) -> bool:
        """Return whether any action is queued or running."""
        with self._open() as db:
            return db.execute("SELECT 1 FROM actions LIMIT 1").fetchone() is not None

    def hold(self, holder: str, subpath: str) -> None:
        """Record that a holder has mounted a subpath, and may read any file under it."""
        with self._change() as db:
            db.execute("INSERT OR IGNORE INTO mounts VALUES (?, ?)", (holder, subpath))

    def let_go(self, holder: str) -> None:
        """Delete the mounts of a holder."""
        with self._change() as db:
            db.execute("DELETE FROM mounts WHERE holder = ?", (holder,))

    def mounted(self) -> list[str]:
        """Return the mounted subpaths, whose files may be read at any time."""
        with self._open() as db:
            return [row[0] for row in db.execute("SELECT DISTINCT subpath FROM mounts")]

    @contextmanager
    def session(self) -> Iterator[None]:
        """Keep the database open for many calls of one thread, each its own transaction."""
        if getattr(self._session, "db", None):
            yield
            return
        with self._open() as db:
            self._session.db = db
            try:
                yield
            finally:
                self._session.db = None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if db := getattr(self._session, "db", None):
            yield db
            return
        address = f"file:{self._file}?mode=rw"  # do not create the index of a removed file system
        with closing(
            sqlite3.connect(address, timeout=_WAIT_SECONDS, isolation_level=None, uri=True)
        ) as db:
            db.execute("PRAGMA synchronous = OFF")  # safe when a process is killed
            yield db

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")


def _entry(row: tuple[str, str, str, str, int, str | None, str | None]) -> Entry:
    path, bucket, key, etag, size, hollow, content = row
    return Entry(path, bucket, key, etag, size, Stamp.parse(hollow), Stamp.parse(content))
