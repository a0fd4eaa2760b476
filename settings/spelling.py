"""What a misspelt key or word was meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from settings.faults import Path
from settings.stack import StackConfig

ENOUGH_ALIKE = 0.7


def meant(path: Path) -> Path | None:
    """The key that a key the models do not know was meant to be, or None."""
    name = closest(str(path[-1]), keys_beside(path))
    return None if name is None else (*path[:-1], name)


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like the given one, whatever its case and underscores, if any is."""
    from difflib import get_close_matches  # noqa: PLC0415 (needed only when there is a fault)

    plain = {_plain(one): one for one in known}
    found = get_close_matches(_plain(word), plain, n=1, cutoff=ENOUGH_ALIKE)
    return plain[found[0]] if found else None


@cache
def keys_beside(path: Path) -> tuple[str, ...]:
    """The keys that the object holding this one may have, as they are written in YAML."""
    model: Any = StackConfig
    for step in path[:-1]:
        model = _below(model, step)
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _below(model: Any, step: str | int) -> Any:
    """The type of one item of a model, map or list."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        fields = {field.alias: field.annotation for field in model.model_fields.values()}
        return _bare(fields[str(step)])
    arguments = get_args(model)
    return _bare(arguments[0] if isinstance(step, int) else arguments[-1])


def _bare(annotation: Any) -> Any:
    """The type of a value that may be absent: X of X | None."""
    present = [one for one in get_args(annotation) if one is not type(None)]
    return present[0] if type(None) in get_args(annotation) else annotation


def _plain(word: str) -> str:
    """A word without case and without what joins its parts."""
    return word.lower().replace("_", "").replace("-", "")
