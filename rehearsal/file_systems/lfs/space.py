"""The commands about a file system as a whole: its name, and the room in it."""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal.file_systems.lfs.hsm import UsageError, located
from rehearsal.file_systems.store import Store

_GIB = 2**30
# FSx gives an object storage target for each 1.2 TiB, of which 1.1 are shown, and 68.7 GiB of
# metadata for two of them (user guide, "Lustre storage layout": the output of lfs df -h).
_TARGET_GIB = 1200
_SHOWN = 1.1 * 1024 / _TARGET_GIB
_METADATA_GIB = 68.7 / 2
_INODE_BYTES = 2048
_ROW = "{:<20} {:>11} {:>11} {:>11} {:>4} {}"


def getname(_name: str, arguments: Sequence[str]) -> int:
    """Prints the instance's name of a path's file system."""
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
        name = mount_name(store) if fsname else f"{mount_name(store)}-{_instance(store)}"
        print(name if len(paths) == 1 else f"{name} {given}")
    return status


def mount_name(store: Store) -> str:
    """The Lustre name of a file system."""
    return str(store.index.fact("mount name"))


def df(_name: str, arguments: Sequence[str]) -> int:
    """Prints the room on each target of a path's file system."""
    human = any(word in {"-h", "--human-readable"} for word in arguments)
    inodes = any(word in {"-i", "--inodes"} for word in arguments)
    paths = [word for word in arguments if not word.startswith("-")]
    if not paths:
        raise UsageError("lfs: df: in a rehearsal no file system is mounted: name a path")
    status = 0
    for given in paths:
        try:
            store = located(Path(given).resolve(strict=True))[0]
        except OSError as error:
            print(f"error: invalid path '{given}': {error.strerror}", file=sys.stderr)
            status = status or error.errno or 1
            continue
        _print(store, human=human, inodes=inodes)
    return status


@dataclass(frozen=True)
class _Target:
    """A disk of the file system: all and used, in bytes or inodes."""

    name: str
    kind: str
    total: int
    used: int


def _print(store: Store, *, human: bool, inodes: bool) -> None:
    if inodes:
        print(_ROW.format("UUID", "Inodes", "IUsed", "IFree", "IUse%", "Mounted on"))
    else:
        unit = "bytes" if human else "1K-blocks"
        print(_ROW.format("UUID", unit, "Used", "Available", "Use%", "Mounted on"))
    targets = list(_targets(store, inodes=inodes))
    for one in targets:
        print(_row(one, f"{store.folder}[{one.kind}]", human=human, inodes=inodes))
    counted = [one for one in targets if one.kind.startswith("MDT") == inodes]
    total, used = sum(one.total for one in counted), sum(one.used for one in counted)
    summary = _Target("filesystem_summary:", "", total, used)
    print(f"\n{_row(summary, str(store.folder), human=human, inodes=inodes)}\n")


def _targets(store: Store, *, inodes: bool) -> Iterator[_Target]:
    """The metadata target, and the targets that hold the bytes, evenly."""
    stats = [stat for _, stat in store.files("")]
    name = mount_name(store)
    capacity = int(store.index.fact("capacity"))
    disks = max(1, capacity // _TARGET_GIB)
    metadata = int(_METADATA_GIB * _GIB * disks)
    one = _INODE_BYTES if not inodes else 1
    yield _Target(f"{name}-MDT0000_UUID", "MDT:0", metadata * one // _INODE_BYTES, len(stats) * one)
    size = capacity * _SHOWN * _GIB / disks
    used = sum(stat.st_blocks * 512 for stat in stats) // disks
    for number in range(disks):
        total = int(size // (_INODE_BYTES * 64)) if inodes else int(size)
        here = len(stats) // disks if inodes else used
        yield _Target(f"{name}-OST{number:04x}_UUID", f"OST:{number}", total, here)


def _row(target: _Target, where: str, *, human: bool, inodes: bool) -> str:
    numbers = (target.total, target.used, target.total - target.used)
    if not human:
        shown = [str(number if inodes else number // 1024) for number in numbers]
    else:
        shown = [_cooked(number) for number in numbers]
    percent = math.ceil(target.used / target.total * 100) if target.total else 0
    return _ROW.format(target.name, *shown, f"{percent}%", where)


def _cooked(number: float) -> str:
    """A number for people: in the largest unit of 1024 that leaves it above one."""
    units = iter("KMGTP")
    unit = ""
    while number > 1024:
        number /= 1024
        unit = next(units)
    return f"{number:.1f}{unit}" if unit else f"{number:.0f}"


def _instance(store: Store) -> str:
    """What a kernel would give a mount as its address."""
    return f"ffff{hashlib.sha256(store.system_id.encode()).hexdigest()[:12]}"
