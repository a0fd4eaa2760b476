"""Where one file system's files are, and what is kept beside them.

ID/              what programs see
.state/ID/       its index, drafts and locks
.state/ID.lock   held while names are imported, and while all of it is removed
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from zlib import crc32

from rehearsal.file_systems import locks
from rehearsal.file_systems.index import Index
from rehearsal.file_systems.stamps import Entry, State

STATE = ".state"
_LOCKS = 64


@dataclass(frozen=True)
class Store:
    """The files of one file system."""

    root: Path
    """The folder of all file systems, World.file_systems."""
    system_id: str

    @classmethod
    def around(cls, path: Path) -> tuple[Store, str] | None:
        """The linked file system that an absolute path is in, and the path within it."""
        for folder in (path, *path.parents):
            if (folder.parent / STATE / folder.name / "index").exists():
                return cls(folder.parent, folder.name), str(path.relative_to(folder))
        return None

    @property
    def folder(self) -> Path:
        """What programs see."""
        return self.root / self.system_id

    @property
    def state(self) -> Path:
        """What they don't."""
        return self.root / STATE / self.system_id

    @cached_property
    def index(self) -> Index:
        """What is known of the files."""
        return Index(self.state / "index")

    @property
    def exists(self) -> bool:
        """Whether the file system has been looked at, and is not removed."""
        return self.state.is_dir()

    def create(self) -> None:
        """Makes the folders and the index. The caller has the file system to itself.

        What was known of a folder that somebody removed is forgotten: its files were not deleted
        one by one by programs.
        """
        if not self.folder.exists():
            shutil.rmtree(self.state, ignore_errors=True)
        for folder in (self.folder, self.state / "drafts", self.state / "locks"):
            folder.mkdir(parents=True, exist_ok=True)
        self.index.create()

    def remove(self) -> None:
        """Removes everything of the file system."""
        with self.alone():
            shutil.rmtree(self.state, ignore_errors=True)
            shutil.rmtree(self.folder, ignore_errors=True)
            self._lock.unlink(missing_ok=True)

    def alone(self) -> AbstractContextManager[None]:
        """Has the file system to oneself: nobody else imports, releases or removes."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        return locks.held(self._lock)

    @contextmanager
    def placing(self, path: str) -> Iterator[Path]:
        """Has one file to oneself; gives a draft to be renamed to it, which is not there yet.

        What a kill left there goes. Others wait who place a file of the same lock.
        """
        number = f"{crc32(path.encode()) % _LOCKS:02}"
        with locks.held(self.state / "locks" / number):
            draft = self.draft(path)
            draft.unlink(missing_ok=True)
            yield draft

    def draft(self, path: str) -> Path:
        """Where a file is made before it is placed."""
        return self.state / "drafts" / f"{crc32(path.encode()) % _LOCKS:02}"

    def files(self, subpath: str) -> Iterator[tuple[str, os.stat_result]]:
        """The regular files at or under a subpath, by path in the file system, as they are now."""
        top = self.folder / subpath
        below = (Path(folder, name) for folder, _, names in os.walk(top) for name in names)
        for file in itertools.chain([top], below):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                if stat.S_ISREG((found := file.lstat()).st_mode):
                    yield str(file.relative_to(self.folder)), found

    def released(self, subpath: str) -> Iterator[Entry]:
        """The released files under a subpath, wherever programs have moved them."""
        known = {one.hollow.inode: one for one in self.index.entries(released=True) if one.hollow}
        own = {one.path: one for one in self.index.entries()} if known else {}
        for path, found in self.files(subpath) if known else ():
            entry = own.get(path)
            if entry is None or entry.state(found) & State.DIRTY:
                # Not by an inode first: its number may have been that of a file that is gone.
                entry = known.get(found.st_ino)
            if entry and entry.is_released(found):
                yield self._found(entry, path)

    def entry(self, path: str) -> Entry | None:
        """What is known of a file, also if a program has moved it while it was released."""
        entry = self.index.entry(path)
        found = (self.folder / path).lstat()
        if found.st_blocks or (entry and not entry.state(found) & State.DIRTY):
            return entry
        moved = (one for one in self.index.entries(released=True) if one.is_released(found))
        here = next(moved, None)
        return self._found(here, path) if here else entry

    def _found(self, entry: Entry, path: str) -> Entry:
        if entry.path == path:
            return entry
        self.index.move(entry.path, path)
        return replace(entry, path=path)

    @property
    def _lock(self) -> Path:
        return self.root / STATE / f"{self.system_id}.lock"


def is_released(file: Path) -> bool:
    """Whether a file, in whichever file system or in none, is one without its bytes."""
    found = Store.around(file.resolve())
    if found is None:
        return False
    store, path = found
    entry = store.entry(path)
    return entry is not None and entry.is_released(file.stat())


def covers(folder: str, path: str) -> bool:
    """Whether a path is at or under a folder; the empty one is the root."""
    return not folder or path == folder or path.startswith(f"{folder}/")
