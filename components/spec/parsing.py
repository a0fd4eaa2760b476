"""Parsing of raw values into a spec, with an error for each value that does not fit.

A value that does not fit is reported and then corrected in a copy: a misspelt key becomes the most
similar one, and a bad value its default. So the rules can check all other values in the same run.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from components.spec.errors import ConfigError, Path, overlap
from components.spec.spelling import suggested_key
from components.spec.wording import EXTRA, MISSING, config_error, location

SpecType = TypeVar("SpecType", bound=BaseModel)


@dataclass(frozen=True)
class Parsed(Generic[SpecType]):
    """A spec, and the errors of the raw values that it was made from."""

    spec: SpecType
    """The spec, with corrections where values did not fit."""
    errors: list[ConfigError]
    """Errors of the values that did not fit."""
    corrected: list[Path]
    """Paths of those values, which are no longer the user's."""
    removed: list[Path]
    """Paths removed from the copy, in this order. Later elements of a list move up each time."""

    def original_path(self, path: Path) -> Path:
        """Return the path in the user's config of a value in the corrected copy."""
        for *holder, last in reversed(self.removed):
            depth = len(holder)
            if isinstance(last, int) and path[:depth] == tuple(holder) and len(path) > depth:
                path = (*path[:depth], _moved_back(path[depth], last), *path[depth + 1 :])
        return path


def parse(model: type[SpecType], raw: dict[str, Any], *, by_name: bool = False) -> Parsed[SpecType]:
    """Make a spec from raw values.

    Args:
        model: Class of the spec.
        raw: Values by key; they are not changed.
        by_name: True if the keys are in snake_case, as in Python, not in camelCase.
    """
    raw = copy.deepcopy(raw)
    errors: list[ConfigError] = []
    corrected: list[Path] = []
    removed: list[Path] = []
    while True:
        try:
            spec = model.model_validate(raw, by_alias=not by_name, by_name=by_name)
            return Parsed(spec, errors, corrected, removed)
        except ValidationError as error:
            found = error.errors(include_url=False)
        misspelt = {
            location(one): suggested_key(model, location(one), by_name=by_name)
            for one in found
            if one["type"] == EXTRA
        }
        bad = [one for one in found if location(one) not in (*misspelt, *misspelt.values())]
        new = [
            one
            for one in found
            if (location(one) in misspelt or one in bad)
            # A correction can leave a list too short or a key missing.
            and not any(overlap(location(one), path) for path in corrected)
            and not (one["type"] == "too_short" and len(one["input"]))
        ]
        errors += [config_error(model, one, by_name=by_name) for one in new]
        corrected += [location(one) for one in new if location(one) not in misspelt]
        for path, right in misspelt.items():
            _rename(raw, path, right)
        for path in sorted({_path_to_remove(one) for one in bad}, key=_position, reverse=True):
            del _holder(raw, path)[path[-1]]
            removed.append(path)


def unaffected(parsed: Parsed[SpecType], errors: Iterable[ConfigError]) -> list[ConfigError]:
    """Return the errors that depend on no corrected value, with paths of the user's config."""
    written = [
        replace(
            one,
            path=parsed.original_path(one.path),
            depends_on=tuple(parsed.original_path(path) for path in one.depends_on),
        )
        for one in errors
    ]
    return [one for one in written if not any(one.concerns(path) for path in parsed.corrected)]


def _moved_back(step: str | int, removed: int) -> str | int:
    """Return the position of an element before the one at `removed` was taken out."""
    return step + 1 if isinstance(step, int) and step >= removed else step


def _path_to_remove(details: ErrorDetails) -> Path:
    """Return the path to remove so that an error goes: a bad value, or an incomplete object."""
    path = location(details)
    return path[:-1] if details["type"] == MISSING else path


def _position(path: Path) -> tuple[tuple[int, str], ...]:
    """Return a sort key. Removed from the back, no element of a list moves another."""
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in path)


def _rename(raw: Any, path: Path, right: Path | None) -> None:
    """Give a misspelt key its right name, unless that is taken; else drop it."""
    holder = _holder(raw, path)
    value = holder.pop(path[-1])
    if right is not None:
        holder.setdefault(right[-1], value)


def _holder(raw: Any, path: Path) -> Any:
    for step in path[:-1]:
        raw = raw[step]
    return raw
