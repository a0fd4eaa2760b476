"""Run local processes that represent containers, and end them with everything they started.

Each is a session of its own, recorded in its folder. If its parent is killed, the next parent, or
the command that stops the rehearsal, can therefore end what was left running.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rehearsal.paths import Environment

NOTE = "process.json"
KILLED = 128 + signal.SIGKILL
_STATE, _SESSION, _STARTED = 0, 3, 19  # fields of /proc/PID/stat after the program's name
_KILL_SECONDS = 5.0
_DRAIN_SECONDS = 2.0  # to read the last output; a process that was left may hold the pipe open
_UMASK = 0o022  # a container's; the folders above its files are closed to other users
_UMASK = 0o022  # a container's; the folders above its files are closed to other users
_ON_LINUX = sys.platform == "linux"


class Process:
    """A running program.

    Args:
        command: The program and its arguments.
        environment: All of its environment variables.
        folder: Folder in which the process is recorded.
        output: Log file to append the output to, or a function that is called with each line.
        ended: Function that is called once, in another thread, when the program has ended and its
            output is complete.
        begins: Working directory; `folder` by default.

    Raises:
        OSError: The program cannot be run.
    """

    def __init__(  # noqa: PLR0913 - a program needs this much to start
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        output: Path | Callable[[str], None],
        *,
        ended: Callable[[], None] = lambda: None,
        begins: Path | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with _opened(output) as target:
            self._process = subprocess.Popen(
                command,
                env=environment,
                cwd=begins or folder,
                stdin=subprocess.DEVNULL,
                stdout=target,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
                umask=_UMASK,
            )
        self._note = record(folder, self._process.pid)
        self._told = ended
        self._reader = threading.Thread(target=self._read, args=(output,), daemon=True)
        self._reader.start()
        self._code: int | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._await_end, name="process", daemon=True).start()

    def wait(self, seconds: float | None) -> int | None:
        """Return the exit code as a container has it (128 + signal); None at the timeout."""
        self._ended.wait(seconds)
        return self._code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program and to everything that it started."""
        if not self._ended.is_set():
            _signal(self._process.pid, number)

    def _read(self, output: Path | Callable[[str], None]) -> None:
        if self._process.stdout and not isinstance(output, Path):
            with self._process.stdout as lines:
                for line in lines:
                    output(line.rstrip("\n"))

    def _await_end(self) -> None:
        """Wait for the program, then end what it left running, as the end of a container does."""
        pid = self._process.pid
        if _ON_LINUX:  # the id stays the program's until it is reaped below
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            _signal(pid, signal.SIGKILL)
        code = self._process.wait()
        self._reader.join(_DRAIN_SECONDS)
        self._note.unlink(missing_ok=True)
        self._code = code if code >= 0 else 128 - code
        self._ended.set()
        self._told()


def record(folder: Path, leader: int) -> Path:
    """Record the leader of a session in a folder, and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / NOTE
    file.write_text(json.dumps({"pid": leader, "started": started(leader)}))
    return file


def _opened(output: Path | Callable[[str], None]) -> contextlib.AbstractContextManager[Any]:
    if not isinstance(output, Path):
        return contextlib.nullcontext(subprocess.PIPE)
    output.parent.mkdir(parents=True, exist_ok=True)
    return output.open("ab")


def end_left_over(folder: Path) -> None:
    """End the process that is recorded in a folder, and its whole session."""
    file = folder / NOTE
    try:
        note = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return
    leader = note["pid"]
    if started(leader) in (None, note["started"]):  # otherwise another program has this id now
        _end_session(leader)
    file.unlink(missing_ok=True)


def end_all(environment: Environment) -> None:
    """End every process that is recorded for the pods and training jobs of a rehearsal."""
    for place in ("pods/*/containers/*", "training-jobs/*", "training-jobs/*/instance-*"):
        for note in environment.root.glob(f"{place}/{NOTE}"):
            end_left_over(note.parent)


def started(pid: int) -> int | None:
    """Return the start time of a process in clock ticks since boot, or None without one.

    The id and the start time together identify a process.
    """
    stat = _stat(pid)
    return int(stat[_STARTED]) if stat else None


def _end_session(leader: int) -> None:
    """Kill the processes of a session, and wait until they have ended."""
    gives_up = time.monotonic() + _KILL_SECONDS
    while (left := list(_in_session(leader))) and time.monotonic() < gives_up:
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _in_session(leader: int) -> Iterator[int]:
    """Yield the running processes of a session, even if its leader has ended."""
    for entry in Path("/proc").glob("[0-9]*"):
        stat = _stat(int(entry.name))
        if stat and int(stat[_SESSION]) == leader and stat[_STATE] != "Z":
            yield int(entry.name)


def _stat(pid: int) -> list[str]:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return stat.rpartition(")")[2].split()


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
