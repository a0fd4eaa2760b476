"""Configuration that a rehearsal adds where a stack has none.

It is what a person would add for themselves before the first update on AWS, such as their own
address: the table `tool.rehearsal.config` of the project's pyproject.toml. It comes into no file of
the user's. The language host adds it, so that plain `pulumi` in the rehearsal's environment has it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from rehearsal.places import PROJECT


def added() -> dict[str, Any]:
    """The configuration to add, by its full keys."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    found: dict[str, Any] = project.get("tool", {}).get("rehearsal", {}).get("config", {})
    return found


def filled(given: Any, more: Any) -> Any:
    """What is given, with the keys that only the other has, at any depth."""
    if not isinstance(given, dict) or not isinstance(more, dict):
        return given
    both = {key: filled(value, more[key]) for key, value in given.items() if key in more}
    return {**more, **given, **both}


def completed(config: Mapping[str, str], more: Mapping[str, Any]) -> dict[str, str]:
    """A program's config as the engine hands it over, objects as JSON, with what is added."""
    given = {key: _value(config[key]) if key in config else {} for key in more}
    return {**config, **{key: json.dumps(filled(given[key], more[key])) for key in more}}


def _value(text: str) -> Any:
    """A setting's value; text that is no JSON as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text
