"""Exit records of a container: its termination message, its summary, its record."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.kubernetes.controllers.kubelet.progress import Container
from rehearsal.records import Record

# The kubelet's own limits of a message, and of one that is the end of the log.
_MESSAGE_BYTES = 4096
_LOG_BYTES = 2048
_LOG_LINES = 80
_READ_BYTES = 64 * 1024
_SUMMARY = "summary "


@dataclass(frozen=True)
class ExitRecord:
    """One exit of a container's process."""

    container: Container
    code: int
    seconds: float
    output: str
    """End of the process's output."""


def output(log: Path, since: int) -> str:
    """Return the end of what was written to a log, at most 64 KiB.

    Args:
        log: Log file, which may be missing.
        since: Size of the log before, in bytes.
    """
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(since, size - _READ_BYTES))
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


def message(file: Path | None, printed: str, code: int) -> str:
    """Return the termination message of a container.

    Args:
        file: File in which the container may have left a message.
        printed: Output of the container if its end serves as the message of a failure.
        code: Exit code of the container.
    """
    if file and file.is_file() and (said := file.read_text(errors="replace")):
        return said[:_MESSAGE_BYTES]
    if not code:
        return ""
    return "\n".join(printed[-_LOG_BYTES:].splitlines()[-_LOG_LINES:])


def summary(printed: str) -> dict[str, Any]:
    """Return the JSON object in a workload's last `summary` line; empty if there is none."""
    for line in reversed(printed.splitlines()):
        if line.startswith(_SUMMARY):
            try:
                said = json.loads(line.removeprefix(_SUMMARY))
            except ValueError:
                return {}
            return said if isinstance(said, dict) else {}
    return {}


def record(pod: str, command: list[str], ended: ExitRecord) -> Record:
    """Return the record of a container's exit.

    Args:
        pod: NAMESPACE/POD.
        command: Command line in the pod's spec.
        ended: Exit of the container's process.
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
