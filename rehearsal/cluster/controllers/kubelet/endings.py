"""What is left when a container ended: its message, its summary, the record of it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.cluster.controllers.kubelet.progress import Container
from rehearsal.records import Record

# The kubelet's own limits of a message, and of one that is the end of the log.
_MESSAGE_BYTES = 4096
_LOG_BYTES = 2048
_LOG_LINES = 80
_READ_BYTES = 64 * 1024
_SUMMARY = "summary "


@dataclass(frozen=True)
class Ended:
    """One end of a container's process."""

    container: Container
    code: int
    seconds: float
    output: str
    """The end of what it printed."""


def output(log: Path, since: int) -> str:
    """The end of what was written to a log, at most so much as anyone here looks at.

    Args:
        log: The log; need not be there.
        since: The log's size before (bytes).
    """
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(since, size - _READ_BYTES))
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


def message(file: Path | None, printed: str, code: int) -> str:
    """The message that a container ends with.

    Args:
        file: Where it may have written one.
        printed: What it printed, if the end of that is the message of a failure.
        code: Its exit code.
    """
    if file and file.is_file() and (said := file.read_text(errors="replace")):
        return said[:_MESSAGE_BYTES]
    if not code:
        return ""
    return "\n".join(printed[-_LOG_BYTES:].splitlines()[-_LOG_LINES:])


def summary(printed: str) -> dict[str, Any]:
    """What a workload says of its work in the last line that begins so; empty if none does."""
    for line in reversed(printed.splitlines()):
        if line.startswith(_SUMMARY):
            try:
                said = json.loads(line.removeprefix(_SUMMARY))
            except ValueError:
                return {}
            return said if isinstance(said, dict) else {}
    return {}


def record(pod: str, command: list[str], ended: Ended) -> Record:
    """The record of an end.

    Args:
        pod: NAMESPACE/POD.
        command: The command line as the pod's spec has it.
        ended: The end.
    """
    said = summary(ended.output) if ended.code == 0 else {}
    return Record(
        "pod",
        pod,
        "",
        "",
        _number(said.get("bytes")),
        _number(said.get("files")),
        round(ended.seconds, 3),
        detail={
            "container": ended.container.name,
            "image": ended.container.image,
            "command": command,
            "exitCode": ended.code,
            "summary": said,
        },
    )


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int | float) else 0
