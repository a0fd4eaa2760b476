"""Rule of claims: an update deletes none that users' pods mount, and none of users' own.

Kubernetes keeps a claim for as long as a pod mounts it, so that the update would wait for ten
minutes and fail half way. A claim of a CSI driver that is deleted would keep its file system
forever.
Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from components.spec.errors import NOT_SET, ConfigError, Path
from settings.blockers import BUILT_IN, Blocker, Deletions
from settings.rules import fsx_updates, updates
from settings.stack import Settings
from settings.storage_spec import BACKEND_SPECS, Backend

BACKEND: Path = ("storage", "backend")
ALSO: Path = ("storage", "also")
NAMESPACES: Path = ("storage", "namespaces")
CLAIMS: Path = ("storage", "claims")
SCRATCH: Path = ("storage", "scratch")
REPLACING: Mapping[Backend, tuple[Callable[[Settings], Iterator[ConfigError]], ...]] = {
    "fsx": (fsx_updates.fsx, fsx_updates.file_system_zone),
    "efs": (updates.efs,),
    "s3files": (updates.s3_files,),
}
"""Rules that yield an error for a change that replaces the file system of a back end."""


def deletions(settings: Settings) -> Deletions:
    """Return the claims that an update with these settings deletes."""
    deployed, storage = settings.deployed, settings.storage
    if deployed.cluster is None:
        return Deletions()
    removed = {one for one, _ in deployed.claims} - {*storage.all_namespaces}
    used = {one for one in storage.in_use if not _replaces_file_system(settings, one)}
    kept = storage.claims_on_file_systems
    deleted = {
        (namespace, name)
        for (namespace, name), backend in deployed.claims.items()
        if namespace in removed
        or (
            name not in storage.names_of_other_claims
            and (backend not in used or kept.get((namespace, name)) != backend)
        )
    }
    drivers = {BACKEND_SPECS[one].driver_name for one in deployed.file_systems}
    return Deletions(
        claims=deleted,
        drivers=drivers - {spec.driver_name for spec in storage.in_use.values()},
        file_systems={one.id for name, one in deployed.file_systems.items() if name not in used},
        namespaces=removed - BUILT_IN,
    )


def blocked(settings: Settings, blockers: list[Blocker]) -> Iterator[ConfigError]:
    """Yield an error for each object of a user that blocks a deletion; only its user removes it."""
    storage = settings.storage
    values = {
        BACKEND: storage.backend,
        ALSO: list(storage.also),
        NAMESPACES: list(storage.namespaces),
        CLAIMS: list(storage.claims),
        SCRATCH: NOT_SET,
    }
    for one in blockers:
        path = _reason(settings, one)
        if one.mounts:
            rule = f"no pod of others may mount a claim that is deleted: {one.name} has {one.claim}"
            remedy = f"run `{one.command}`, and start it again after the update"
        else:
            rule = f"no claim of others may be deleted: {one.name} goes with this change"
            remedy = f"copy out what is to be kept, then run `{one.command}`"
        yield ConfigError(path, rule, values[path], remedy)


def _reason(settings: Settings, blocker: Blocker) -> Path:
    """Return the key whose change deletes the claim that an object blocks."""
    storage, deployed = settings.storage, settings.deployed
    namespace, _, name = blocker.claim.partition("/")
    if name == "scratch" and storage.scratch is None:
        return SCRATCH
    if name == "s3" and "s3" not in storage.also:
        return ALSO
    if deployed.backend != storage.backend:
        return BACKEND
    if namespace in {one for one, _ in deployed.claims} - {*storage.all_namespaces}:
        return NAMESPACES
    lost = {*deployed.file_systems} - {*storage.in_use}
    on = deployed.claims.get((namespace, name))
    if on in storage.in_use and name not in storage.claim_names:
        return CLAIMS
    return ALSO if on in lost or (on is None and lost) else BACKEND


def _replaces_file_system(settings: Settings, backend: Backend) -> bool:
    store = settings.deployed.file_systems.get(backend)
    if store is None or store.id not in settings.allow_replacement_of:
        return False
    strict = settings.model_copy(update={"allow_replacement_of": ()})
    return any(True for rule in REPLACING[backend] for _ in rule(strict))
