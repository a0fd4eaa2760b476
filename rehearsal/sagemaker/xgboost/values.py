"""The kinds of values that a hyperparameter may have."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .errors import AlgorithmError, UserError


@dataclass(frozen=True)
class Interval:
    """A range of numbers; each end belongs to it unless it is open."""

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: float) -> bool:
        above = self.low is None or value > self.low or (value == self.low and not self.low_open)
        below = (
            self.high is None or value < self.high or (value == self.high and not self.high_open)
        )
        return above and below

    def __str__(self) -> str:
        low = "(-inf" if self.low is None else f"{'(' if self.low_open else '['}{self.low:g}"
        high = "+inf)" if self.high is None else f"{self.high:g}{')' if self.high_open else ']'}"
        return f"{low}, {high}"


@dataclass(frozen=True)
class Kind:
    """What a value is read as, and which values are allowed."""

    wanted: str
    """What the user should give, in words."""
    parse: Callable[[str], Any]
    allows: Callable[[Any], bool]
    allowed: str
    required: bool = False

    def read(self, name: str, text: str) -> Any:
        """The value of a text.

        Raises:
            UserError: It is of another kind, or outside what is allowed.
            AlgorithmError: It has another form, which the container does not expect.
        """
        try:
            value = self.parse(text)
        except (ValueError, SyntaxError) as error:
            raise UserError(
                f"Hyperparameter {name}: could not parse value (caused by "
                f"{type(error).__name__}). Give {self.wanted} in {self.allowed}, not {text!r}."
            ) from error
        try:
            allowed = self.allows(value)
        except TypeError as error:
            raise AlgorithmError(
                f"Hyperparameter {name}: unexpected failure when validating {value} (caused by "
                f"TypeError). Give {self.wanted} in {self.allowed}."
            ) from error
        if not allowed:
            raise UserError(f"Hyperparameter {name}: {value} is not in {self.allowed}")
        return value


def integer(low: float | None = None, high: float | None = None, *, required: bool = False) -> Kind:
    """A whole number."""
    interval = Interval(low, high)
    return Kind("a whole number", int, interval.__contains__, str(interval), required)


def number(
    low: float | None = None,
    high: float | None = None,
    *,
    low_open: bool = False,
    high_open: bool = False,
) -> Kind:
    """A number."""
    interval = Interval(low, high, low_open, high_open)
    return Kind("a number", float, interval.__contains__, str(interval))


def one_of(*names: str) -> Kind:
    """One of a few words."""
    return Kind("one word", str, names.__contains__, str(list(names)))


def several_of(allows: Callable[[str], bool], allowed: str) -> Kind:
    """Words, apart by commas."""
    return Kind(
        "words with commas and no spaces between them",
        _words,
        lambda words: all(map(allows, words)),
        allowed,
    )


def tuple_of(*members: int) -> Kind:
    """A tuple such as (1, 0, -1), each member one of a few numbers."""
    return Kind(
        "a list in parentheses",
        ast.literal_eval,
        lambda values: all(value in members for value in values),
        str(list(members)),
    )


def nested_list() -> Kind:
    """A list of lists of numbers of columns, such as [[1, 2], [3, 4]]."""
    interval = Interval(1)
    return Kind(
        "a list of lists",
        ast.literal_eval,
        lambda lists: all(one in interval for inner in lists for one in inner),
        str(interval),
    )


def _words(text: str) -> list[str]:
    return text.split(",")  # as the container does: what has a space is another word
