"""How a workload fails: a sentence that says what to do, and an exit code that says what it was.

The codes are those of sysexits.h, so that a Job's podFailurePolicy can tell what another try
may mend (a service that is away) from what it cannot (data that is wrong).
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class WorkloadError(Exception):
    """A workload cannot do its work; the text says why and what to do."""

    exit_code = os.EX_SOFTWARE


class UsageError(WorkloadError):
    """What was asked for cannot be: an argument's or a hyperparameter's name or value."""

    exit_code = os.EX_USAGE


class MissingInputError(WorkloadError):
    """A mount, a directory or the objects of a prefix are not there."""

    exit_code = os.EX_NOINPUT


class BadDataError(WorkloadError):
    """What was read is not what was promised: a text in a numeric column, a wrong checksum."""

    exit_code = os.EX_DATAERR


class RefusedError(WorkloadError):
    """AWS or Kubernetes refuses this identity."""

    exit_code = os.EX_NOPERM


class StorageFullError(WorkloadError):
    """Nothing more can be written."""

    exit_code = os.EX_IOERR


class UnavailableError(WorkloadError):
    """A service does not answer; another try may go through."""

    exit_code = os.EX_TEMPFAIL


HOPELESS = (os.EX_USAGE, os.EX_NOINPUT, os.EX_DATAERR)
"""Exit codes after which another try of the same pod would end the same."""


FULL = (errno.ENOSPC, errno.EDQUOT)
DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
ABSENT = (errno.ENOENT, errno.ENOTDIR)
AWAY = (errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN, errno.EAGAIN)
"""What the operating system's error numbers mean to a workload; a file server that went away
answers with those of AWAY."""


def from_os_error(error: OSError) -> WorkloadError:
    """The same as a workload's error, with what to do."""
    where = f"{error.filename}: " if error.filename else ""
    said = f"{where}{error.strerror or error}"
    if error.errno in FULL:
        return StorageFullError(
            f"{said}. Make the volume (or its size limit) larger, or remove what it need not keep"
        )
    if error.errno in DENIED:
        return RefusedError(f"{said}. Check that the volume is writable and who owns its files")
    if error.errno in ABSENT:
        return MissingInputError(f"{said}. Check that the volume is mounted, and the path below it")
    if error.errno in AWAY:
        return UnavailableError(
            f"{said}. The file system does not answer: see that it is available, then run again"
        )
    return WorkloadError(said)


def run(work: Callable[[], None]) -> int:
    """Do the work of a command; print what went wrong as one sentence, return the exit status."""
    try:
        with ended_by_sigterm():
            work()
    except WorkloadError as error:
        return report(error)
    except OSError as error:
        return report(from_os_error(error))
    return os.EX_OK


def report(error: WorkloadError) -> int:
    """Print an error as one sentence; return its exit status."""
    print(f"error: {error}", file=sys.stderr, flush=True)
    return error.exit_code


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """While the block runs, SIGTERM ends the process at once, as SIGKILL would.

    The first process of a container has no default action for SIGTERM: without this, Kubernetes
    waits its whole grace period. Workloads can be killed anywhere, so nothing is cleaned up. A
    workload that has something to finish sets a handler of its own in the block.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(number: int, _frame: object) -> None:
    os._exit(128 + number)
