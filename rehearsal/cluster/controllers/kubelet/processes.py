"""Local processes that stand for containers, ended with all they started.

Each is a session of its own, noted in its folder, so that after a kill of the controllers the
next ones can end what the last ones left running.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

NOTE = "process.json"
GRACE_SECONDS = 5.0


class Process:
    """A running program; its output goes to the end of a log file."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
    ) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._note = folder / NOTE
        note = {"pid": self._process.pid, "started": started(self._process.pid)}
        self._note.write_text(json.dumps(note))

    def wait(self, seconds: float | None) -> int | None:
        """The exit code, as a container has it (128 + signal); None when time ran out."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self._note.unlink(missing_ok=True)
        return code if code >= 0 else 128 - code

    def end(self) -> None:
        """Ends the process: SIGTERM, and SIGKILL for what is left after the grace time."""
        _signal(self._process.pid, signal.SIGTERM)
        if self.wait(GRACE_SECONDS) is None:
            _signal(self._process.pid, signal.SIGKILL)


def end_left_over(folder: Path) -> None:
    """Ends the process that earlier controllers left running in this folder, if it still runs."""
    file = folder / NOTE
    try:
        note = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return
    if note["started"] is not None and started(note["pid"]) == note["started"]:
        _signal(note["pid"], signal.SIGKILL)
    file.unlink(missing_ok=True)


def started(pid: int) -> int | None:
    """When a process started, in the kernel's ticks: with its id, what tells it from any other."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[19])


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
