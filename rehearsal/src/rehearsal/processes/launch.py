"""Turn into another program that holds a lock file exclusively for as long as it lives.

    python launch.py LOCK detached -- COMMAND ...   starts COMMAND in a new session and exits
    python launch.py LOCK PARENT -- COMMAND ...     becomes COMMAND, which dies with PARENT (pid)

The lock is a POSIX lock (fcntl): the kernel keeps it across exec, frees it however the process
ends, and tells which process holds it. Therefore no file with a process id can become outdated.

`processes` runs this file as a script that imports nothing of the project: it starts in 20 ms.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys

EXIT_LOCKED = 3
EXIT_NO_COMMAND = 4
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Take the lock, then become the command."""
    os.umask(0o077)  # nothing that the command writes is for other users
    lock, parent, _, *command = sys.argv[1:]
    if parent == "detached":
        _detach()
    elif not _tie_to(int(parent)):
        os._exit(0)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        _end(EXIT_LOCKED)
    os.set_inheritable(descriptor, True)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        _end(EXIT_NO_COMMAND)


_waiting_parent: int | None = None


def _detach() -> None:
    """Continue in a child in a new session; the parent exits once the child has become the command.

    The pipe between them closes by itself at exec. A byte that comes through it before is the exit
    status of a failure.
    """
    global _waiting_parent
    reading, _waiting_parent = os.pipe()
    if os.fork():
        os.close(_waiting_parent)
        status = os.read(reading, 1)
        os._exit(status[0] if status else 0)
    os.close(reading)
    os.setsid()


def _end(status: int) -> None:
    if _waiting_parent is not None:
        os.write(_waiting_parent, bytes([status]))
    os._exit(status)


def _tie_to(parent: int) -> bool:
    """Let the kernel kill this process when its parent dies; return False if the parent is dead.

    Only Linux can do this. On other systems the next start ends the processes that were left.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    return os.getppid() == parent


if __name__ == "__main__":
    main()
