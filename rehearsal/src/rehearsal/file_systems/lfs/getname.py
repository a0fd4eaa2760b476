"""Subcommand `getname`, which prints the name of the file system of a path."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from rehearsal.file_systems.lfs.hsm import UsageError, located
from rehearsal.file_systems.store import Store


def getname(_name: str, arguments: Sequence[str]) -> int:
    """Print the instance name of a path's file system."""
    fsname = any(word in {"-n", "--fsname"} for word in arguments)
    paths = [word for word in arguments if word not in {"-n", "--fsname", "-i", "--instance"}]
    if any(word.startswith("-") for word in paths):
        raise UsageError
    status = 0
    for given in paths:
        try:
            store = located(Path(given))[0]
        except OSError as error:
            print(f"cannot get instance for '{given}': {error.strerror}", file=sys.stderr)
            status = status or error.errno or 1
            continue
        mount_name = str(store.index.fact("mount name"))
        name = mount_name if fsname else f"{mount_name}-{_instance(store)}"
        print(name if len(paths) == 1 else f"{name} {given}")
    return status


def _instance(store: Store) -> str:
    """Return an emulation of the kernel address that identifies a Lustre mount."""
    return f"ffff{hashlib.sha256(store.system_id.encode()).hexdigest()[:12]}"
