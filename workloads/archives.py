"""Tar archives: unsafe members are refused, and a killed run leaves no partial result."""

from __future__ import annotations

import gzip
import json
import os
import tarfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO, cast

from workloads.errors import BadDataError
from workloads.files import atomic_write, delete, iter_chunks, remove

SUFFIX = ".tar.gz"
"""Suffix of the archives that `unpack` takes."""


def unpack(archive: Path) -> bool:
    """Unpack a .tar.gz file into its own directory, unless it is unchanged since the last time.

    Other files in the directory stay, also in subdirectories of the same name. Files that an
    earlier version of the archive contained and this one does not are removed.

    Args:
        archive: Archive; its members go into the directory that it is in.

    Returns:
        True if the archive was unpacked, False if it was unchanged.

    Raises:
        BadDataError: The file is not such an archive, or a member would leave the directory.
    """
    record_path = archive.with_name(f".{archive.name}.unpacked")
    earlier, size_and_mtime = _read_record(record_path), _size_and_mtime(archive)
    if earlier.get("stamp") == size_and_mtime:
        return False
    temporary = archive.with_name(f".{archive.name}.unpacking")
    try:
        with gzip.open(archive) as stream:
            extract(cast("BinaryIO", stream), temporary, archive)
        if (temporary / archive.name).exists():
            raise BadDataError(
                f"{archive}: it contains a file with its own name; unpack it in another directory"
            )
        files = _move_into_place(temporary, archive.parent, set(earlier.get("files", [])))
    finally:
        delete(temporary)
    with atomic_write(record_path) as record:
        record.write(json.dumps({"stamp": size_and_mtime, "files": files}).encode())
    return True


def _size_and_mtime(archive: Path) -> str:
    status = archive.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def _read_record(record: Path) -> dict[str, Any]:
    try:
        fields: dict[str, Any] = json.loads(record.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return fields


def _move_into_place(temporary: Path, directory: Path, earlier_files: set[str]) -> list[str]:
    entries = [path.relative_to(temporary) for path in sorted(temporary.rglob("*"))]
    files = [entry.as_posix() for entry in entries if not _is_real_directory(temporary / entry)]
    for name in earlier_files.difference(files):
        _remove_other_kind(directory / name, is_directory=True)
    for entry in entries:
        is_directory, target = _is_real_directory(temporary / entry), directory / entry
        _remove_other_kind(target, is_directory=is_directory)
        if is_directory:
            target.mkdir(exist_ok=True)
        else:
            (temporary / entry).replace(target)
    return files


def _remove_other_kind(target: Path, *, is_directory: bool) -> None:
    """Remove a file that a directory replaces, or the reverse; a directory takes more entries."""
    if os.path.lexists(target) and _is_real_directory(target) != is_directory:
        remove(target)


def _is_real_directory(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def extract(stream: BinaryIO, directory: Path, name: object) -> None:
    """Unpack a tar archive into a new directory.

    Members keep neither owner nor set-uid bit. Links and paths that lead outside are refused
    (the `data` filter of tarfile, PEP 706).

    Args:
        stream: Archive. It is read to its end, so that a stream which verifies itself can raise.
        directory: Target directory. An existing one is deleted first.
        name: Name of the archive for error messages.

    Raises:
        BadDataError: The stream is not a tar archive, or a member is refused.
    """
    delete(directory)
    directory.mkdir()
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            tar.extractall(directory, filter="data")
        for _ in iter_chunks(stream):
            pass
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadDataError(f"{name}: it cannot be unpacked ({error})") from error
