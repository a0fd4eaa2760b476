"""Copy a file into a directory: `python -m sample.copy FILE DIRECTORY`."""

import shutil
import sys
from pathlib import Path

MISSING_INPUT = 3
"""Exit code for a file that does not exist."""


def main(source: str, directory: str) -> int:
    """Copy the file and return the exit code."""
    if not Path(source).exists():
        print(f"error: {source}: there is no such file", file=sys.stderr)
        return MISSING_INPUT
    Path(directory).mkdir(parents=True, exist_ok=True)
    shutil.copy(source, directory)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
