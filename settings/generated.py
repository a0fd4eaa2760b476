"""Files that are generated from the models: written by `make schema`, compared by `make check`."""

from __future__ import annotations

import sys
from pathlib import Path


def write_or_check(file: Path, text: str, module: str, arguments: list[str]) -> int:
    """Write a generated file, or with --check compare it; return the exit code.

    Args:
        file: The generated file.
        text: Its content as it should be now.
        module: The module that generates it, for the message.
        arguments: The command line.
    """
    if "--check" not in arguments:
        file.write_text(text, encoding="utf-8")
        return 0
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return 0
    print(f"{file.name} is out of date: run `python -m {module}`", file=sys.stderr)
    return 1
