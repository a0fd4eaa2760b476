"""Imports of packages without the optional parts that a process has no use for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType


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


def leave_out_the_sdk() -> None:
    """Let `pulumi.runtime.proto` be imported without what its two parent packages import.

    A server of Pulumi's protocols needs nothing else of the SDK, which is most of its imports.
    """
    spec = find_spec("pulumi")
    assert spec is not None
    folders = list(spec.submodule_search_locations or ())
    for name, below in (("pulumi", ""), ("pulumi.runtime", "/runtime")):
        package = ModuleType(name)
        package.__path__ = [folder + below for folder in folders]
        sys.modules[name] = package
