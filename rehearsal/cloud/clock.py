"""The time of the emulated account, by which AWS spaces out changes of one thing."""

from __future__ import annotations

import time

AHEAD = 0.0
"""Seconds by which the account's clock is ahead of the machine's; tests set it."""

HOUR = 3600.0


def now() -> float:
    """Seconds since the epoch, by the account's clock."""
    return time.time() + AHEAD


def wait_left(since: float | None, hours: float) -> float:
    """Seconds until so many hours have passed since a time; 0 when they have, or for no time."""
    return 0.0 if since is None else max(0.0, since + hours * HOUR - now())
