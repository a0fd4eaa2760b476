"""Folders of one file system and the files that are stored beside them.

ID/              the files that programs see
.state/ID/       its index, drafts and locks
.state/ID.lock   lock for imports and for the removal of the file system
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
from rehearsal.file_systems.mtimes import Entry, State
from rehearsal.paths import STATE

_LOCKS = 64


@dataclass(frozen=True)
class Store:
    """Files of one file system."""

    root: Path
    """Folder of all file systems, Environment.file_systems."""
    system_id: str

    @classmethod
    def around(cls, path: Path) -> tuple[Store, str] | None:
        """Return the linked file system that contains an absolute path, and the path within it.

        The result is None outside such a file system.
        """
        for folder in (path, *path.parents):
            if (folder.parent / STATE / folder.name / "index").exists():
                return cls(folder.parent, folder.name), str(path.relative_to(folder))
        return None

    @property
    def folder(self) -> Path:
        """Folder that programs see."""
        return self.root / self.system_id

    @property
    def state(self) -> Path:
        """Folder that programs do not see."""
        return self.root / STATE / self.system_id

    @cached_property
    def index(self) -> Index:
        """Index of the files."""
        return Index(self.state / "index")

    @property
    def exists(self) -> bool:
        """True if the file system was imported at least once and is not removed."""
        return self.state.is_dir()

    def create(self) -> None:
        """Create the folders and the index; the caller must hold the lock `alone`.

        If somebody has removed the folder, its index is discarded, so that its files do not count
        as deleted one by one by programs.
        """
        if not self.folder.exists():
            shutil.rmtree(self.state, ignore_errors=True)
        for folder in (self.folder, self.state / "drafts", self.state / "locks"):
            folder.mkdir(parents=True, exist_ok=True)
        self.index.create()

    def remove(self) -> None:
        """Remove everything of the file system."""
        with self.alone():
            shutil.rmtree(self.state, ignore_errors=True)
            shutil.rmtree(self.folder, ignore_errors=True)
            self._lock.unlink(missing_ok=True)

    def alone(self) -> AbstractContextManager[None]:
        """Hold the file system's exclusive lock for an import, a release or a removal."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        return locks.held(self._lock)

    @contextmanager
    def placing(self, path: str) -> Iterator[Path]:
        """Lock one file, and yield the path of a draft that the caller renames to it.

        A draft that a killed process left is deleted. Files that share a lock wait for each other.
        """
        number = f"{crc32(path.encode()) % _LOCKS:02}"
        with locks.held(self.state / "locks" / number):
            draft = self.draft(path)
            draft.unlink(missing_ok=True)
            yield draft

    def draft(self, path: str) -> Path:
        """Return the path at which a file is written before it is renamed into the folder."""
        return self.state / "drafts" / f"{crc32(path.encode()) % _LOCKS:02}"

    def files(self, subpath: str) -> Iterator[tuple[str, os.stat_result]]:
        """Yield the regular files at or under a subpath: path in the file system, and status."""
        top = self.folder / subpath
        below = (Path(folder, name) for folder, _, names in os.walk(top) for name in names)
        for file in itertools.chain([top], below):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                if stat.S_ISREG((found := file.lstat()).st_mode):
                    yield str(file.relative_to(self.folder)), found

    def released(self, subpath: str) -> Iterator[Entry]:
        """Yield the released files under a subpath, even if programs have renamed them."""
        known = {one.hollow.inode: one for one in self.index.entries(released=True) if one.hollow}
        own = {one.path: one for one in self.index.entries()} if known else {}
        for path, found in self.files(subpath) if known else ():
            entry = own.get(path)
            if entry is None or entry.state(found) & State.DIRTY:
                # The path comes first, because the inode number of a deleted file is reused.
                entry = known.get(found.st_ino)
            if entry and entry.is_released(found):
                yield self._found(entry, path)

    def entry(self, path: str) -> Entry | None:
        """Return the entry of a file, even if a program has renamed it while it was released."""
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
    """Return whether a file, in any file system or in none, is released."""
    found = Store.around(file.resolve())
    if found is None:
        return False
    store, path = found
    entry = store.entry(path)
    return entry is not None and entry.is_released(file.stat())


def covers(folder: str, path: str) -> bool:
    """Return whether a path is at or under a folder; the empty folder is the root."""
    return not folder or path == folder or path.startswith(f"{folder}/")
