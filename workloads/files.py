"""Atomic files, locks, checksums and directory listings.

The name of a temporary file begins with a dot, and listings leave out such files, so that a killed
workload leaves no file that could be mistaken for data.
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

from workloads.errors import MissingInputError
from workloads.summary import say

CHUNK_SIZE = 1024 * 1024
"""Number of bytes that are read or written at a time."""
REMOVED_SUFFIX = ".removed"
"""Suffix of the temporary name of a file or directory that is being removed."""
NO_LOCK_ERRNOS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""Error numbers of file systems without locks, such as Lustre mounted without `flock`."""


def is_temporary(name: str) -> bool:
    """Return True for the name of a temporary or partial file."""
    return name.startswith(".") or name.endswith((".partial", ".part"))


def require_directory(directory: Path) -> Path:
    """Return a directory that must exist.

    Raises:
        MissingInputError: The directory does not exist.
    """
    if directory.is_dir():
        return directory
    if directory.exists():
        raise MissingInputError(f"{directory} is a file; give a directory")
    raise MissingInputError(
        f"{directory}: there is no such directory. Mount the shared volume, and give the path "
        "below its mount point"
    )


def ensure_directory(directory: Path) -> Path:
    """Return a directory, and create it if it does not exist.

    Raises:
        MissingInputError: The directory cannot be created, usually because no volume is mounted.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MissingInputError(
            f"{directory} cannot be created ({error.strerror}). Mount the shared volume there, "
            "writable for this user"
        ) from error
    return directory


def list_files(directory: Path) -> list[Path]:
    """Return all finished files in a directory and its subdirectories, sorted by name.

    Raises:
        MissingInputError: The directory does not exist, or has no files.
    """
    require_directory(directory)
    found = []
    for parent, folders, names in os.walk(directory, onerror=_raise):
        folders[:] = sorted(name for name in folders if not is_temporary(name))
        found += [Path(parent, name) for name in sorted(names) if not is_temporary(name)]
    if not found:
        raise MissingInputError(
            f"{directory} holds no files. Put data there, or give the directory that has them"
        )
    return found


def _raise(error: OSError) -> None:
    raise error


def iter_chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the remaining bytes of a stream in chunks."""
    while piece := stream.read(CHUNK_SIZE):
        yield piece


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    digest = sha256()
    with path.open("rb") as stream:
        for piece in iter_chunks(stream):
            digest.update(piece)
    return digest.hexdigest()


@contextmanager
def name_in_errors(path: Path) -> Iterator[None]:
    """Add a path to errors of the operating system that name no file, such as for a full disk.

    Raises:
        OSError: The same error, with the path.
    """
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


@contextmanager
def atomic_write(target: Path) -> Iterator[BinaryIO]:
    """Open a stream whose bytes replace the target file when the block ends without an error.

    A second process that writes the same target waits for the first.
    """
    temporary = target.with_name(f".{target.name}.part")
    with name_in_errors(target), exclusive_file(temporary) as stream:
        try:
            stream.truncate(0)
            yield stream
            fsync(stream)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


@contextmanager
def exclusive_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for appending, with an exclusive lock until the block ends.

    On EFS and FSx for Lustre, the lock also holds between pods on different nodes. It ends with
    its process. File systems without locks give no protection.
    """
    while True:
        with path.open("ab") as stream:
            acquire_lock(stream, path)
            if is_same_file(stream, path):  # the last owner of the lock may have renamed it
                yield stream
                return


def acquire_lock(stream: BinaryIO, path: Path) -> None:
    """Lock an open file, and log if another process has it; do nothing without lock support."""
    try:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process that has locked {path}")
            fcntl.flock(stream, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in NO_LOCK_ERRNOS:
            raise


def is_same_file(stream: BinaryIO, path: Path) -> bool:
    """Return True if an open file is still the one at the path."""
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False


def fsync(stream: BinaryIO) -> None:
    """Flush a stream to disk, so that a following rename cannot come first."""
    stream.flush()
    os.fsync(stream.fileno())


def remove(path: Path) -> None:
    """Remove a file or directory, atomically for readers."""
    temporary = path.with_name(f".{path.name}{REMOVED_SUFFIX}")
    delete(temporary)
    try:
        path.rename(temporary)
    except FileNotFoundError:
        return
    delete(temporary)


def delete(path: Path) -> None:
    """Delete a temporary file or directory, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
