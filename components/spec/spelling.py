"""Suggestions for misspelt keys and values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from components.spec.errors import ConfigError, Path
from components.spec.synonyms import SYNONYMS

SIMILARITY = 0.7
"""Ratio of difflib from which on two words are similar, from 0 to 1."""

PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
"""A part of a word: of AFTER_30_DAYS, of text/csv, of AmazonEKSViewPolicy."""


def suggested_key(model: type[BaseModel], path: Path, *, by_name: bool = False) -> Path | None:
    """Return the path of the known key most similar to an unknown one, or None."""
    name = closest_match(str(path[-1]), keys_beside(model, path, by_name=by_name))
    return None if name is None else (*path[:-1], name)


def closest_match(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most similar to another, or None; case and hyphens do not count."""
    from difflib import get_close_matches  # noqa: PLC0415 (needed only when there is an error)

    plain = {_plain(one): one for one in known}
    found = get_close_matches(_plain(word), plain, n=1, cutoff=SIMILARITY)
    return plain[found[0]] if found else None


def closest_value(word: str, known: Iterable[str]) -> str | None:
    """Return the value of a closed set to suggest for a word, or None.

    It is the value that differs only in case, hyphens, underscores and spaces; else a value that
    the word is a synonym of; else the shortest that has every part of the word (AFTER_30_DAYS for
    30); else the one with the most similar spelling. If several values with every part are equally
    short, none is suggested: PERSISTENT is part of two.
    """
    known = [*known]
    plain = {_plain(one): one for one in known}
    others = [one for one in SYNONYMS.get(_plain(word), ()) if one in known]
    if same := plain.get(_plain(word), next(iter(others), None)):
        return same
    parts = _parts(word)
    longer = sorted((len(_parts(one)), one) for one in known if parts and parts <= _parts(one))
    if not longer:
        return closest_match(word, known)
    is_one = len(longer) == 1 or longer[0][0] < longer[1][0]
    return longer[0][1] if is_one else None


@cache
def keys_beside(model: type[BaseModel], path: Path, *, by_name: bool = False) -> tuple[str, ...]:
    """Return the keys of the object that contains the last key of a path.

    Args:
        model: The model that the path begins in.
        path: Keys that lead to a value.
        by_name: True if keys are names of Python, not those of a stack file.
    """
    holder: Any = model
    for step in path[:-1]:
        holder = _field_type(holder, step)
    return tuple(
        name if by_name else field.alias or name for name, field in holder.model_fields.items()
    )


def with_python_names(model: type[BaseModel], error: ConfigError) -> ConfigError:
    """Return an error with its keys in snake_case, as in Python."""
    return replace(
        error,
        path=_python_path(model, error.path),
        depends_on=tuple(_python_path(model, path) for path in error.depends_on),
    )


def _python_path(model: type[BaseModel], path: Path) -> Path:
    found: list[str | int] = []
    holder: Any = model
    for step in path:
        name = step
        if isinstance(holder, type) and issubclass(holder, BaseModel):
            names = {field.alias or name: name for name, field in holder.model_fields.items()}
            name = names.get(str(step), step)
        found.append(name)
        holder = _field_type(holder, step)
    return tuple(found)


def _field_type(model: Any, step: str | int) -> Any:
    """Return the type of one field, value or element; None where there is no such thing."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            if step in {name, field.alias}:
                return _without_none(field.annotation)
        return None
    arguments = get_args(model)
    if not arguments:
        return None
    return _without_none(arguments[0] if isinstance(step, int) else arguments[-1])


def _without_none(annotation: Any) -> Any:
    """Return X of X | None."""
    present = [one for one in get_args(annotation) if one is not type(None)]
    return present[0] if type(None) in get_args(annotation) else annotation


def _plain(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "").replace(" ", "")


def _parts(word: str) -> set[str]:
    return {one.lower() for one in PART.findall(word)}
