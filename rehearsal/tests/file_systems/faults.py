"""Kills at a chosen step: a step is whatever others can see, in the folder or in the index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from rehearsal.file_systems.index import Index

STEPS = [
    (Path, "replace"),
    (Path, "unlink"),
    (Path, "chmod"),
    (Index, "save"),
    (Index, "see"),
    (Index, "forget"),
    (Index, "move"),
]


class KilledError(BaseException):
    """End of a killed process, as an exception that nothing catches."""


@contextmanager
def killed_at(step: int) -> Iterator[None]:
    """Has the block end just before its n-th step, as if by a kill; or go through without."""
    left = [step]

    def counting(real: Callable) -> Callable:
        def call(*arguments, **options):
            if left[0] == 0:
                raise KilledError
            left[0] -= 1
            return real(*arguments, **options)

        return call

    patches = [
        mock.patch.object(owner, name, counting(getattr(owner, name))) for owner, name in STEPS
    ]
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()
