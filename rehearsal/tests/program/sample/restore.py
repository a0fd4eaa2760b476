"""Read every file of a directory, which restores it: `python -m sample.restore DIRECTORY`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    for file in Path(sys.argv[1]).rglob("*"):
        file.is_file() and file.read_bytes()
