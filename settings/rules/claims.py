"""Rules of the claims in use: none that others use is deleted by an update.

Kubernetes keeps a claim for as long as a pod mounts it, so that an update would wait for ten
minutes and end half done; and a claim of a driver that goes would keep its file system for ever.
Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/
"""

from __future__ import annotations

from collections.abc import Iterator

from components.spec.errors import ConfigError, Path
from settings.in_use import BUILT_IN, DRIVERS, Leaving, Use
from settings.rules import in_place
from settings.stack import Settings

BACKEND: Path = ("storage", "backend")
NAMESPACES: Path = ("storage", "namespaces")
REPLACING = (in_place.fsx, in_place.efs, in_place.file_system_zone)


def leaving(settings: Settings) -> Leaving:
    """Return the claims that an update by these settings deletes."""
    there = settings.deployed
    if not there.claims or there.cluster is None:
        return Leaving()
    without = {one for one, _ in there.claims} - {*settings.storage.namespaces}
    gone = without - BUILT_IN
    if there.backend and there.backend != settings.storage.backend:
        return Leaving(there.claims, DRIVERS[there.backend], gone)
    if _replaces(settings):
        return Leaving(there.claims, None, gone)
    return Leaving({one for one in there.claims if one[0] in without}, None, gone)


def used(settings: Settings, uses: list[Use]) -> Iterator[ConfigError]:
    """Find what users have on claims that go: it has to go first, by their own hand."""
    kept = {*settings.storage.namespaces}
    for use in uses:
        switched = use.claim.partition("/")[0] in kept or _switches(settings)
        path = BACKEND if switched else NAMESPACES
        value = settings.storage.backend if switched else list(settings.storage.namespaces)
        if use.holds:
            rule = f"no pod of others may mount a claim that is deleted: {use.what} has {use.claim}"
            remedy = f"run `{use.free}`, and start it again after the update"
        else:
            rule = f"no claim of others may be deleted: {use.what} goes with this change"
            remedy = f"copy out what is to be kept, then run `{use.free}`"
        yield ConfigError(path, rule, value, remedy)


def _switches(settings: Settings) -> bool:
    return settings.deployed.backend != settings.storage.backend


def _replaces(settings: Settings) -> bool:
    there = settings.deployed.file_system
    if there is None or there.id not in settings.allow_replacement_of:
        return False
    strict = settings.model_copy(update={"allow_replacement_of": ()})
    return any(True for rule in REPLACING for _ in rule(strict))
