"""File of the emulated account: an SQLite database with rows of bytes by name.

A change is in the file completely or not at all when the process is killed or the disk is full.
SQLite is not asked to wait for the disk, so a change can be lost, or the file damaged, only by a
failure of the machine's power.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import moto

FORMAT = 3
VERSION = "version"
"""Name of the row that tells what wrote the file."""
_PART_BYTES = 64 * 2**20  # SQLite's limit of a value is near 1 GB
_SCHEMA = """
CREATE TABLE IF NOT EXISTS account (
    name TEXT, part INTEGER, crc INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (name, part)
)
"""


Data = bytes | memoryview


class StoreError(Exception):
    """The file cannot be read or written; the text gives the remedy."""


class Store:
    """File of an account, open in one process at a time."""

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            StoreError: The file is damaged, another version of moto wrote it, or it cannot be
                created.
        """
        self.path = path
        self._version = f"{FORMAT} {moto.__version__}".encode()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._open()
        except (sqlite3.Error, OSError) as error:
            raise self.unreadable(error) from error

    def write(self, rows: Mapping[str, Data | None]) -> None:
        """Replace rows all at once; None removes one.

        Raises:
            StoreError: The disk is full or fails; the file is as it was.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for name, data in rows.items():
                    self._replace(name, data)
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"The emulated account can't be saved in {self.path} ({error}). Make room on that "
                "disk, and try again: what was saved before is kept."
            ) from error

    def names(self) -> list[str]:
        """Return the names of all rows."""
        return [name for (name,) in self._db.execute("SELECT DISTINCT name FROM account")]

    def read(self, name: str) -> bytes:
        """Return the data of a row, which is empty if there is no such row.

        Raises:
            StoreError: The data is damaged.
        """
        query = "SELECT crc, data FROM account WHERE name = ? ORDER BY part"
        parts = []
        try:
            for crc, data in self._db.execute(query, (name,)):
                if zlib.crc32(data) != crc:
                    raise self.unreadable(f"{name} has a wrong checksum")
                parts.append(data)
        except sqlite3.Error as error:
            raise self.unreadable(error) from error
        return b"".join(parts)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def unreadable(self, reason: object) -> StoreError:
        """Return the error for a file that cannot be used."""
        because = " ".join(str(reason).split())
        return StoreError(
            f"The emulated account in {self.path} can't be read ({because}). Put a copy of that "
            "file back, or delete it to begin with an empty account."
        )

    def _open(self) -> None:
        # The rollback journal undoes a change that a killed process had begun.
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = TRUNCATE")
        self._db.execute("PRAGMA synchronous = OFF")
        (verdict,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise self.unreadable(verdict)
        self._db.execute(_SCHEMA)
        written_by = self.read(VERSION)
        if not written_by:
            self.write({VERSION: self._version})
        elif written_by != self._version:
            raise self._other_version(written_by.decode())

    def _other_version(self, written_by: str) -> StoreError:
        format_, _, version = written_by.partition(" ")
        return StoreError(
            f"The emulated account in {self.path} was written with moto {version} (format "
            f"{format_}); this is moto {moto.__version__} (format {FORMAT}). Install that version "
            "again, or delete the file to begin with an empty account."
        )

    def _replace(self, name: str, data: Data | None) -> None:
        self._db.execute("DELETE FROM account WHERE name = ?", (name,))
        for number, part in enumerate(_parts(data) if data is not None else ()):
            row = (name, number, zlib.crc32(part), part)
            self._db.execute("INSERT INTO account VALUES (?, ?, ?, ?)", row)


def _parts(data: Data) -> Iterator[Data]:
    for start in range(0, len(data) or 1, _PART_BYTES):
        yield data[start : start + _PART_BYTES]
