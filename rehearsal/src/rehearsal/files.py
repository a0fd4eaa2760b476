"""Files that a person writes: read with an error that names the file and the line."""

from __future__ import annotations

import os
from pathlib import Path

from rehearsal.paths import RehearsalError


def read_text(file: Path) -> str:
    """Return the text of a file.

    Raises:
        RehearsalError: The file cannot be read, or is not UTF-8.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise RehearsalError(f"{file} can't be read: {error.strerror}.") from error
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"byte {content[error.start]:#x} is not UTF-8. Save the file as UTF-8"
        raise fault(file, line, found) from error


def fault(file: Path, line: int, words: str) -> RehearsalError:
    """Return the error about one line of a file."""
    return RehearsalError(f"{file}, line {line}: {words}.")


def write_text(file: Path, text: str) -> None:
    """Write a file so that nobody ever sees a part of it, not even after a kill or a full disk."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_text(text)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
