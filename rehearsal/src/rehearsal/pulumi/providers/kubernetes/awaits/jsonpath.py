"""JSONPath expressions of a `pulumi.com/waitFor` annotation.

The part of RFC 9535 that a wait needs: names, indices, `*`, and filters with existence, `==`, `!=`,
`&&`, `||`, `!`, parentheses and `search()`, as in `.status.conditions[?(@.type=="Ready")].status`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from rehearsal.pulumi.providers.server import ProviderError

Step = Callable[[Any], list[Any]]
Test = Callable[[Any], bool]

_NAME = re.compile(r"\.([\w-]+)")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_INDEX = re.compile(r"-?\d+")
_LITERAL = re.compile(r"-?\d+(\.\d+)?|true|false|null")
_SIGN = re.compile(r"\s*(==|!=)\s*")


def select(path: str, value: Any) -> list[Any]:
    """Return the values that a path selects in an object; empty if it leads nowhere.

    Raises:
        ProviderError: The path cannot be parsed; the message names it.
    """
    return _follow(parse(path), value)


def parse(path: str) -> list[Step]:
    """Return the steps of a path; a leading `$` may be left out.

    Raises:
        ProviderError: The path cannot be parsed; the message names the rest of it.
    """
    reader = _Reader(path.strip().removeprefix("$"))
    steps = reader.steps()
    if reader.rest:
        raise ProviderError(f"pulumi.com/waitFor: parsing {path!r} failed at {reader.rest!r}")
    return steps


class _Reader:
    """Parser that reads a path from its front; what it cannot read stays in `rest`."""

    def __init__(self, text: str) -> None:
        self.rest = text

    def steps(self) -> list[Step]:
        steps: list[Step] = []
        while self.rest.startswith((".", "[")):
            before, step = self.rest, self._step()
            if step is None:
                self.rest = before
                break
            steps.append(step)
        return steps

    def _step(self) -> Step | None:
        if self._take(".*"):
            return _members
        if name := self._match(_NAME):
            return _named(name[1])
        if not self._take("["):
            return None
        step = self._selector()
        return step if step and self._take("]") else None

    def _selector(self) -> Step | None:
        if self._take("*"):
            return _members
        if self._take("?"):
            test = self._either()
            return None if test is None else _filter(test)
        if quoted := self._match(_QUOTED):
            return _named(quoted[1] if quoted[1] is not None else quoted[2])
        if index := self._match(_INDEX):
            place = int(index[0])
            return lambda value: _at(value, place)
        return None

    def _either(self) -> Test | None:
        tests = [self._both()]
        while self._take("||"):
            tests.append(self._both())
        known = [test for test in tests if test]
        return None if len(known) < len(tests) else lambda one: any(test(one) for test in known)

    def _both(self) -> Test | None:
        tests = [self._test()]
        while self._take("&&"):
            tests.append(self._test())
        known = [test for test in tests if test]
        return None if len(known) < len(tests) else lambda one: all(test(one) for test in known)

    def _test(self) -> Test | None:
        if self._take("!"):
            negated = self._test()
            return None if negated is None else lambda one: not negated(one)
        if self._take("("):
            test = self._either()
            return test if self._take(")") else None
        if self._take("search("):
            return self._search()
        return self._comparison() if self._take("@") else None

    def _search(self) -> Test | None:
        if not self._take("@"):
            return None
        path = self.steps()
        pattern = self._match(_QUOTED) if self._take(",") else None
        if pattern is None or not self._take(")"):
            return None
        wanted = re.compile(_text(pattern))
        return lambda one: any(
            isinstance(found, str) and wanted.search(found) is not None
            for found in _follow(path, one)[:1]
        )

    def _comparison(self) -> Test | None:
        path = self.steps()
        sign = self._match(_SIGN)
        if sign is None:
            return lambda one: bool(_follow(path, one))
        quoted = self._match(_QUOTED)
        literal = quoted or self._match(_LITERAL)
        if literal is None:
            return None
        wanted = _text(literal) if quoted else json.loads(literal[0])
        same = sign[1] == "=="
        return lambda one: (_follow(path, one)[:1] == [wanted]) is same

    def _take(self, word: str) -> bool:
        rest = self.rest.lstrip()
        if rest.startswith(word):
            self.rest = rest.removeprefix(word)
            return True
        return False

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.rest.lstrip())
        if found:
            self.rest = self.rest.lstrip()[found.end() :]
        return found


def _text(quoted: re.Match[str]) -> str:
    text = quoted[1] if quoted[1] is not None else quoted[2]
    return re.sub(r"\\(['\"\\])", r"\1", text)


def _follow(steps: list[Step], value: Any) -> list[Any]:
    found = [value]
    for step in steps:
        found = [inner for one in found for inner in step(one)]
    return found


def _named(name: str) -> Step:
    return lambda value: [value[name]] if isinstance(value, dict) and name in value else []


def _filter(test: Test) -> Step:
    return lambda value: [one for one in _members(value) if test(one)]


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


def _at(value: Any, index: int) -> list[Any]:
    return [value[index]] if isinstance(value, list) and -len(value) <= index < len(value) else []


def printed(value: Any) -> str:
    """Return a scalar as kubectl prints it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
