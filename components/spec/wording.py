"""Wording of pydantic's errors in plain English."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from components.spec.errors import NOT_SET, ConfigError, Path, format_path, format_value
from components.spec.spelling import closest_value, keys_beside, suggested_key

Wording = tuple[str, str]
"""A rule and a remedy."""

EXTRA, MISSING = "extra_forbidden", "missing"
"""Types of pydantic's errors for an unknown key and for a required one that is not there."""


def location(details: ErrorDetails) -> Path:
    """Return the path of an error; pydantic marks a key of a map by a last step "[key]"."""
    return tuple(step for step in details["loc"] if step != "[key]")


def config_error(
    model: type[BaseModel], details: ErrorDetails, *, by_name: bool = False
) -> ConfigError:
    """Return pydantic's error with a rule and a remedy in plain English.

    Args:
        model: The model that was validated.
        details: The error.
        by_name: True if keys are names of Python, not those of a stack file.
    """
    if details["type"] == EXTRA:
        rule, remedy = _unknown_key(model, location(details), by_name=by_name)
    else:
        rule, remedy = _wording(details)
    value = NOT_SET if details["type"] == MISSING else details["input"]
    return ConfigError(location(details), rule, value, remedy)


def _wording(details: ErrorDetails) -> Wording:
    """Return the wording for a type of error, which is recognised by its beginning."""
    for start, words in WORDINGS.items():
        if details["type"].startswith(start):
            return words(details) if callable(words) else words
    return details["msg"], "give a value that fits"


def _unknown_key(model: type[BaseModel], path: Path, *, by_name: bool) -> Wording:
    name = str(path[-1])
    holder = format_path(path[:-1]) if path[:-1] else _title(model)
    if "." in name or "[" in name:
        fix = f"to set a part of a section, use `pulumi config set --path '{name}'`"
    elif (right := suggested_key(model, path, by_name=by_name)) is not None:
        fix = f'did you mean "{right[-1]}"?'
    else:
        fix = f"remove it, or use one of {', '.join(keys_beside(model, path, by_name=by_name))}"
    return f"{holder} has no such key", fix


def _title(model: type[BaseModel]) -> str:
    """Return the words for a whole model."""
    return model.model_config.get("title") or model.__name__


def _missing(details: ErrorDetails) -> Wording:
    path = location(details)
    holder = f" to {format_path(path[:-1])}" if path[:-1] else ""
    return "this key is required", f"add {path[-1]}{holder}"


def _closed_set(details: ErrorDetails) -> Wording:
    """Return the wording for a closed set, which pydantic words as 'a', 'b' or 'c'."""
    expected = details["ctx"]["expected"]
    words = expected.replace("'", "").replace(" or ", ", ")
    value = details["input"]
    if str(value) in words.split(", ") and not isinstance(value, bool):
        remedy = "write it without quotes" if isinstance(value, str) else "write it in quotes"
        return (
            f"must be one of {words}",
            f"{remedy}: {value if isinstance(value, str) else format_value(str(value))}",
        )
    return f"must be one of {words}", _suggestion(value, words.split(", "))


def _suggestion(value: Any, known: list[str]) -> str:
    """Return the remedy for a value that is not in its closed set."""
    if not isinstance(value, bool | int | str):
        return "choose one of them"
    word = value if isinstance(value, str) else format_value(value)
    if all(one.isdecimal() for one in (word, *known)):
        return f"set {min(known, key=lambda one: abs(int(one) - int(word)))}, the nearest"
    guess = closest_value(word, known)
    return f'did you mean "{guess}"?' if guess else "choose one of them"


def _text(details: ErrorDetails) -> Wording:
    """Return the wording for a string; a number in YAML loses its quotes and its last zeros."""
    value = details["input"]
    if isinstance(value, float):
        return "must be a string", "write it in quotes (without them, 1.30 is read as 1.3)"
    if isinstance(value, int) and location(details)[-1] == "permissions":
        return "must be a string", _mode(value)
    if isinstance(value, (bool, int)):
        return "must be a string", f'write it in quotes: "{format_value(value)}"'
    return "must be a string", "give a string"


def _mode(value: int) -> str:
    """Return the remedy for a POSIX mode without quotes, which YAML reads as octal after a 0."""
    written = str(value) if set(str(value)) <= {*"01234567"} and str(value)[0] in "67" else ""
    digits = written or f"{value:o}"
    read = "" if written else f" (YAML reads 0{digits} without quotes as the number {value})"
    return f'write it in quotes: "{digits:0>4}"{read}'


def _limit(details: ErrorDetails) -> Wording:
    rule = details["msg"].removeprefix("Input should be ")
    return f"must be {rule}", "give a value within that limit"


def _length(details: ErrorDetails) -> Wording:
    limits = details["ctx"]
    if "min_length" in limits:
        return f"must have at least {limits['min_length']} item", "add one"
    return f"must have at most {limits['max_length']} items", "remove some"


def _list(details: ErrorDetails) -> Wording:
    return "must be a list", f"write [{details['input']}]"


OBJECT = ("must be an object: keys with values", "give it keys, each with a value")

WORDINGS: dict[str, Wording | Callable[[ErrorDetails], Wording]] = {
    MISSING: _missing,
    "literal_error": _closed_set,
    "string": _text,
    "int": ("must be a whole number", "give a whole number"),
    "float": ("must be a number", "give a number"),
    "bool": ("must be true or false", "write true or false"),
    "greater_than": _limit,
    "less_than": _limit,
    "too_short": _length,
    "too_long": _length,
    "tuple": _list,
    "dict": OBJECT,
    "model": OBJECT,
}
"""Wordings by the beginning of the type of pydantic's error."""
