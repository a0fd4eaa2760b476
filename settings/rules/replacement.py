"""Errors about changes that would replace a file system or bucket, with the loss of its data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from components.spec.errors import NOT_SET, ConfigError, Path
from settings.deployed import DataStore
from settings.stack import Settings

ALLOWED: Path = ("allowReplacementOf",)


class Change(NamedTuple):
    """A setting that differs from what is deployed."""

    path: Path
    rule: str
    wanted: object
    there: object


def is_allowed(settings: Settings, store: DataStore) -> bool:
    """Return whether the user allows to replace a file system or bucket."""
    return store.id in settings.allow_replacement_of


def permission(settings: Settings, store: DataStore) -> str:
    """Return the part of a remedy that permits the loss of a file system or bucket."""
    unprotected = " with `protect: false`" if settings.protect else ""
    return f"set `allowReplacementOf: [{store.id}]`{unprotected} to lose its data"


def replacement_errors(
    settings: Settings, store: DataStore, changes: Iterable[Change]
) -> Iterator[ConfigError]:
    """Yield an error for each change that would lose data, unless the user allows it."""
    if is_allowed(settings, store):
        return
    for path, rule, wanted, there in changes:
        back = f"set {there}" if there not in (None, NOT_SET) else "remove it"
        text = f"{store.id} keeps {rule} for life: another would replace it and lose its data"
        yield ConfigError(
            path, text, wanted, f"{back}, or {permission(settings, store)}", (ALLOWED,)
        )
