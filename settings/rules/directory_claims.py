"""Rules of claims on single directories that concern several of them, or other sections.

Sources: Kubernetes, "Persistent Volumes" (a volume has one claim, and no namespace); EFS API
Reference, CreateAccessPoint (Path).
"""

from __future__ import annotations

from collections.abc import Iterator

from components.names import label_errors
from components.spec.errors import ConfigError, Path
from components.storage.directory_claim_spec import DirectoryClaimSpec
from components.storage.efs_access_point_spec import MAX_PATH_LENGTH
from settings.stack import Settings

CLAIMS: Path = ("storage", "claims")
ALSO: Path = ("storage", "also")
BACKEND: Path = ("storage", "backend")
NAMESPACES: Path = ("storage", "namespaces")
MAX_NAME_LENGTH = 40
MAX_DEPTH = 4
RESERVED = frozenset({"shared", "fsx", "efs", "s3files", "s3", "scratch", "nfs"})
"""Names of the claims that namespaces have on whole storages."""


def names(settings: Settings) -> Iterator[ConfigError]:
    """Check that each name is one of a claim, and that it is no other claim's."""
    volumes: dict[str, str] = {}
    yield from label_errors(CLAIMS, settings.storage.claims, MAX_NAME_LENGTH)
    for name, one in settings.storage.claims.items():
        if name in RESERVED:
            rule = "claims on whole storages have this name"
            yield ConfigError((*CLAIMS, name), rule, name, "rename it")
        volume = f"{name}-{one.namespace}"
        if (first := volumes.setdefault(volume, name)) != name:
            rule = f"its volume would have the name {volume}, as that of {first} has"
            yield ConfigError((*CLAIMS, name), rule, name, "rename it", ((*CLAIMS, first),))


def storages(settings: Settings) -> Iterator[ConfigError]:
    """Check that the storage of each claim is there, and that a directory can be made on it."""
    storage = settings.storage
    for name, one in storage.claims.items():
        if one.storage is not None and one.storage not in storage.in_use:
            rule = "must be a storage of the stack: the active one, or one of storage.also"
            known = " or ".join(storage.in_use)
            remedy = f"set {known}, or add {one.storage} to storage.also"
            path: Path = (*CLAIMS, name, "storage")
            yield ConfigError(path, rule, one.storage, remedy, (ALSO, BACKEND))
        if not storage.namespaces:
            rule = "its directory is made through a claim on the whole storage, and there is none"
            remedy = "put a namespace of your own into storage.namespaces, such as storage-admin"
            yield ConfigError((*CLAIMS, name), rule, name, remedy, (NAMESPACES,))


def directories(settings: Settings) -> Iterator[ConfigError]:
    """Check that two claims agree on one directory, and that no team's contains another's."""
    seen: list[tuple[str, DirectoryClaimSpec]] = []
    for name, one in settings.storage.claims.items():
        for earlier, other in seen:
            if _storage(settings, one) != _storage(settings, other):
                continue
            where: Path = (*CLAIMS, name)
            if one.directory == other.directory and _owner(one) != _owner(other):
                rule = f"must have owner and mode of {earlier}, which is on the same directory"
                remedy = f'set uid {other.uid}, gid {other.gid} and "{other.permissions}"'
                yield ConfigError((*where, "uid"), rule, one.uid, remedy, ((*CLAIMS, earlier),))
            elif one.namespace != other.namespace:
                path, remedy = (*where, "directory"), "set one beside it"
                depends_on = ((*CLAIMS, earlier, "directory"),)
                if _contains(one, other):
                    rule = f"its pods would see the directory of {earlier}, another namespace's"
                    yield ConfigError(path, rule, one.directory, remedy, depends_on)
                elif _contains(other, one):
                    rule = f"pods of {earlier}, another namespace's, would see this directory"
                    yield ConfigError(path, rule, one.directory, remedy, depends_on)
        seen.append((name, one))


def access_point_paths(settings: Settings) -> Iterator[ConfigError]:
    """Check that the path of each access point is taken, with that of the shared claims before it.

    The limits of S3 Files are those of EFS.
    """
    efs, s3files = settings.storage.efs, settings.storage.s3files
    roots = {"efs": efs.access_point.path, "s3files": s3files.access_point.path}
    for name, one in settings.storage.claims.items():
        storage = _storage(settings, one)
        if storage not in roots:
            continue
        root = roots[storage].rstrip("/")
        path = f"{root}/{one.directory}"
        if path.count("/") > MAX_DEPTH or len(path) > MAX_PATH_LENGTH:
            service = "EFS" if storage == "efs" else "S3 Files"
            rule = (
                f"{service} takes {MAX_DEPTH} levels and {MAX_PATH_LENGTH} characters, "
                f"{root} included"
            )
            where: Path = (*CLAIMS, name, "directory")
            of_root: Path = ("storage", storage, "accessPoint", "path")
            yield ConfigError(where, rule, one.directory, "shorten it", (of_root,))


def whole_storage_beside(settings: Settings) -> Iterator[ConfigError]:
    """Warn of a namespace whose pods reach the whole storage all the same."""
    for name, one in settings.storage.claims.items():
        if one.namespace in settings.storage.namespaces and not one.is_read_only:
            rule = "storage.namespaces gives this namespace the whole storage too, by `shared`"
            remedy = "take it out there, unless its pods may see all directories"
            yield ConfigError((*CLAIMS, name, "namespace"), rule, one.namespace, remedy)


def _storage(settings: Settings, claim: DirectoryClaimSpec) -> str:
    return claim.storage or settings.storage.backend


def _owner(claim: DirectoryClaimSpec) -> tuple[int, int, str]:
    return claim.uid, claim.gid, claim.permissions


def _contains(outer: DirectoryClaimSpec, inner: DirectoryClaimSpec) -> bool:
    return inner.directory.startswith(f"{outer.directory}/")


RULES = (names, storages, directories, access_point_paths)
WARNINGS = (whole_storage_beside,)
