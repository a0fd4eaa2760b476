"""Start processes that outlive the command that started them, and find them again.

Each process holds a lock file of its own (see `launch`), and the kernel tells which process that
is. Process ids are never stored, so no process can be mistaken for another.
"""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from rehearsal.processes import launch

# struct flock: type, whence, start, length, pid (padded to a multiple of eight); macOS puts the
# first two last.
_FLOCK = "hhqqi0q" if sys.platform == "linux" else "qqihh"
_POLL_SECONDS = 0.05
_LOG_LIMIT_BYTES = 8 * 2**20
_HEADING = "==== started "


class LaunchError(Exception):
    """A process could not be started."""


def holder(lock: Path) -> int | None:
    """Return the id of the process that holds a lock file, or None."""
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        kind, pid = _conflict(descriptor)
    finally:
        os.close(descriptor)
    return None if kind == fcntl.F_UNLCK else pid


def attend(lock: Path) -> None:
    """Record that this process, which holds the lock, is ready; for a process without a port."""
    lock.with_suffix(".ready").write_text(str(os.getpid()))


def attends(lock: Path) -> bool:
    """Return whether the process that holds a lock has recorded that it is ready."""
    note = lock.with_suffix(".ready")
    return note.exists() and note.read_text() == str(holder(lock))


def start_detached(
    lock: Path, command: Sequence[str], log: Path, env: Mapping[str, str], folder: Path
) -> None:
    """Start a process in a session of its own, so that a Ctrl-C in the terminal does not reach it.

    It is no error if another process holds the lock already.

    Raises:
        LaunchError: The command cannot be run.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with open_log(log) as output:
        outcome = subprocess.run(
            launch_command(lock, "detached", command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=env,
            cwd=folder,
            check=False,
        )
    if outcome.returncode not in {0, launch.EXIT_LOCKED}:
        raise LaunchError(f"{command[0]} can't be run:\n{tail(log)}")


def launch_command(lock: Path, parent: int | str, command: Sequence[str]) -> list[str]:
    """Return the command line that takes a lock and then becomes the command."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    script = str(Path(launch.__file__))
    return [sys.executable, "-I", "-S", script, str(lock), str(parent), "--", *command]


def stop(locks: Iterable[Path], grace: float) -> list[int]:
    """Ask the holders of locks to end, and kill those still running after `grace` seconds.

    Returns:
        The ids of the processes that had to be killed.
    """
    waiting = [lock for lock in locks if _signal(lock, signal.SIGTERM)]
    ends = time.monotonic() + grace
    while waiting and time.monotonic() < ends:
        time.sleep(_POLL_SECONDS)
        waiting = [lock for lock in waiting if holder(lock)]
    killed = [pid for lock in waiting if (pid := _signal(lock, signal.SIGKILL))]
    while any(holder(lock) for lock in waiting):
        time.sleep(_POLL_SECONDS)
    return killed


def open_log(log: Path) -> BinaryIO:
    """Open a log to append to, and write a heading; a log of more than 8 MiB is emptied first."""
    log.parent.mkdir(parents=True, exist_ok=True)
    grown = log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES
    file = log.open("wb" if grown else "ab")
    file.write(f"{_HEADING}{time.strftime('%Y-%m-%d %H:%M:%S')}\n".encode())
    file.flush()
    return file


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines that a log received since the last start."""
    try:
        with log.open(errors="replace") as file:
            recent: deque[str] = deque(maxlen=lines)
            for line in file:
                if line.startswith(_HEADING):
                    recent.clear()
                else:
                    recent.append(line)
    except FileNotFoundError:
        return ""
    return "".join(recent).rstrip()


def _signal(lock: Path, number: signal.Signals) -> int | None:
    pid = holder(lock)
    if pid:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return None
    return pid


def _conflict(descriptor: int) -> tuple[int, int]:
    """Return the kind and the process of a lock that conflicts with one on the whole file."""
    linux = sys.platform == "linux"
    wanted = (fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0) if linux else (0, 0, 0, fcntl.F_WRLCK, 0)
    found = struct.unpack(
        _FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, struct.pack(_FLOCK, *wanted))
    )
    return (found[0], found[4]) if linux else (found[3], found[2])
