"""What an import, restore or export moved, and its record."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rehearsal import records
from rehearsal.places import World
from rehearsal.records import Record


@dataclass
class Moved:
    """What came into a file system, or went out of it."""

    names: int = 0
    """Files that came, changed or went, with their bytes or without."""
    files: int = 0
    """Those whose bytes moved."""
    bytes: int = 0


@dataclass(frozen=True)
class Way:
    """From where to where, in words that people know: s3://BUCKET/PREFIX, fs-ID:/PATH."""

    kind: str
    """import or export."""
    name: str
    """The file system's id."""
    source: str
    target: str


def recorded(world: World, way: Way, work: Callable[[], Moved]) -> None:
    """Does some work, and notes what it moved, if it moved anything."""
    began = time.monotonic()
    moved = work()
    if not moved.names:
        return
    seconds = round(time.monotonic() - began, 3)
    detail = {"released": moved.names - moved.files} if way.kind == "import" else {}
    records.add(
        world,
        Record(
            way.kind,
            way.name,
            way.source,
            way.target,
            moved.bytes,
            moved.names,
            seconds,
            detail=detail,
        ),
    )
