"""Folders and files that other users of the machine cannot open."""

from __future__ import annotations

import os
from pathlib import Path

UMASK = 0o077
"""Mode bits that no file and folder of a rehearsal has: all those of other users."""


def close_to_others(folder: Path) -> Path:
    """Create a folder of mode 0700, or set the mode of an existing one; return it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_mode & UMASK:
        folder.chmod(0o700)
    return folder


def write_secret(file: Path, text: str) -> None:
    """Replace a file atomically by one of mode 0600."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)
