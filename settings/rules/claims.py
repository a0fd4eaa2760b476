"""Rule of claims: an update deletes none that users' pods mount, and none of users' own.

Kubernetes keeps a claim for as long as a pod mounts it, so that the update would wait for ten
minutes and fail half way. A claim of a CSI driver that is deleted would keep its file system
forever.
Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/
"""

from __future__ import annotations

from collections.abc import Iterator

from components.spec.errors import ConfigError, Path
from settings.blockers import BUILT_IN, Blocker, Deletions
from settings.rules import updates
from settings.stack import Settings
from settings.storage_spec import BACKEND_SPECS

BACKEND: Path = ("storage", "backend")
NAMESPACES: Path = ("storage", "namespaces")
REPLACING = (updates.fsx, updates.efs, updates.file_system_zone)


def deletions(settings: Settings) -> Deletions:
    """Return the claims that an update with these settings deletes."""
    deployed = settings.deployed
    if not deployed.claims or deployed.cluster is None:
        return Deletions()
    removed = {one for one, _ in deployed.claims} - {*settings.storage.namespaces}
    namespaces = removed - BUILT_IN
    if deployed.backend and deployed.backend != settings.storage.backend:
        return Deletions(deployed.claims, BACKEND_SPECS[deployed.backend].driver_name, namespaces)
    if _replaces_file_system(settings):
        return Deletions(deployed.claims, None, namespaces)
    return Deletions({one for one in deployed.claims if one[0] in removed}, None, namespaces)


def blocked(settings: Settings, blockers: list[Blocker]) -> Iterator[ConfigError]:
    """Yield an error for each object of a user that blocks a deletion; only its user removes it."""
    kept = {*settings.storage.namespaces}
    for one in blockers:
        switches = settings.deployed.backend != settings.storage.backend
        by_backend = switches or one.claim.partition("/")[0] in kept
        path = BACKEND if by_backend else NAMESPACES
        value = settings.storage.backend if by_backend else list(settings.storage.namespaces)
        if one.mounts:
            rule = f"no pod of others may mount a claim that is deleted: {one.name} has {one.claim}"
            remedy = f"run `{one.command}`, and start it again after the update"
        else:
            rule = f"no claim of others may be deleted: {one.name} goes with this change"
            remedy = f"copy out what is to be kept, then run `{one.command}`"
        yield ConfigError(path, rule, value, remedy)


def _replaces_file_system(settings: Settings) -> bool:
    store = settings.deployed.file_system
    if store is None or store.id not in settings.allow_replacement_of:
        return False
    strict = settings.model_copy(update={"allow_replacement_of": ()})
    return any(True for rule in REPLACING for _ in rule(strict))
