"""What is looked at every now and then."""

from __future__ import annotations

import sqlite3
import threading
from typing import Any

from rehearsal.cluster.controllers import __main__ as controllers


class Once(threading.Event):
    """Lets a loop go round so many times."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.left = rounds

    def wait(self, timeout: float | None = None) -> bool:
        self.left -= 1
        return self.left < 0


def test_housekeeping_goes_on_after_what_nobody_foresaw() -> None:
    swept = []

    class Pods:
        def sweep(self) -> None:
            swept.append(1)
            raise sqlite3.OperationalError("unable to open database file")

    pods: Any = Pods()
    nothing: Any = None
    controllers._keep_house(nothing, nothing, pods, Once(3))
    assert len(swept) == 3
