"""JSONPath, as a `pulumi.com/waitFor` annotation has it.

The part of RFC 9535 that picks fields out of an object: names, indices, `[*]` and comparisons of a
field with a string or a number, as in `.status.conditions[?(@.type=="Ready")].status`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rehearsal.providers.edge import ProviderError

Step = Callable[[Any], list[Any]]

_STEP = re.compile(
    r"""
    \.(?P<name>[\w-]+)
    | \[ (?P<quote>['"])(?P<quoted>.*?)(?P=quote) \]
    | \[ (?P<index>-?\d+) \]
    | (?P<each>\.\* | \[\*\])
    | \[\? \s* \(? \s* @\.(?P<key>[\w.-]+) \s* (?P<sign>==|!=) \s*
        (?P<wanted>'[^']*'|"[^"]*"|[\w.-]+) \s* \)? \s* \]
    """,
    re.VERBOSE,
)


def select(path: str, value: Any) -> list[Any]:
    """The values that a path picks out of an object, none where it leads nowhere.

    Raises:
        ProviderError: if the path can't be read; the message names it.
    """
    found = [value]
    for step in parse(path):
        found = [inner for one in found for inner in step(one)]
    return found


def parse(path: str) -> list[Step]:
    """The steps of a path; a leading `$` may be left out.

    Raises:
        ProviderError: naming the rest that can't be read.
    """
    rest = path.strip().removeprefix("$")
    steps: list[Step] = []
    while rest:
        match = _STEP.match(rest)
        if not match:
            raise ProviderError(f"pulumi.com/waitFor: parsing {path!r} failed at {rest!r}")
        steps.append(_step(match))
        rest = rest[match.end() :]
    return steps


def _step(match: re.Match[str]) -> Step:
    groups = match.groupdict()
    if groups["each"]:
        return _members
    if groups["index"] is not None:
        return lambda value: _at(value, int(groups["index"]))
    if groups["key"]:
        wanted = groups["wanted"].strip("'\"")
        same = groups["sign"] == "=="
        return lambda value: [
            one for one in _members(value) if (_text(one, groups["key"]) == wanted) is same
        ]
    name = groups["name"] or groups["quoted"]
    return lambda value: [value[name]] if isinstance(value, dict) and name in value else []


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


def _at(value: Any, index: int) -> list[Any]:
    return [value[index]] if isinstance(value, list) and -len(value) <= index < len(value) else []


def _text(value: Any, key: str) -> str | None:
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            return None
        value = value[part]
    return printed(value)


def printed(value: Any) -> str:
    """A scalar as kubectl prints it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
