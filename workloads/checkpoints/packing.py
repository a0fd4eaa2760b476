"""A checkpoint as one stream of bytes, the same every time; a directory travels as a tar archive.

Nothing is written for it: the scratch directory may have no room for a second copy.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from workloads.faults import BadDataError
from workloads.files import chunks

Buffer = bytearray | memoryview


class ChangedError(Exception):
    """The bytes of a checkpoint are not those that its SHA-256 was made of."""


def pieces(path: Path) -> Iterator[bytes]:
    """The bytes of a checkpoint.

    Raises:
        FileNotFoundError: it has gone.
        ChangedError: a file of it grew or shrank while it was read.
        BadDataError: it holds what could not be restored: a device, or a link to outside.
    """
    if path.is_dir():
        yield from _archive(path)
    else:
        with path.open("rb") as stream:
            yield from chunks(stream)


def digest(path: Path) -> str:
    """The SHA-256 of a checkpoint's bytes, in hexadecimal digits."""
    total = sha256()
    for piece in pieces(path):
        total.update(piece)
    return total.hexdigest()


def checked(parts: Iterable[bytes], expected: str) -> Iterator[bytes]:
    """The same bytes; after the last, an error if they are not the expected ones.

    Raises:
        ChangedError: their SHA-256 is another.
    """
    total = sha256()
    for piece in parts:
        total.update(piece)
        yield piece
    if total.hexdigest() != expected:
        raise ChangedError(f"its SHA-256 is {total.hexdigest()}, not {expected}")


def as_stream(parts: Iterator[bytes]) -> io.BufferedReader:
    """A file object that can be read once, from the beginning to the end."""
    return io.BufferedReader(_Pieces(parts), buffer_size=1024 * 1024)


class _Pieces(io.RawIOBase):
    """An iterator of bytes as a raw stream."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:  # type: ignore[override]  # typeshed: any buffer
        while not self._left:
            try:
                self._left = next(self._parts)
            except StopIteration:
                return 0
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def _archive(directory: Path) -> Iterator[bytes]:
    """A directory as a tar archive, in which only names, contents and times matter."""
    with tarfile.open(fileobj=io.BytesIO(), mode="w") as headers:
        for path in sorted(directory.rglob("*")):
            info = headers.gettarinfo(path, path.relative_to(directory).as_posix())
            if info is None:  # a socket, which is no part of a checkpoint
                continue
            _check_restorable(info, directory)
            yield _plain(info).tobuf(tarfile.PAX_FORMAT)
            if info.isreg():
                yield from _content(path, info.size)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _check_restorable(info: tarfile.TarInfo, top: Path) -> None:
    """What `archives.extract` would refuse must not be taken for a safe copy."""
    try:
        tarfile.data_filter(info, str(top))
    except tarfile.FilterError as error:
        raise BadDataError(
            f"it could not be restored ({error}). Leave this out of checkpoints"
        ) from error


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """The same member, as it will be after it was unpacked elsewhere by somebody else."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mtime = int(info.mtime)
    info.mode = 0o755 if info.isdir() or info.mode & 0o100 else 0o644
    return info


def _content(path: Path, size: int) -> Iterator[bytes]:
    read = 0
    with path.open("rb") as stream:
        for piece in chunks(stream):
            read += len(piece)
            yield piece
    if read != size:
        raise ChangedError(f"{path.name} grew or shrank while it was read")
    yield bytes(-size % tarfile.BLOCKSIZE)


def settle_tree(top: Path) -> None:
    """Have a file, or a directory and all in it, on the disk."""
    for path in [*top.rglob("*"), top]:
        if path.is_symlink():
            continue
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
