"""How a workload fails: a sentence that says what to do, and an exit code that says what it was.

The codes are those of sysexits.h, so that a Job's podFailurePolicy can tell what another try
may mend (a service that is away) from what it cannot (data that is wrong).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


class WorkloadError(Exception):
    """A workload cannot do its work; the text says why and what to do."""

    exit_code = os.EX_SOFTWARE


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


def run(work: Callable[[], None]) -> int:
    """Do the work of a command; print what went wrong as one sentence, return the exit status."""
    try:
        work()
    except WorkloadError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return error.exit_code
    return os.EX_OK
