"""Read and write the records of a rehearsal: data that was transferred, programs that ran.

Every process of the rehearsal may add a record; the report and the command read them. A record
contains what was measured, never what was planned.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from rehearsal.paths import Environment

FILE = "records.jsonl"


@dataclass(frozen=True)
class Record:
    """An event with a beginning and an end."""

    kind: str
    """One of import and export (between S3 and a file system), pod (a container that ran), training
    (a stage of a SageMaker job), update (an operation of the engine) and fault (one that a command
    injected)."""
    name: str
    """Name of the subject: a file system id, NAMESPACE/POD, a training job, or the kind of update
    or fault."""
    source: str
    """Source of the data: s3://BUCKET/PREFIX, fs-ID:/PATH, a channel of a training stage; the call
    or resource that a fault met; or empty."""
    target: str
    """Target of the data; the stack of an update; or empty."""
    bytes: int
    files: int
    seconds: float
    ended: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    detail: dict[str, Any] = field(default_factory=dict)
    """Further data by kind: image, command and exitCode of a pod; stage and status of a job; the
    number of a fault in its list."""


def add(environment: Environment, record: Record) -> None:
    """Append a record. Each is one write, so that lines of several processes never mix."""
    line = json.dumps(asdict(record), default=str) + "\n"
    environment.root.mkdir(parents=True, exist_ok=True)
    handle = os.open(environment.root / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


def read(environment: Environment, kind: str | None = None) -> Iterator[Record]:
    """Yield the records so far, oldest first, of one kind or of all."""
    file = environment.root / FILE
    if not file.exists():
        return
    for line in file.read_text().splitlines():
        found = Record(**json.loads(line))
        if kind in {None, found.kind}:
            yield found
