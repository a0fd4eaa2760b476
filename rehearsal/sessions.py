"""Local processes that stand for containers, ended with all they started.

Each is a session of its own, noted in its folder, so that after a kill of who ran it the next one,
or whoever stops the world, can end what was left running.
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

from rehearsal.places import World

NOTE = "process.json"
KILLED = 128 + signal.SIGKILL
_STATE, _SESSION, _STARTED = 0, 3, 19  # of /proc/PID/stat, counted after the program's name
_KILL_SECONDS = 5.0
_DRAIN_SECONDS = 2.0  # for what was printed last; something that was left may hold the pipe open
_ON_LINUX = sys.platform == "linux"


class Process:
    """A running program.

    Args:
        command: The program and its arguments.
        environment: All of its variables.
        folder: Where it is noted.
        output: Where its output goes: the end of a log file, or what is told of each line.
        ended: Called once, from another thread, when it has ended and its output is through.
        begins: Where it begins, if not in `folder`.

    Raises:
        OSError: The program can't be run.
    """

    def __init__(  # noqa: PLR0913 - what it takes to start a program
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
            )
        self._note = folder / NOTE
        note = {"pid": self._process.pid, "started": started(self._process.pid)}
        self._note.write_text(json.dumps(note))
        self._told = ended
        self._reader = threading.Thread(target=self._read, args=(output,), daemon=True)
        self._reader.start()
        self._code: int | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._await_end, name="process", daemon=True).start()

    def wait(self, seconds: float | None) -> int | None:
        """The exit code, as a container has it (128 + signal); None when time ran out."""
        self._ended.wait(seconds)
        return self._code

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the program and to all it started."""
        if not self._ended.is_set():
            _signal(self._process.pid, number)

    def _read(self, output: Path | Callable[[str], None]) -> None:
        if self._process.stdout and not isinstance(output, Path):
            with self._process.stdout as lines:
                for line in lines:
                    output(line.rstrip("\n"))

    def _await_end(self) -> None:
        """Waits for the program, then ends what it left running, as the end of a container does."""
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


def _opened(output: Path | Callable[[str], None]) -> contextlib.AbstractContextManager[Any]:
    if not isinstance(output, Path):
        return contextlib.nullcontext(subprocess.PIPE)
    output.parent.mkdir(parents=True, exist_ok=True)
    return output.open("ab")


def end_left_over(folder: Path) -> None:
    """Ends the process that is noted in a folder, and all of its session."""
    file = folder / NOTE
    try:
        note = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return
    leader = note["pid"]
    if started(leader) in (None, note["started"]):  # else the id is another program's by now
        _end_session(leader)
    file.unlink(missing_ok=True)


def end_all(world: World) -> None:
    """Ends every process that is noted for a world's pods and training jobs."""
    for place in ("pods/*/containers/*", "training-jobs/*", "training-jobs/*/instance-*"):
        for note in world.root.glob(f"{place}/{NOTE}"):
            end_left_over(note.parent)


def started(pid: int) -> int | None:
    """When a process started, in the kernel's ticks: with its id, what tells it from any other."""
    stat = _stat(pid)
    return int(stat[_STARTED]) if stat else None


def _end_session(leader: int) -> None:
    """Kills the processes of a session, and waits until they are no more."""
    gives_up = time.monotonic() + _KILL_SECONDS
    while (left := list(_in_session(leader))) and time.monotonic() < gives_up:
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _in_session(leader: int) -> Iterator[int]:
    """The processes of a session that run, of which the leader may have ended."""
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
