"""Waits of the tests: for something to become true, never for a time to pass."""

import time
from collections.abc import Callable

PATIENCE = 120.0
"""Seconds after which what has not come never comes, on the busiest machine."""


def until(true: Callable[[], object]) -> None:
    """Wait until it is true."""
    ends = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < ends, f"not true after {PATIENCE:.0f} s"
        time.sleep(0.02)
