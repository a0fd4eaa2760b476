"""The SHA-256 of a file, computed once for as long as the file stays as it is.

Digests are in the user's cache directory (XDG_CACHE_HOME, else ~/.cache), in a JSON file for each
path. It counts only for the very file that was read: the same device and inode,
size, and times of modification and of change, the last of which no program can set. A cache that
is damaged, somebody else's or not to be written is as good as none.
"""

import hashlib
import json
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

FOLDER = "eks-ml-storage/sha256"
MIN_AGE_NS = 2_000_000_000
"""A file that was changed less than 2 seconds ago may change again within the same tick of its
file system's clock, and is not remembered."""


def sha256_of(path: str | Path) -> str:
    """Return the SHA-256 of a file's content, 64 hexadecimal digits, read in small parts.

    Raises:
        OSError: The file is not there or not to be read.
    """
    file = Path(path).absolute()
    before = _metadata(file)
    known = _read_cache(file)
    if known is not None and known.get("facts") == before:
        return str(known["sha256"])
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if _metadata(file) == before and time.time_ns() - max(before[-2:]) > MIN_AGE_NS:
        _write_cache(file, {"facts": before, "sha256": found})
    return found


def cache_folder() -> Path | None:
    """Return the folder of the cache; None for a user without a home."""
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / FOLDER
    try:
        return Path.home() / ".cache" / FOLDER
    except RuntimeError:
        return None


def _metadata(file: Path) -> list[int]:
    stat = file.stat()
    return [stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]


def _cache_file(file: Path) -> Path | None:
    folder = cache_folder()
    name = hashlib.sha256(os.fsencode(file)).hexdigest()
    return folder / f"{name}.json" if folder else None


def _read_cache(file: Path) -> dict[str, object] | None:
    entry = _cache_file(file)
    try:
        if entry is None or not _is_trusted(entry):
            return None
        text, _, seal = entry.read_text().partition("\n")
        known = json.loads(text) if seal == _checksum(text) else None
    except (OSError, ValueError):
        return None
    return known if isinstance(known, dict) else None


def _write_cache(file: Path, known: dict[str, object]) -> None:
    entry = _cache_file(file)
    if entry is None:
        return
    text = json.dumps({"path": str(file), **known})
    with suppress(OSError):
        entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=entry.parent)
        with os.fdopen(handle, "w") as stream:
            stream.write(f"{text}\n{_checksum(text)}")
        Path(draft).replace(entry)


def _is_trusted(entry: Path) -> bool:
    if not hasattr(os, "getuid"):  # Windows: a user's folders are the user's
        return True
    return all(
        stat.st_uid == os.getuid() and not stat.st_mode & 0o022
        for stat in (entry.stat(), entry.parent.stat())
    )


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
