"""Types of the values of hyperparameters. Every value is given as text."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from components.spec.spelling import closest_match


@dataclass(frozen=True)
class ValueType:
    """A type of value."""

    description: str
    """The values it allows, in words that follow "must be"."""
    allows: Callable[[str], bool]
    """Tells if a text is such a value."""
    remedy: Callable[[str], str]
    """Proposes a value in place of a wrong one."""


ANYTHING = ValueType("text", lambda _: True, lambda _: "remove it")
"""Type of values that only a rule between hyperparameters checks."""


def integer(least: int | None = None, most: int | None = None, *, example: int) -> ValueType:
    """Return the type of whole numbers from `least` to `most`, both included."""

    def allows(text: str) -> bool:
        try:
            value = int(text)
        except ValueError:
            return False
        return (least is None or value >= least) and (most is None or value <= most)

    ends = [("from", least), ("to", most)]
    limits = " ".join(f"{word} {end}" for word, end in ends if end is not None)
    return ValueType(f"a whole number {limits}".rstrip(), allows, lambda _: _remedy(example))


def number(
    least: float | None = None,
    most: float | None = None,
    *,
    above: float | None = None,
    below: float | None = None,
    example: float,
) -> ValueType:
    """Return the type of numbers from `least` or above `above`, to `most` or below `below`."""

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
    description = f"a number {limits}".rstrip()
    return ValueType(description, allows, lambda _: _remedy(example))


def one_of(*words: str) -> ValueType:
    """Return the type of a closed set of words."""
    return ValueType(
        f"one of {', '.join(words)}", words.__contains__, lambda text: _nearest(text, words)
    )


def list_of(*words: str) -> ValueType:
    """Return the type of a list of words, with commas and no spaces between them."""

    def remedy(text: str) -> str:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if parts and all(part in words for part in parts):
            return _remedy(",".join(parts))
        wrong = next((part for part in parts if part not in words), "")
        return _nearest(wrong, words)

    description = f"a list, with commas and no spaces, of {', '.join(words)}"
    return ValueType(
        description, lambda text: all(part in words for part in text.split(",")), remedy
    )


def constraints() -> ValueType:
    """Return the type of a tuple of -1, 0 and 1, one for each feature."""

    def allows(text: str) -> bool:
        value = _literal(text)
        return isinstance(value, tuple) and all(
            type(member) is int and member in {-1, 0, 1} for member in value
        )

    return ValueType(
        "a tuple of -1, 0 and 1, one for each feature", allows, lambda _: _remedy("(1,0,-1)")
    )


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _remedy(value: object) -> str:
    return f'set for instance "{value}"'


def _nearest(text: str, words: tuple[str, ...]) -> str:
    near = closest_match(text, words)
    return f'set "{near}"' if near else f'set for instance "{words[0]}"'
