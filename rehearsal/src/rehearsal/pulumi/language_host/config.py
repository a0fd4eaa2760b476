"""Configuration that a rehearsal adds if a stack does not set it.

It is what users would add for themselves before the first update on AWS, such as their own address:
the table `tool.rehearsal.config` of the project's pyproject.toml. It is not written into the user's
files. The language host adds it, so that plain `pulumi` in the rehearsal's environment has it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rehearsal.project import settings


def added() -> dict[str, Any]:
    """Return the configuration to add, by its full keys."""
    return settings().config


def filled(given: Any, more: Any) -> Any:
    """Return what is given, completed at any depth by the keys that only `more` has."""
    if not isinstance(given, dict) or not isinstance(more, dict):
        return given
    both = {key: filled(value, more[key]) for key, value in given.items() if key in more}
    return {**more, **given, **both}


def fitting(given: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of `more` is added to sections: not to one with a key that keeps it out."""
    unless = settings().config_unless
    return {
        key: value
        for key, value in more.items()
        if not (isinstance(given.get(key), dict) and {*unless.get(key, ())} & {*given[key]})
    }


def completed(config: Mapping[str, str], more: Mapping[str, Any]) -> dict[str, str]:
    """Return a program's configuration, completed by `more`; objects are JSON texts."""
    given = {key: _value(config[key]) if key in config else {} for key in more}
    more = fitting(given, more)
    return {**config, **{key: json.dumps(filled(given[key], more[key])) for key in more}}


def _value(text: str) -> Any:
    """Return a setting's value; a text that is not JSON stays a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
