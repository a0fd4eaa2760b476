"""Imports of packages without the optional parts that a process has no use for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(package: str) -> Iterator[None]:
    """Have imports find no such package, as if it were not installed."""
    known = sys.modules.get(package)
    sys.modules[package] = None  # type: ignore[assignment]  # as importlib's documentation has it
    try:
        yield
    finally:
        del sys.modules[package]
        if known is not None:
            sys.modules[package] = known
