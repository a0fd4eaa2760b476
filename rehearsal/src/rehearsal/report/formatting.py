"""Format figures for a person."""

from __future__ import annotations

UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
MINUTE = 60


def size(count: float) -> str:
    """Format a number of bytes, such as 512 B or 1.4 MiB."""
    unit = 0
    while count >= 1024 and unit < len(UNITS) - 1:
        count, unit = count / 1024, unit + 1
    return (
        f"{count:.0f} {UNITS[unit]}" if unit == 0 or count >= 100 else f"{count:.1f} {UNITS[unit]}"
    )


def rate(count: float, seconds: float) -> str:
    """Format bytes per second, such as 3.1 MiB/s; empty without bytes or time."""
    return f"{size(count / seconds)}/s" if seconds > 0 and count else ""


def span(seconds: float) -> str:
    """Format a time in seconds, such as 40 ms, 2.3 s or 4 min 10 s."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), MINUTE)
    return f"{minutes} min {rest} s"


def share(part: float) -> str:
    """Format a fraction as a percentage."""
    return f"{part * 100:.1f} %"
