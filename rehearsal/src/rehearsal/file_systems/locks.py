"""Locks between processes and between threads; the kernel frees those of dead processes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file.

    Raises:
        FileNotFoundError: The folder of the file does not exist.
    """
    descriptor = _take(file)
    try:
        yield
    finally:
        os.close(descriptor)


def _take(file: Path) -> int:
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if _is(descriptor, file):
            return descriptor
        os.close(descriptor)  # its holder removed the file while this process waited


def _is(descriptor: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False
