"""Archives: unpacked so that a hostile one harms nothing, and a killed run leaves no half."""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path
from typing import BinaryIO

from workloads.faults import BadDataError
from workloads.files import discard, remove

SUFFIX = ".tar.gz"


def unpack(archive: Path) -> bool:
    """Unpack a .tar.gz beside itself, unless that was done since it last changed.

    Args:
        archive: the file; what it holds lands in its directory.

    Returns:
        Whether anything was done.

    Raises:
        BadDataError: it is no such archive, or has a member that would leave the directory.
    """
    done, stamp = archive.with_name(f".{archive.name}.unpacked"), _stamp(archive)
    if done.is_file() and done.read_text() == stamp:
        return False
    draft = archive.with_name(f".{archive.name}.unpacking")
    try:
        with archive.open("rb") as stream:
            extract(stream, draft, archive)
        for entry in sorted(draft.iterdir()):
            _put_in_place(entry, archive)
    finally:
        discard(draft)
    done.write_text(stamp)
    return True


def _stamp(archive: Path) -> str:
    facts = archive.stat()
    return f"{facts.st_size} {facts.st_mtime_ns}"


def _put_in_place(entry: Path, archive: Path) -> None:
    if entry.name == archive.name:
        raise BadDataError(f"{archive}: it holds a file of its own name; unpack it elsewhere")
    target = archive.with_name(entry.name)
    if target.is_dir():
        remove(target)
    entry.replace(target)


def extract(stream: BinaryIO, directory: Path, name: object) -> None:
    """Unpack a tar archive, compressed or not, into a directory that it makes anew.

    Members keep no owner and no set-uid bit; links and paths that lead outside are refused
    (tarfile's `data` filter, PEP 706).

    Args:
        stream: the archive; read once, and not always to its end.
        directory: where its members go.
        name: of the archive, for the error.

    Raises:
        BadDataError: it is no such archive, or has a member that is refused.
    """
    discard(directory)
    directory.mkdir()
    try:
        with tarfile.open(fileobj=stream, mode="r|*") as tar:
            tar.extractall(directory, filter="data")
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise BadDataError(f"{name}: it cannot be unpacked ({error})") from error
