"""Measure what an import, restore or export transferred, and record it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rehearsal import records
from rehearsal.paths import Environment
from rehearsal.records import Record


@dataclass
class Transferred:
    """Size of a transfer into a file system or out of it."""

    names: int = 0
    """Number of files that were added, changed or removed, with or without their data."""
    files: int = 0
    """Number of files whose data was transferred."""
    bytes: int = 0


@dataclass(frozen=True)
class Route:
    """Source and target of a transfer, such as s3://BUCKET/PREFIX and fs-ID:/PATH."""

    kind: str
    """Kind of the transfer: import or export."""
    name: str
    """Id of the file system."""
    source: str
    target: str


def recorded(environment: Environment, route: Route, work: Callable[[], Transferred]) -> None:
    """Run a transfer, and record what it transferred, if anything."""
    began = time.monotonic()
    moved = work()
    if not moved.names:
        return
    seconds = round(time.monotonic() - began, 3)
    detail = {"released": moved.names - moved.files} if route.kind == "import" else {}
    records.add(
        environment,
        Record(
            route.kind,
            route.name,
            route.source,
            route.target,
            moved.bytes,
            moved.names,
            seconds,
            detail=detail,
        ),
    )
