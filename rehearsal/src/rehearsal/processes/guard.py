"""End everything of a temporary rehearsal once the process that made it is gone.

    python -m rehearsal.processes.guard HOME [keep]

A test or a benchmark has a home of its own, whose processes outlive a command as those of any
rehearsal do. This process lives as long as its standard input is open, which the kernel closes
however the other process ends. Then it kills what runs in the home, and removes the home, unless
its files are to be kept.
"""

from __future__ import annotations

import os
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


def start_guard(home: Path, *, keep: bool = False) -> subprocess.Popen[bytes]:
    """Start the guard of a home; it acts when its standard input is closed, or this process ends.

    Args:
        home: Folder that is named by REHEARSAL_HOME.
        keep: Do not remove the folder.
    """
    return subprocess.Popen(
        [sys.executable, "-m", __name__, str(home), *(["keep"] if keep else [])],
        stdin=subprocess.PIPE,
        start_new_session=True,  # a Ctrl-C in the terminal is for this process alone
    )


def main() -> None:
    """Wait for the end of the other process, then end everything in the home."""
    home, keep = Path(sys.argv[1]), sys.argv[2:] == ["keep"]
    sys.stdin.read()
    end_processes(home)
    if not keep:
        shutil.rmtree(home, ignore_errors=True)


def end_processes(home: Path) -> None:
    """Kill every process of the rehearsals in a home; their accounts are not saved."""
    while found := list(processes(home)):
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)
    for record in home.glob("environments/*/environment.json"):
        environment = Environment.at(record.parent)
        detached.stop((record.parent / "run").glob("*.lock"), 0)
        detached.stop(environment.file_system_workers(), 0)
        sessions.end_all(environment)


def processes(home: Path) -> Iterator[int]:
    """Yield the processes that were started with a home in their environment variables.

    This process and the one that started it are not among them.
    """
    sign = f"{HOME_VARIABLE}={home}\0".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        with suppress(OSError):
            if sign in (folder / "environ").read_bytes() and pid not in {os.getpid(), os.getppid()}:
                yield pid


if __name__ == "__main__":
    main()
