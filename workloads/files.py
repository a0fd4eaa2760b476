"""Files that are whole or not there: drafts, checksums, and what a directory holds.

A draft's name begins with a dot. Nothing that reads a directory here sees drafts, so a workload
that was killed leaves nothing that could be taken for data.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from workloads.faults import MissingInputError
from workloads.summary import say

CHUNK = 1024 * 1024
"""Bytes read or written at once."""
REMOVED = ".removed"
"""End of the name of what is being removed."""
LOCKLESS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What file systems say that have no locks, as Lustre mounted without `flock`."""


def is_draft(name: str) -> bool:
    """Whether a name is that of something unfinished."""
    return name.startswith(".") or name.endswith((".partial", ".part"))


def existing_directory(directory: Path) -> Path:
    """A directory that must be there.

    Raises:
        MissingInputError: it is not.
    """
    if directory.is_dir():
        return directory
    if directory.exists():
        raise MissingInputError(f"{directory} is a file; name a directory")
    raise MissingInputError(
        f"{directory}: there is no such directory. Mount the shared volume, and give the path "
        "below its mount point"
    )


def writable_directory(directory: Path) -> Path:
    """A directory to write into, made where it is missing.

    Raises:
        MissingInputError: it cannot be made: most often, no volume is mounted there.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MissingInputError(
            f"{directory} cannot be made ({error.strerror}). Mount the shared volume there, "
            "writable for this user"
        ) from error
    return directory


def files_below(directory: Path) -> list[Path]:
    """The finished files of a directory and of those below it, by name.

    Raises:
        MissingInputError: there is no such directory, or it holds no file.
    """
    existing_directory(directory)
    found = []
    for parent, folders, names in os.walk(directory, onerror=_raise):
        folders[:] = sorted(name for name in folders if not is_draft(name))
        found += [Path(parent, name) for name in sorted(names) if not is_draft(name)]
    if not found:
        raise MissingInputError(
            f"{directory} holds no files. Put data there, or give the directory that has them"
        )
    return found


def _raise(error: OSError) -> None:
    raise error


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """What is left of a stream, a piece at a time."""
    while piece := stream.read(CHUNK):
        yield piece


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    digest = sha256()
    with path.open("rb") as stream:
        for piece in chunks(stream):
            digest.update(piece)
    return digest.hexdigest()


@contextmanager
def about(path: Path) -> Iterator[None]:
    """An error of the system in the block that names no file, as that of a full disk, is of this.

    Raises:
        OSError: the same, with the path.
    """
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


@contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """A stream whose bytes become the target when the block ends well; until then, nothing does.

    Where two processes write the same target, one waits for the other.
    """
    draft = target.with_name(f".{target.name}.part")
    with about(target), alone(draft) as stream:
        try:
            stream.truncate(0)
            yield stream
            settle(stream)
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


@contextmanager
def alone(path: Path) -> Iterator[BinaryIO]:
    """A file, made where it is missing, to append to; nobody else is in such a block with it.

    The lock ends with its process, also on EFS and FSx for Lustre, where pods of other nodes see
    it. A file system without locks does not protect.
    """
    while True:
        with path.open("ab") as stream:
            lock(stream, path)
            if is_at(stream, path):  # whoever had the lock before may have renamed the file
                yield stream
                return


def lock(stream: BinaryIO, path: Path) -> None:
    """Lock an open file, if its file system can; say so when another process has to end first."""
    try:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process that writes {path}")
            fcntl.flock(stream, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in LOCKLESS:
            raise


def is_at(stream: BinaryIO, path: Path) -> bool:
    """Whether an open file is still the one of that path."""
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False


def settle(stream: BinaryIO) -> None:
    """Have the bytes on the disk, so that a rename never overtakes them."""
    stream.flush()
    os.fsync(stream.fileno())


def remove(path: Path) -> None:
    """Remove a file, or a directory and all in it; nothing ever sees half of it left."""
    doomed = path.with_name(f".{path.name}{REMOVED}")
    discard(doomed)
    try:
        path.rename(doomed)
    except FileNotFoundError:
        return
    discard(doomed)


def discard(draft: Path) -> None:
    """Remove what nobody reads: a draft, a file or a directory, where it is there."""
    if draft.is_dir() and not draft.is_symlink():
        shutil.rmtree(draft)
    else:
        draft.unlink(missing_ok=True)
