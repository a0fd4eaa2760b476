"""Periodic checks of the controllers."""

from __future__ import annotations

import sqlite3
import threading
from typing import Any

from rehearsal.kubernetes.controllers import __main__ as controllers


class Once(threading.Event):
    """Lets a loop go round so many times."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.left = rounds

    def wait(self, timeout: float | None = None) -> bool:
        self.left -= 1
        return self.left < 0


class Contents:
    """File systems that are to be looked at on the spot, or when their time has come."""

    def __init__(self, *, due: bool) -> None:
        self.has_imports_due = due


def test_housekeeping_goes_on_after_what_nobody_foresaw() -> None:
    swept = []

    class Pods:
        def sweep(self) -> None:
            swept.append(1)
            raise sqlite3.OperationalError("unable to open database file")

    pods: Any = Pods()
    nothing: Any = None
    contents: Any = Contents(due=True)
    controllers._keep_house(nothing, contents, pods, Once(3))
    assert len(swept) == 3


def test_nothing_is_looked_at_before_its_time() -> None:
    nothing: Any = None
    contents: Any = Contents(due=False)
    controllers._keep_house(nothing, contents, nothing, Once(3))
