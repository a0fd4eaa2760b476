"""Types of the values of hyperparameters."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rehearsal.sagemaker.xgboost.errors import AlgorithmError, UserError


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
    """Type of a value: its parser and its allowed values."""

    wanted: str
    """Description of the value for the user."""
    parse: Callable[[str], Any]
    allows: Callable[[Any], bool]
    allowed: str
    required: bool = False

    def read(self, name: str, text: str) -> Any:
        """Return the value of a text.

        Raises:
            UserError: The text has another type, or the value is not allowed.
            AlgorithmError: The value has another structure, which the container does not handle.
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
    """Return the type of an integer."""
    interval = Interval(low, high)
    return Kind("a whole number", int, interval.__contains__, str(interval), required)


def number(
    low: float | None = None,
    high: float | None = None,
    *,
    low_open: bool = False,
    high_open: bool = False,
) -> Kind:
    """Return the type of a number."""
    interval = Interval(low, high, low_open, high_open)
    return Kind("a number", float, interval.__contains__, str(interval))


def one_of(*names: str) -> Kind:
    """Return the type of one word out of a list."""
    return Kind("one word", str, names.__contains__, str(list(names)))


def several_of(allows: Callable[[str], bool], allowed: str) -> Kind:
    """Return the type of words separated by commas."""
    return Kind(
        "words with commas and no spaces between them",
        _words,
        lambda words: all(map(allows, words)),
        allowed,
    )


def tuple_of(*members: int) -> Kind:
    """Return the type of a tuple such as (1, 0, -1), whose members are from a list."""
    return Kind(
        "a list in parentheses",
        ast.literal_eval,
        lambda values: all(value in members for value in values),
        str(list(members)),
    )


def nested_list() -> Kind:
    """Return the type of a list of lists of column numbers, such as [[1, 2], [3, 4]]."""
    interval = Interval(1)
    return Kind(
        "a list of lists",
        ast.literal_eval,
        lambda lists: all(one in interval for inner in lists for one in inner),
        str(interval),
    )


def _words(text: str) -> list[str]:
    return text.split(",")  # as the container does, which keeps spaces in the words
