"""What happened in a world, in the order it did: data that moved, programs that ran.

Every process of the rehearsal may add a line; the report and the command read them. A record is
what was measured, never what was planned.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from rehearsal.places import World

FILE = "records.jsonl"


@dataclass(frozen=True)
class Record:
    """Something that began and ended."""

    kind: str
    """import, export (between S3 and a file system), pod (a container that ran), training (a
    stage of a SageMaker job), or update (the engine's)."""
    name: str
    """Of what: a file system's id, NAMESPACE/POD, a training job, an update's kind."""
    source: str
    """Where bytes came from: s3://BUCKET/PREFIX, fs-ID:/PATH, a stage's channel; or empty."""
    target: str
    """Where they went; or empty."""
    bytes: int
    files: int
    seconds: float
    ended: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    detail: dict[str, Any] = field(default_factory=dict)
    """More of it, by kind: image, command and exitCode of a pod; stage and status of a job."""


def add(world: World, record: Record) -> None:
    """Append a record; lines of several processes never mix, as each is one write."""
    line = json.dumps(asdict(record), default=str) + "\n"
    world.root.mkdir(parents=True, exist_ok=True)
    handle = os.open(world.root / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


def read(world: World, kind: str | None = None) -> Iterator[Record]:
    """The records so far, oldest first, of one kind or all."""
    file = world.root / FILE
    if not file.exists():
        return
    for line in file.read_text().splitlines():
        found = Record(**json.loads(line))
        if kind in {None, found.kind}:
            yield found
