"""One directory that shows a prefix of a bucket, and its comparison with the bucket."""

from __future__ import annotations

import json
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from botocore.exceptions import ClientError

from rehearsal.mountpoint.bucket import Prefix, Stored, visible
from rehearsal.mountpoint.options import Options
from rehearsal.mountpoint.writers import being_written

LOOK_SECONDS = 1.0
"""Time between two listings of the bucket where metadata is not kept longer."""


class Shown(NamedTuple):
    """A file as it was when it was last the same as its object."""

    etag: str
    size: int
    mtime_ns: int
    inode: int

    def is_file(self, found: os.stat_result) -> bool:
        """Return whether a file is still the one that was shown."""
        return (self.size, self.mtime_ns, self.inode) == (
            found.st_size,
            found.st_mtime_ns,
            found.st_ino,
        )


class Mirror:
    """A directory that shows the objects below a prefix.

    Args:
        root: Folder of its own; the directory is `files` in it.
        prefix: The objects.
        options: Options of the mount.
        report: Function that is told of each operation that Mountpoint refuses.
    """

    def __init__(
        self, root: Path, prefix: Prefix, options: Options, report: Callable[[str], None]
    ) -> None:
        self.files = root / "files"
        self._incoming, self._record = root / "incoming", root / "shown.json"
        self._prefix, self._options, self._report = prefix, options, report
        self._lock = threading.RLock()
        self._listed_at = -LOOK_SECONDS
        self._unreadable: set[tuple[str, str]] = set()
        self.files.mkdir(parents=True, exist_ok=True)
        self._incoming.mkdir(exist_ok=True)
        self._shown: dict[str, Shown] = {}
        self._folders: set[str] = set()
        if self._record.exists():
            known = json.loads(self._record.read_text())
            self._shown = {key: Shown(*values) for key, values in known["files"].items()}
            self._folders = set(known["folders"])

    def mount(self) -> None:
        """Show the objects for the first time.

        Raises:
            ClientError: S3 refuses the listing.
        """
        self._prefix.check()
        self.look()

    def work(self) -> None:
        """Store the files that were closed, and show new objects when it is time to."""
        self.store()
        longest = max(LOOK_SECONDS, self._options.metadata_seconds)
        if time.monotonic() - self._listed_at >= longest:
            self.look()

    def look(self) -> None:
        """Show the objects that the bucket has now, and hide those that it has no longer."""
        with self._lock:
            self._listed_at = time.monotonic()
            files, folders = visible(self._prefix.list())
            for key in self._shown.keys() - files.keys():
                self._hide(key)
            for folder in folders:
                (self.files / folder).mkdir(parents=True, exist_ok=True)
            self._prune(self._folders - folders)
            self._folders = folders
            for key, stored in files.items():
                known = self._shown.get(key)
                if known is None or known.etag != stored.etag:
                    self._try_to_show(key, stored)
            self._write()

    def store(self) -> None:
        """Store new files that no program writes to; undo what Mountpoint refuses."""
        with self._lock:
            found = self._found()
            new = found.keys() - self._shown.keys()
            gone = self._shown.keys() - found.keys()
            changed = {
                key
                for key in found.keys() & self._shown.keys()
                if not self._shown[key].is_file(found[key])
            }
            if not new | gone | changed:
                return
            moved = self._undo_renames({key: found[key].st_ino for key in new}, gone)
            self._delete(gone - moved)
            written = being_written(self.files)
            settled = {
                key
                for key in (new - moved) | changed
                if (self.files / key).exists() and str((self.files / key).resolve()) not in written
            }
            for key in sorted(settled):
                self._put(key, overwrites=key in changed)
            self._write()

    def _found(self) -> dict[str, os.stat_result]:
        """Return the regular files; remove what S3 has nothing like."""
        found = {}
        for base, folders, names in os.walk(self.files):
            for name in [*names, *(one for one in folders if Path(base, one).is_symlink())]:
                path = Path(base, name)
                key = path.relative_to(self.files).as_posix()
                try:
                    status = path.lstat()
                except OSError:
                    continue
                if stat.S_ISREG(status.st_mode) and (status.st_nlink == 1 or key in self._shown):
                    found[key] = status
                else:
                    self._refuse("link", key)
                    path.unlink(missing_ok=True)
        return found

    def _undo_renames(self, new: dict[str, int], gone: Iterable[str]) -> set[str]:
        inodes = {self._shown[key].inode: key for key in gone}
        undone = set()
        for key, inode in new.items():
            if (old := inodes.get(inode)) is not None:
                (self.files / old).parent.mkdir(parents=True, exist_ok=True)
                (self.files / key).rename(self.files / old)
                self._refuse("rename", old)
                undone |= {key, old}
        return undone

    def _delete(self, keys: Iterable[str]) -> None:
        for key in sorted(keys):
            if self._options.read_only or not self._options.allow_delete:
                self._refuse("unlink", key, "" if self._options.read_only else "--allow-delete")
                self._bring_back(key)
                continue
            try:
                self._prefix.delete(key)
            except ClientError as error:
                self._failed("unlink", key, error)
                self._bring_back(key)
            else:
                del self._shown[key]
                self._prune(self._without_objects())

    def _put(self, key: str, *, overwrites: bool) -> None:
        path = self.files / key
        if self._options.read_only or (overwrites and not self._options.allow_overwrite):
            self._refuse("open", key, "" if self._options.read_only else "--allow-overwrite")
            self._undo(key)
            return
        try:
            stored = self._prefix.put(key, path)
        except ClientError as error:
            self._failed("close", key, error)
            self._undo(key)
            return
        self._remember(key, stored.etag)
        parts = key.split("/")
        self._folders |= {"/".join(parts[:length]) for length in range(1, len(parts))}

    def _undo(self, key: str) -> None:
        if key in self._shown:
            self._bring_back(key)
        else:
            (self.files / key).unlink(missing_ok=True)

    def _bring_back(self, key: str) -> None:
        """Show an object again, unless the bucket does not have it any more."""
        shown = self._shown.pop(key)
        (self.files / key).unlink(missing_ok=True)
        self._try_to_show(key, Stored(shown.etag, shown.size, shown.mtime_ns / 1e9))

    def _try_to_show(self, key: str, stored: Stored) -> None:
        try:
            self._show(key, stored)
        except ClientError as error:
            if (key, stored.etag) not in self._unreadable:  # told once, not every second
                self._unreadable.add((key, stored.etag))
                self._report(f"read {key}: Input/output error: {_cause(error)}")

    def _show(self, key: str, stored: Stored) -> None:
        path, incoming = self.files / key, self._incoming / "object"
        if path.is_file() and key not in self._shown:
            return  # a program writes a file of that name; it is stored first
        self._prefix.get(key, incoming)
        os.utime(incoming, (stored.modified, stored.modified))
        path.parent.mkdir(parents=True, exist_ok=True)
        incoming.replace(path)
        self._remember(key, stored.etag)

    def _hide(self, key: str) -> None:
        path, shown = self.files / key, self._shown.pop(key)
        if path.is_file() and shown.is_file(path.lstat()):
            path.unlink()

    def _remember(self, key: str, etag: str) -> None:
        status = (self.files / key).lstat()
        self._shown[key] = Shown(etag, status.st_size, status.st_mtime_ns, status.st_ino)

    def _without_objects(self) -> set[str]:
        return {
            one
            for one in self._folders
            if not any(key.startswith(f"{one}/") for key in self._shown)
        }

    def _prune(self, folders: Iterable[str]) -> None:
        """Remove the directories of objects that are gone, as Mountpoint shows none of them."""
        for folder in sorted(folders, key=len, reverse=True):
            path = self.files / folder
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
            self._folders.discard(folder)

    def _write(self) -> None:
        content = {"files": self._shown, "folders": sorted(self._folders)}
        draft = self._record.with_suffix(".new")
        draft.write_text(json.dumps(content))
        draft.replace(self._record)

    def _refuse(self, operation: str, key: str, flag: str = "") -> None:
        why = (
            f"the mount has no {flag}" if flag else "Mountpoint for Amazon S3 has no such operation"
        )
        if self._options.read_only:
            why = "the mount is read-only"
        self._report(f"{operation} {key}: Operation not permitted: {why}. It was undone")

    def _failed(self, operation: str, key: str, error: ClientError) -> None:
        self._report(f"{operation} {key}: Input/output error: {_cause(error)}. It was undone")


def _cause(error: ClientError) -> str:
    said = error.response.get("Error", {})
    return f"{said.get('Code', '')}: {said.get('Message', '')}"


def remove(root: Path) -> None:
    """Delete the folder of a directory that nothing mounts any more."""
    shutil.rmtree(root, ignore_errors=True)
