"""Archives: unpacked so that a hostile one harms nothing, and a killed run leaves no half."""

from __future__ import annotations

import gzip
import json
import os
import tarfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO, cast

from workloads.faults import BadDataError
from workloads.files import chunks, discard, remove, whole_file

SUFFIX = ".tar.gz"


def unpack(archive: Path) -> bool:
    """Unpack a .tar.gz beside itself, unless that was done since it last changed.

    What else is there stays, also in directories of the same name; what an earlier version of the
    archive had and this one has not is removed.

    Args:
        archive: the file; what it holds lands in its directory.

    Returns:
        Whether anything was done.

    Raises:
        BadDataError: it is no such archive, or has a member that would leave the directory.
    """
    done, stamp = archive.with_name(f".{archive.name}.unpacked"), _stamp(archive)
    earlier = _kept(done)
    if earlier.get("stamp") == stamp:
        return False
    draft = archive.with_name(f".{archive.name}.unpacking")
    try:
        with gzip.open(archive) as stream:
            extract(cast("BinaryIO", stream), draft, archive)
        if (draft / archive.name).exists():
            raise BadDataError(f"{archive}: it holds a file of its own name; unpack it elsewhere")
        files = _put_in_place(draft, archive.parent, set(earlier.get("files", [])))
    finally:
        discard(draft)
    with whole_file(done) as record:
        record.write(json.dumps({"stamp": stamp, "files": files}).encode())
    return True


def _stamp(archive: Path) -> str:
    facts = archive.stat()
    return f"{facts.st_size} {facts.st_mtime_ns}"


def _kept(record: Path) -> dict[str, Any]:
    """What was written when the archive was last unpacked; nothing where it never was."""
    try:
        facts: dict[str, Any] = json.loads(record.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return facts


def _put_in_place(draft: Path, directory: Path, earlier: set[str]) -> list[str]:
    """Move all files of the draft to the directory; return their names, and remove earlier ones."""
    entries = [path.relative_to(draft) for path in sorted(draft.rglob("*"))]
    files = [entry.as_posix() for entry in entries if not _is_folder(draft / entry)]
    for name in earlier.difference(files):
        _clear(directory / name, for_folder=True)
    for entry in entries:
        folder, target = _is_folder(draft / entry), directory / entry
        _clear(target, for_folder=folder)
        if folder:
            target.mkdir(exist_ok=True)
        else:
            (draft / entry).replace(target)
    return files


def _clear(target: Path, *, for_folder: bool) -> None:
    """Remove what is there, unless what comes can take its place: a directory is added to."""
    if os.path.lexists(target) and _is_folder(target) != for_folder:
        remove(target)


def _is_folder(path: Path) -> bool:
    """Whether a path is a directory, and no link to one that may lie elsewhere."""
    return path.is_dir() and not path.is_symlink()


def extract(stream: BinaryIO, directory: Path, name: object) -> None:
    """Unpack a tar archive into a directory that it makes anew.

    Members keep no owner and no set-uid bit; links and paths that lead outside are refused
    (tarfile's `data` filter, PEP 706).

    Args:
        stream: the archive; read once and to its end, where what verifies it would raise.
        directory: where its members go.
        name: of the archive, for the error.

    Raises:
        BadDataError: it is no such archive, or has a member that is refused.
    """
    discard(directory)
    directory.mkdir()
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            tar.extractall(directory, filter="data")
        for _ in chunks(stream):
            pass
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadDataError(f"{name}: it cannot be unpacked ({error})") from error
