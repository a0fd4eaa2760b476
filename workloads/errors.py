"""Errors of the workloads, with a remedy in their text and an exit code for their kind.

The exit codes are those of sysexits.h. By them, a Job's podFailurePolicy tells errors that a retry
may solve (such as an unavailable service) from all others (such as invalid data).
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
    """Error that ends a workload; its text names the cause and the remedy."""

    exit_code = os.EX_SOFTWARE


class UsageError(WorkloadError):
    """Error in an argument or hyperparameter."""

    exit_code = os.EX_USAGE


class MissingInputError(WorkloadError):
    """Error for a mount, directory, file or object that does not exist."""

    exit_code = os.EX_NOINPUT


class BadDataError(WorkloadError):
    """Error in the content of data, such as a text in a numeric column or a wrong checksum."""

    exit_code = os.EX_DATAERR


class RefusedError(WorkloadError):
    """Error for a request that AWS, Kubernetes or the file system does not permit."""

    exit_code = os.EX_NOPERM


class StorageFullError(WorkloadError):
    """Error for storage that has no free space."""

    exit_code = os.EX_IOERR


class UnavailableError(WorkloadError):
    """Error for a service that does not answer; a later attempt may succeed."""

    exit_code = os.EX_TEMPFAIL


NON_RETRYABLE_EXIT_CODES = (os.EX_USAGE, os.EX_NOINPUT, os.EX_DATAERR)
"""Exit codes of errors that a retry of the same pod cannot solve."""


DISK_FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT)
"""Error numbers for storage that has no free space."""
PERMISSION_ERRNOS = (errno.EACCES, errno.EPERM, errno.EROFS)
"""Error numbers for a missing permission."""
NOT_FOUND_ERRNOS = (errno.ENOENT, errno.ENOTDIR)
"""Error numbers for a missing file or directory."""
UNREACHABLE_ERRNOS = (
    errno.EIO,
    errno.ESTALE,
    errno.ETIMEDOUT,
    errno.ENOTCONN,
    errno.EHOSTDOWN,
    errno.EAGAIN,
)
"""Error numbers for a file server that does not answer."""


def from_os_error(error: OSError) -> WorkloadError:
    """Convert an error of the operating system to a workload's error with a remedy."""
    prefix = f"{error.filename}: " if error.filename else ""
    message = f"{prefix}{error.strerror or error}"
    if error.errno in DISK_FULL_ERRNOS:
        return StorageFullError(
            f"{message}. Enlarge the volume (or its size limit), or delete unneeded files"
        )
    if error.errno in PERMISSION_ERRNOS:
        return RefusedError(f"{message}. Check that the volume is writable and who owns its files")
    if error.errno in NOT_FOUND_ERRNOS:
        return MissingInputError(
            f"{message}. Check that the volume is mounted, and the path below it"
        )
    if error.errno in UNREACHABLE_ERRNOS:
        return UnavailableError(
            f"{message}. The file system does not answer: check that it is available, and try again"
        )
    return WorkloadError(message)


def run(work: Callable[[], None]) -> int:
    """Run the work of a command, print an error as one sentence, and return the exit status."""
    try:
        with exit_on_sigterm():
            work()
    except WorkloadError as error:
        return print_error(error)
    except OSError as error:
        return print_error(from_os_error(error))
    return os.EX_OK


def print_error(error: WorkloadError) -> int:
    """Print an error as one sentence and return its exit code."""
    print(f"error: {error}", file=sys.stderr, flush=True)
    return error.exit_code


@contextmanager
def exit_on_sigterm() -> Iterator[None]:
    """End the process at once on SIGTERM while the block runs, as on SIGKILL.

    Linux gives the first process of a container no default action for SIGTERM, so that Kubernetes
    would wait for the whole grace period. No cleanup is needed, because workloads can be killed at
    any moment. A workload that has to finish something sets its own handler in the block.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _exit(number: int, _frame: object) -> None:
    os._exit(128 + number)
