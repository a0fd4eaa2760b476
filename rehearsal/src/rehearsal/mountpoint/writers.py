"""Files that a program still has open for writing, from Linux's /proc."""

from __future__ import annotations

import os
import time
from pathlib import Path

PROC = Path("/proc")
SETTLED_SECONDS = 1.0
"""Age of a file that counts as closed where there is no /proc to ask."""


def being_written(folder: Path) -> set[str]:
    """Return the paths below a folder that a process of this user has open for writing."""
    if not (PROC / "self" / "fd").exists():
        return _recent(folder)
    start, found = f"{folder.resolve()}/", set()
    for process in PROC.iterdir():
        if process.name.isdecimal():
            found |= _of_process(process, start)
    return found


def _of_process(process: Path, start: str) -> set[str]:
    found = set()
    try:
        for one in (process / "fd").iterdir():
            path = str(one.readlink())
            if path.startswith(start) and _writes(process / "fdinfo" / one.name):
                found.add(path.removesuffix(" (deleted)"))
    except OSError:  # it ended meanwhile, or is of another user
        pass
    return found


def _writes(information: Path) -> bool:
    for line in information.read_text().splitlines():
        if line.startswith("flags:"):
            return bool(int(line.split()[1], 8) & (os.O_WRONLY | os.O_RDWR))
    return False


def _recent(folder: Path) -> set[str]:
    newest = time.time() - SETTLED_SECONDS
    files = (Path(base, name) for base, _, names in os.walk(folder) for name in names)
    return {str(one.resolve()) for one in files if one.lstat().st_mtime > newest}
