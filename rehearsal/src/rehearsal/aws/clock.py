"""Clock of the emulated account, for the minimum time that AWS requires between two changes."""

from __future__ import annotations

import time

AHEAD = 0.0
"""Seconds by which the account's clock is ahead of the machine's, 0 by default; tests set it."""

HOUR = 3600.0


def now() -> float:
    """Return the time in seconds since the epoch, by the account's clock."""
    return time.time() + AHEAD


def wait_left(since: float | None, hours: float) -> float:
    """Return the seconds until a number of hours have passed since a time.

    The result is 0 when they have passed, or if there is no time.
    """
    return 0.0 if since is None else max(0.0, since + hours * HOUR - now())
