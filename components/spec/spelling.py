"""Suggestions for misspelt keys and values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from components.spec.errors import ConfigError, Path

SIMILARITY = 0.7
"""Ratio of difflib from which on two words are similar, from 0 to 1."""


def suggested_key(model: type[BaseModel], path: Path, *, by_name: bool = False) -> Path | None:
    """Return the path of the key that an unknown one was probably meant to be, or None."""
    name = closest_match(str(path[-1]), keys_beside(model, path, by_name=by_name))
    return None if name is None else (*path[:-1], name)


def closest_match(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most similar to another, whatever its case and joints, or None."""
    from difflib import get_close_matches  # noqa: PLC0415 (needed only when there is an error)

    plain = {_plain(one): one for one in known}
    found = get_close_matches(_plain(word), plain, n=1, cutoff=SIMILARITY)
    return plain[found[0]] if found else None


@cache
def keys_beside(model: type[BaseModel], path: Path, *, by_name: bool = False) -> tuple[str, ...]:
    """Return the keys of the object that contains the last key of a path.

    Args:
        model: The model that the path begins in.
        path: Keys that lead to a value.
        by_name: Whether keys are names of Python, not those of a stack file.
    """
    holder: Any = model
    for step in path[:-1]:
        holder = _below(holder, step)
    return tuple(
        name if by_name else field.alias or name for name, field in holder.model_fields.items()
    )


def named(model: type[BaseModel], error: ConfigError) -> ConfigError:
    """Return an error with the names that its keys have in Python."""
    return replace(
        error,
        path=_named(model, error.path),
        depends_on=tuple(_named(model, path) for path in error.depends_on),
    )


def _named(model: type[BaseModel], path: Path) -> Path:
    found: list[str | int] = []
    holder: Any = model
    for step in path:
        name = step
        if isinstance(holder, type) and issubclass(holder, BaseModel):
            names = {field.alias or name: name for name, field in holder.model_fields.items()}
            name = names.get(str(step), step)
        found.append(name)
        holder = _below(holder, step)
    return tuple(found)


def _below(model: Any, step: str | int) -> Any:
    """Return the type of one field, value or element; None where there is no such thing."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            if step in {name, field.alias}:
                return _present(field.annotation)
        return None
    arguments = get_args(model)
    if not arguments:
        return None
    return _present(arguments[0] if isinstance(step, int) else arguments[-1])


def _present(annotation: Any) -> Any:
    """Return X of X | None."""
    present = [one for one in get_args(annotation) if one is not type(None)]
    return present[0] if type(None) in get_args(annotation) else annotation


def _plain(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")
