"""Values of inputs, checked against the types that Pulumi's packages declare for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from typing import Any, Literal, get_origin

from components.sdk_inputs import alternatives, fields_of, is_list, items_of
from components.spec.errors import ConfigError, Path, format_path
from components.spec.spelling import closest_match

KINDS: Mapping[str, tuple[type, ...]] = {
    "an object": (dict,),
    "a list": (list, tuple),
    "a string": (str,),
    "true or false": (bool,),
    "a whole number": (int,),
    "a number": (int, float),
}
"""Types of values in YAML, by their names in an error."""
SCALARS = {str: "a string", bool: "true or false", int: "a whole number", float: "a number"}
FILE = "a file, which a stack file cannot give"


def input_errors(
    path: Path, known: Mapping[str, Any], values: Mapping[str, Any], depends_on: tuple[Path, ...]
) -> Iterator[ConfigError]:
    """Yield an error for each undeclared input, and for each value of another type.

    Null fits any type: it removes an input.

    Args:
        path: Setting that has the inputs.
        known: Declared types by the names of inputs.
        values: Values by the names of inputs.
        depends_on: Settings that decide which types are declared.
    """
    for name, value in values.items():
        where = (*path, name)
        if name not in known:
            guess = closest_match(name, known)
            remedy = f'did you mean "{guess}"?' if guess else f"use one of {', '.join(known)}"
            holder = "the type" if path[-1] == "inputs" else format_path(path)
            yield ConfigError(where, f"{holder} has no such input", value, remedy, depends_on)
        elif value is not None:
            yield from _value(where, known[name], value, depends_on)


def _value(
    where: Path, annotation: Any, value: Any, depends_on: tuple[Path, ...]
) -> Iterator[ConfigError]:
    ways = alternatives(annotation)
    fitting = next((way for way in ways if _matches(way, value)), None)
    if fitting is None:
        kinds = list(dict.fromkeys(kind for way in ways if (kind := _kind(way))))
        yield ConfigError(
            where, f"must be {' or '.join(kinds)}", value, _remedy(value, kinds), depends_on
        )
    elif (known := fields_of(fitting)) is not None:
        yield from input_errors(where, known, value, depends_on)
    elif (item := items_of(fitting)) is not None:
        parts = enumerate(value) if is_list(fitting) else value.items()
        for step, part in parts:
            if part is not None:
                yield from _value((*where, step), item, part, depends_on)


def _kind(annotation: Any) -> str | None:
    """Return the name of a type of value in an error; None if the package declares no type."""
    if fields_of(annotation) is not None:
        return "an object"
    if items_of(annotation) is not None:
        return "a list" if is_list(annotation) else "an object"
    if get_origin(annotation) is Literal:
        return "a string"
    if isinstance(annotation, type) and annotation in SCALARS:
        return SCALARS[annotation]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "a string"
    return FILE if getattr(annotation, "__module__", "") == "pulumi.asset" else None


def _matches(annotation: Any, value: Any) -> bool:
    kind = _kind(annotation)
    if kind is None:
        return True
    if isinstance(value, bool) and kind != "true or false":
        return False
    return isinstance(value, KINDS.get(kind, ()))


def _remedy(value: Any, kinds: Collection[str]) -> str:
    if "a string" in kinds and isinstance(value, (bool, int)):
        return f'write it in quotes: "{str(value).lower()}"'
    if isinstance(value, str) and "a string" not in kinds:
        is_plain = value in {"true", "false"} or value.lstrip("-").isdecimal()
        return "write it without quotes" if is_plain else "correct it"
    return "correct it"
