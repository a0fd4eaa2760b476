"""Conversion of a checkpoint to a reproducible stream of bytes; a directory becomes a tar archive.

No file is written, because the local directory may have no space for a second copy.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from workloads.errors import BadDataError
from workloads.files import iter_chunks

Buffer = bytearray | memoryview


class CheckpointChangedError(Exception):
    """Error for a checkpoint whose bytes do not match its SHA-256."""


def read_chunks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a checkpoint.

    Raises:
        FileNotFoundError: The checkpoint does not exist any more.
        CheckpointChangedError: The size of a file changed during the read.
        BadDataError: The checkpoint contains a device or a link that leads outside of it, which
            could not be restored.
    """
    if path.is_dir():
        yield from _tar_chunks(path)
    else:
        with path.open("rb") as stream:
            yield from iter_chunks(stream)


def digest(path: Path) -> str:
    """Return the SHA-256 of a checkpoint's bytes in hexadecimal digits."""
    total = sha256()
    for piece in read_chunks(path):
        total.update(piece)
    return total.hexdigest()


def verify_digest(parts: Iterable[bytes], expected: str) -> Iterator[bytes]:
    """Yield the given bytes, and verify their SHA-256 after the last one.

    Raises:
        CheckpointChangedError: The SHA-256 is not the expected one.
    """
    total = sha256()
    for piece in parts:
        total.update(piece)
        yield piece
    if total.hexdigest() != expected:
        raise CheckpointChangedError(f"its SHA-256 is {total.hexdigest()}, not {expected}")


def as_stream(parts: Iterator[bytes]) -> io.BufferedReader:
    """Return a file object that reads the given bytes once, from beginning to end."""
    return io.BufferedReader(_IteratorStream(parts), buffer_size=1024 * 1024)


class _IteratorStream(io.RawIOBase):
    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:  # type: ignore[override]  # typeshed: any buffer
        while not self._rest:
            try:
                self._rest = next(self._parts)
            except StopIteration:
                return 0
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def _tar_chunks(directory: Path) -> Iterator[bytes]:
    with tarfile.open(fileobj=io.BytesIO(), mode="w") as headers:
        for path in sorted(directory.rglob("*")):
            info = headers.gettarinfo(path, path.relative_to(directory).as_posix())
            if info is None:  # a socket, which does not belong to a checkpoint
                continue
            _check_restorable(info, directory)
            yield _normalized(info).tobuf(tarfile.PAX_FORMAT)
            if info.isreg():
                yield from _file_chunks(path, info.size)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _check_restorable(info: tarfile.TarInfo, top: Path) -> None:
    """Refuse a member that `archives.extract` would refuse when the checkpoint is restored."""
    try:
        tarfile.data_filter(info, str(top))
    except tarfile.FilterError as error:
        raise BadDataError(
            f"it could not be restored ({error}). Leave this out of checkpoints"
        ) from error


def _normalized(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Remove owner and exact mode, so that a restored checkpoint has the same digest."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mtime = int(info.mtime)
    info.mode = 0o755 if info.isdir() or info.mode & 0o100 else 0o644
    return info


def _file_chunks(path: Path, size: int) -> Iterator[bytes]:
    read = 0
    with path.open("rb") as stream:
        for piece in iter_chunks(stream):
            read += len(piece)
            yield piece
    if read != size:
        raise CheckpointChangedError(f"{path.name} grew or shrank while it was read")
    yield bytes(-size % tarfile.BLOCKSIZE)


def fsync_tree(top: Path) -> None:
    """Flush a file, or a directory and all files in it, to disk."""
    for path in [*top.rglob("*"), top]:
        if path.is_symlink():
            continue
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
