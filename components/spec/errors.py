"""Errors of a config, each with its key, rule, value and remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pulumi

Path = tuple[str | int, ...]
"""Path of keys to a value, such as ("storage", "fsx", "zone"). Numbers are positions in lists."""

NOT_SET = object()
"""Value of a missing key."""

MAX_VALUE_LENGTH = 100
"""Maximum length of a value in an error message."""

PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class ConfigError:
    """A value that breaks a rule."""

    path: Path
    """Path of the value."""
    rule: str
    """Rule of AWS, Kubernetes or this program. It never quotes a value of the config."""
    value: object
    """The value, or NOT_SET."""
    remedy: str
    """Change that corrects the value."""
    depends_on: tuple[Path, ...] = ()
    """Paths of other values on which the error depends."""

    def concerns(self, path: Path) -> bool:
        """Return whether the error is about a value, a part of it or a whole that contains it."""
        return any(overlap(own, path) for own in (self.path, *self.depends_on))

    def prefixed(self, prefix: Path) -> ConfigError:
        """Return the error with a prefix before its paths."""
        return replace(
            self,
            path=(*prefix, *self.path),
            depends_on=tuple((*prefix, *path) for path in self.depends_on),
        )


class SpecError(pulumi.RunError):
    """Errors of a spec that was constructed in Python. The engine prints no traceback."""

    def __init__(self, spec: str, errors: Sequence[ConfigError]) -> None:
        self.errors = tuple(errors)
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        entries = [
            format_error(number, f"{spec}.{format_path(error.path)}", error)
            for number, error in enumerate(errors, start=1)
        ]
        super().__init__("\n\n".join([f"{spec} has {count}.", *entries]) + "\n")


def format_error(number: int, key: str, error: ConfigError, value: str | None = None) -> str:
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
        f"got:    {value or format_value(error.value)}",
        f"remedy: {error.remedy}",
    ]
    return "\n     ".join(lines)


def overlap(one: Path, other: Path) -> bool:
    """Return whether one of two values is the other, or a part of it."""
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def format_path(path: Path) -> str:
    """Return a path in the form of `pulumi config set --path`, such as network.zones[0]."""
    first, *rest = path
    return str(first) + "".join(_step(step) for step in rest)


def format_value(value: object) -> str:
    """Return a value as JSON, truncated after 100 characters."""
    if value is NOT_SET:
        return "(not set)"
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= MAX_VALUE_LENGTH else text[:MAX_VALUE_LENGTH] + "..."


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if PLAIN_KEY.fullmatch(step) else f'["{step}"]'
