"""Errors of a config: the key, the rule, the value it got and the remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pulumi

Path = tuple[str | int, ...]
"""Keys that lead to a value, such as ("storage", "fsx", "zone"). Numbers are positions in lists."""

NOT_SET = object()
"""The value of a key that is missing."""

LONGEST_VALUE = 100
"""Characters of a value that an error shows."""

PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class ConfigError:
    """One value that breaks one rule."""

    path: Path
    """Keys that lead to the value."""
    rule: str
    """Rule of AWS, Kubernetes or this program. It never quotes a value of the config."""
    value: object
    """The value, or NOT_SET."""
    remedy: str
    """Change that mends it."""
    depends_on: tuple[Path, ...] = ()
    """Other values that the error depends on: with another of them there might be none."""

    def concerns(self, path: Path) -> bool:
        """Return whether the error is about a value, a part of it or a whole that contains it."""
        return any(overlap(own, path) for own in (self.path, *self.depends_on))

    def below(self, prefix: Path) -> ConfigError:
        """Return the same error of a spec that lies at a path of a larger one."""
        return replace(
            self,
            path=(*prefix, *self.path),
            depends_on=tuple((*prefix, *path) for path in self.depends_on),
        )


class SpecError(pulumi.RunError):
    """All errors of a spec that was made in Python. The engine prints it without a traceback."""

    def __init__(self, spec: str, errors: Sequence[ConfigError]) -> None:
        self.errors = tuple(errors)
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        entries = [
            entry(number, f"{spec}.{setting(error.path)}", error)
            for number, error in enumerate(errors, start=1)
        ]
        super().__init__("\n\n".join([f"{spec} has {count}.", *entries]) + "\n")


def entry(number: int, key: str, error: ConfigError, value: str | None = None) -> str:
    """Return the paragraph of a report that describes an error.

    Args:
        number: Position in the report, from 1.
        key: The key as its user writes it.
        error: The error.
        value: Text to show in place of the value.
    """
    lines = [
        f"{number}. {key}",
        f"rule:   {error.rule}",
        f"got:    {value or shown(error.value)}",
        f"remedy: {error.remedy}",
    ]
    return "\n     ".join(lines)


def overlap(one: Path, other: Path) -> bool:
    """Return whether one of two values is the other, or a part of it."""
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def setting(path: Path) -> str:
    """Return a path as `pulumi config set --path` takes it, such as network.zones[0]."""
    first, *rest = path
    return str(first) + "".join(_step(step) for step in rest)


def shown(value: object) -> str:
    """Return a value as the config would have it, cut off after 100 characters."""
    if value is NOT_SET:
        return "(not set)"
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "..."


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if PLAIN_KEY.fullmatch(step) else f'["{step}"]'
