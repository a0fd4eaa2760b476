"""The kinds of values a hyperparameter can have. Every value is given as text."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from components.spec.spelling import closest_match


@dataclass(frozen=True)
class Kind:
    """One kind of value."""

    wanted: str
    """The values it allows, in words that follow "must be"."""
    allows: Callable[[str], bool]
    """Tells if a text is such a value."""
    remedy: Callable[[str], str]
    """Proposes a value in place of a wrong one."""


ANYTHING = Kind("text", lambda _: True, lambda _: "remove it")
"""For what only a rule between hyperparameters can judge."""


def whole(least: int | None = None, most: int | None = None, *, such_as: int) -> Kind:
    """Make the kind of whole numbers from `least` to `most`, both included."""

    def allows(text: str) -> bool:
        try:
            value = int(text)
        except ValueError:
            return False
        return (least is None or value >= least) and (most is None or value <= most)

    ends = [("from", least), ("to", most)]
    limits = " ".join(f"{word} {end}" for word, end in ends if end is not None)
    return Kind(f"a whole number {limits}".rstrip(), allows, lambda _: _set(such_as))


def number(
    least: float | None = None,
    most: float | None = None,
    *,
    above: float | None = None,
    below: float | None = None,
    such_as: float,
) -> Kind:
    """Make the kind of numbers from `least` or above `above`, to `most` or below `below`."""

    def allows(text: str) -> bool:
        try:
            value = float(text)
        except ValueError:
            return False
        return not (
            math.isnan(value)
            or (least is not None and value < least)
            or (most is not None and value > most)
            or (above is not None and value <= above)
            or (below is not None and value >= below)
        )

    ends = [("from", least), ("above", above), ("to", most), ("below", below)]
    limits = " ".join(f"{word} {end:g}" for word, end in ends if end is not None)
    wanted = f"a number {limits}".rstrip()
    return Kind(wanted, allows, lambda _: _set(such_as))


def one_of(*words: str) -> Kind:
    """Make the kind of a closed set of words."""
    return Kind(
        f"one of {', '.join(words)}", words.__contains__, lambda text: _nearest(text, words)
    )


def some_of(*words: str) -> Kind:
    """Make the kind of a list of such words, with commas and no spaces between them."""

    def remedy(text: str) -> str:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if parts and all(part in words for part in parts):
            return _set(",".join(parts))
        wrong = next((part for part in parts if part not in words), "")
        return _nearest(wrong, words)

    wanted = f"a list, with commas and no spaces, of {', '.join(words)}"
    return Kind(wanted, lambda text: all(part in words for part in text.split(",")), remedy)


def constraints() -> Kind:
    """Make the kind of a tuple of -1, 0 and 1, one for each feature."""

    def allows(text: str) -> bool:
        value = _literal(text)
        return isinstance(value, tuple) and all(
            type(member) is int and member in {-1, 0, 1} for member in value
        )

    return Kind("a tuple of -1, 0 and 1, one for each feature", allows, lambda _: _set("(1,0,-1)"))


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _set(value: object) -> str:
    return f'set for instance "{value}"'


def _nearest(text: str, words: tuple[str, ...]) -> str:
    near = closest_match(text, words)
    return f'set "{near}"' if near else f'set for instance "{words[0]}"'
