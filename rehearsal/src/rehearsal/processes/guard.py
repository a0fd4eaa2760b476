"""End everything of a temporary rehearsal once the process that made it is gone.

    python -m rehearsal.processes.guard FOLDER [keep]

A test or a benchmark has a home of its own, whose processes outlive a command as those of any
rehearsal do. This process lives as long as its standard input is open, which the kernel closes
however the other process ends. Then it kills what runs for any home in the folder, and removes the
folder, unless its files are to be kept.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rehearsal.paths import HOME_VARIABLE, Environment, binaries
from rehearsal.processes import detached, sessions

_POLL_SECONDS = 0.05


@contextmanager
def temporary_home() -> Iterator[Path]:
    """Yield a folder for a rehearsal, with the built programs; it ends with this process."""
    programs = binaries().resolve()
    home = Path(tempfile.mkdtemp(prefix="rehearsal-")).resolve()
    guard = start_guard(home)
    try:
        (home / "bin").symlink_to(programs)
        yield home
    finally:
        guard.communicate()


def start_guard(folder: Path, *, keep: bool = False) -> subprocess.Popen[bytes]:
    """Start the guard of a folder; it acts when its standard input is closed, or this process ends.

    Args:
        folder: Folder that is a rehearsal's home, or has some in it.
        keep: Do not remove the folder.
    """
    return subprocess.Popen(
        [sys.executable, "-m", __name__, str(folder), *(["keep"] if keep else [])],
        stdin=subprocess.PIPE,
        start_new_session=True,  # a Ctrl-C in the terminal is for this process alone
    )


def main() -> None:
    """Wait for the end of the other process, then end everything in the folder."""
    folder, keep = Path(sys.argv[1]), sys.argv[2:] == ["keep"]
    sys.stdin.read()
    end_processes(folder)
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)


def end_processes(folder: Path) -> None:
    """Kill every process of the rehearsals in a folder; their accounts are not saved."""
    while found := list(processes(folder)):
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)
    for record in folder.glob("**/environments/*/environment.json"):
        if "ports" not in json.loads(record.read_text()):
            continue  # it leads to the environment of another stack, which has a record of its own
        environment = Environment.at(record.parent)
        detached.stop((record.parent / "run").glob("*.lock"), 0)
        detached.stop(environment.file_system_workers(), 0)
        sessions.end_all(environment)


def processes(folder: Path) -> Iterator[int]:
    """Yield the processes whose environment variables name a home that is in a folder, or is it.

    This process and the one that started it are not among them.
    """
    sign = re.compile(re.escape(f"{HOME_VARIABLE}={folder}".encode()) + rb"[/\0]")
    for one in Path("/proc").glob("[0-9]*"):
        pid = int(one.name)
        with suppress(OSError):
            named = sign.search((one / "environ").read_bytes())
            if named and pid not in {os.getpid(), os.getppid()}:
                yield pid


if __name__ == "__main__":
    main()
