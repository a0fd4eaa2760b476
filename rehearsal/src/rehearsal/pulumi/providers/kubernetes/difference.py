"""Changes between two manifests, path by path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from rehearsal.pulumi.providers.server import UNKNOWN

Path = tuple[str | int, ...]
Change = Literal["add", "delete", "update"]
_ABSENT = object()
_PLAIN_KEY = re.compile(r'[^."\[\]]+')


@dataclass(frozen=True)
class Changed:
    """One changed path, with the value that was there (if deleted) or will be there."""

    path: Path
    change: Change
    value: Any

    def within(self, pattern: str) -> bool:
        """Return True if the change touches a dotted pattern: at it, below it, or around it."""
        wanted = pattern.split(".")
        for have, want in zip(self.path, wanted, strict=False):
            if want not in (have, "*"):
                return False
        return _holds(self.value, wanted[len(self.path) :])


def changes(old: Any, new: Any, path: Path = ()) -> Iterator[Changed]:
    """Yield the changes that make `old` into `new`, in the order of their paths."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from changes(old.get(key, _ABSENT), new.get(key, _ABSENT), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from changes(_at(old, index), _at(new, index), (*path, index))
    elif new is _ABSENT:
        yield Changed(path, "delete", old)
    elif old is _ABSENT:
        yield Changed(path, "add", new)
    elif new is UNKNOWN or old != new:
        yield Changed(path, "update", new)


def not_ignored(found: Iterable[Changed], ignore_changes: Iterable[str]) -> list[Changed]:
    """Return the changes outside the property paths that `ignoreChanges` names."""
    ignored = [parse_path(path) for path in ignore_changes]
    return [one for one in found if not any(_covers(path, one.path) for path in ignored)]


def dotted(path: Path) -> str:
    """Return a path as Pulumi writes it.

    Examples are `spec.containers[0].image` and `metadata.labels["a.b"]`.
    """
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            escaped = step.replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def parse_path(text: str) -> Path:
    """Return the steps of a path as Pulumi writes it; `*` matches any step."""
    steps: list[str | int] = []
    for quoted, index, plain in re.findall(
        r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.\[\]]+)', text
    ):
        if index:
            steps.append(int(index) if index != "*" else "*")
        else:
            steps.append(quoted.replace('\\"', '"') if quoted else plain)
    return tuple(steps)


def _at(values: list[Any], index: int) -> Any:
    return values[index] if index < len(values) else _ABSENT


def _covers(ignored: Path, path: Path) -> bool:
    if len(ignored) > len(path):
        return False
    return all(want in (have, "*") for want, have in zip(ignored, path, strict=False))


def _holds(value: Any, rest: list[str]) -> bool:
    if not rest or value is UNKNOWN:
        return True
    step, *further = rest
    if step == "*" and isinstance(value, list):
        return any(_holds(inner, further) for inner in value)
    return isinstance(value, dict) and step in value and _holds(value[step], further)
