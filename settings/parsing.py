"""Makes settings of raw config, and faults of what does not fit the models.

What does not fit is reported, then mended in a copy (a misspelt key is read as the one that was
meant, a bad value as its default), so that the rules can judge everything else in the same run.
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from settings.faults import Fault, Path, overlap
from settings.misfits import EXTRA, MISSING, location, misfit
from settings.spelling import meant
from settings.stack import StackConfig


class Parsed(NamedTuple):
    """What could be made of a raw config."""

    config: StackConfig
    """The config, mended where it had faults."""
    faults: list[Fault]
    """What did not fit."""
    mended: list[Path]
    """Settings whose value was bad, and is not the user's any more."""
    removed: list[Path]
    """What was taken out, in this order: later elements of a list have moved up since."""

    def as_written(self, path: Path) -> Path:
        """Where a setting of the mended config is in the user's."""
        for *holder, last in reversed(self.removed):
            depth = len(holder)
            if isinstance(last, int) and path[:depth] == tuple(holder) and len(path) > depth:
                path = (*path[:depth], _moved_back(path[depth], last), *path[depth + 1 :])
        return path


def parse(raw: dict[str, Any]) -> Parsed:
    """The stack config in a raw one, whose keys are those below the project's namespace."""
    raw = copy.deepcopy(raw)
    faults: list[Fault] = []
    mended: list[Path] = []
    removed: list[Path] = []
    while True:
        try:
            return Parsed(StackConfig.model_validate(raw), faults, mended, removed)
        except ValidationError as error:
            misfits = error.errors(include_url=False)
        misspelt = {location(one): meant(location(one)) for one in misfits if one["type"] == EXTRA}
        bad = [one for one in misfits if location(one) not in (*misspelt, *misspelt.values())]
        new = [
            one
            for one in misfits
            if (location(one) in misspelt or one in bad)
            # What the mending of an earlier round, or a bad element, left too short or missing.
            and not _any_overlap(location(one), mended)
            and not (one["type"] == "too_short" and len(one["input"]))
        ]
        faults += [misfit(one) for one in new]
        mended += [location(one) for one in new if location(one) not in misspelt]
        for path, right in misspelt.items():
            _rename(raw, path, right)
        for path in sorted({_culprit(one) for one in bad}, key=_position, reverse=True):
            _remove(raw, path)
            removed.append(path)


def _moved_back(step: str | int, removed: int) -> str | int:
    """An element's place before the one at `removed` was taken out of its list."""
    return step + 1 if isinstance(step, int) and step >= removed else step


def _culprit(details: ErrorDetails) -> Path:
    """What has to go for an error to go: a bad value, or the object that lacks a key."""
    path = location(details)
    return path[:-1] if details["type"] == MISSING else path


def _any_overlap(path: Path, others: list[Path]) -> bool:
    """Whether a setting is one of those, or a part or the whole of one."""
    return any(overlap(path, other) for other in others)


def _position(path: Path) -> tuple[tuple[int, str], ...]:
    """A sort key. From the back, removing an element of a list moves no other that is to go."""
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in path)


def _rename(raw: Any, path: Path, right: Path | None) -> None:
    """Give a misspelt key the name that was meant, unless that is taken; else drop it."""
    holder = _holder(raw, path)
    value = holder.pop(path[-1])
    if right is not None:
        holder.setdefault(right[-1], value)


def _remove(raw: Any, path: Path) -> None:
    """Take an item out."""
    del _holder(raw, path)[path[-1]]


def _holder(raw: Any, path: Path) -> Any:
    """The map or list that an item is in."""
    for step in path[:-1]:
        raw = raw[step]
    return raw
