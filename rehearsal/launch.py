"""Becomes another program that is the only one to hold a lock file, for as long as it lives.

    python launch.py LOCK detached -- COMMAND ...   ends once COMMAND runs, in a session of its own
    python launch.py LOCK PARENT -- COMMAND ...     turns into COMMAND, which dies with PARENT (pid)

The lock is POSIX's (fcntl): the kernel keeps it across exec, frees it however the process ends,
and tells whoever asks which process holds it. So there is no file with a process id to go stale.

Run as a script by `processes`, before anything of the project is imported: it starts in 20 ms.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys

EXIT_TAKEN = 3
EXIT_NO_COMMAND = 4
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Takes the lock, then becomes the command."""
    lock, parent, _, *command = sys.argv[1:]
    if parent == "detached":
        _detach()
    elif not _tie_to(int(parent)):
        os._exit(0)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        _end(EXIT_TAKEN)
    os.set_inheritable(descriptor, True)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        _end(EXIT_NO_COMMAND)


_waiting_parent: int | None = None


def _detach() -> None:
    """Goes on in a child in a new session; the parent ends when the child has become the command.

    The pipe between them closes by itself at exec. What comes through it before is the status
    of a failure.
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
    """Has the kernel kill this process when its parent dies; False if that happened already.

    Only Linux can. Elsewhere the next start ends what was left.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    return os.getppid() == parent


if __name__ == "__main__":
    main()
