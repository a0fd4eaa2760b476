"""Rules of updates of data repository associations: what FSx refuses, or pulumi-aws leaves undone.

Sources: Amazon FSx API Reference, UpdateDataRepositoryAssociation; terraform-provider-aws,
`aws_fsx_data_repository_association`, which sends no policy without events and never the batch
import of an existing association.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.spec.errors import ConfigError, Path
from components.storage.fsx_association_spec import (
    FsxAssociationSpec,
    contains,
    folder_overlap,
    overlaps,
    path_overlap,
)
from components.storage.fsx_link_spec import S3
from settings.deployed import Outputs
from settings.rules.associations import FSX, wanted_associations
from settings.stack import Settings

ASSOCIATIONS: Path = (*FSX, "associations")
NEXT = "in this update, and add it again in the next"


def taken(settings: Settings) -> Iterator[ConfigError]:
    """Check that no association is added where one is that the same update removes.

    The new one is created before the old one goes, and FSx refuses two that overlap.
    """
    wanted = wanted_associations(settings)
    for name, association in wanted.items():
        for other, there in _there(settings).items():
            if other == name or _stays(settings, wanted.get(other), there):
                continue
            path = _s3_path(settings, association)
            folder = str(there["fileSystemPath"]).strip("/")
            in_folder = contains(folder, association.folder) or contains(association.folder, folder)
            if in_folder or overlaps(path, str(there["dataRepositoryPath"])):
                find = folder_overlap if in_folder else path_overlap
                error = find(name, association, other).prefixed(FSX)
                rule = f"overlaps with {other}, which goes only after this one is there"
                remedy = f"call it {other}, or remove {name} {NEXT}"
                yield ConfigError(error.path, rule, error.value, remedy, (ASSOCIATIONS,))


def fixed(settings: Settings) -> Iterator[ConfigError]:
    """Check changes of an association that pulumi-aws would leave undone without an error."""
    for name, association in wanted_associations(settings).items():
        there = _there(settings).get(name)
        if there is None or not _stays(settings, association, there):
            continue
        where: Path = (*ASSOCIATIONS, name)
        imported = bool(there.get("batchImportMetaDataOnCreate"))
        if association.batch_import != imported:
            rule = "is read when an association is created, and this one is there"
            remedy = f"set {str(imported).lower()}, or remove {name} {NEXT}"
            yield ConfigError((*where, "batchImport"), rule, association.batch_import, remedy)
        policies = there.get("s3") or {}
        for key, policy, events in (
            ("importEvents", "autoImportPolicy", association.import_events),
            ("exportEvents", "autoExportPolicy", association.export_events),
        ):
            before = (policies.get(policy) or {}).get("events")
            if before and not events:
                rule = "must keep one event at least: pulumi-aws does not end a policy in place"
                remedy = f"set {before}, or remove {name} {NEXT}"
                yield ConfigError((*where, key), rule, [], remedy)


def _there(settings: Settings) -> Mapping[str, Outputs]:
    """Return the deployed associations, unless their file system may be replaced."""
    store = settings.deployed.file_systems.get("fsx")
    if store is None or store.id in settings.allow_replacement_of:
        return {}
    return settings.deployed.associations


def _stays(settings: Settings, wanted: FsxAssociationSpec | None, there: Outputs) -> bool:
    """Return whether an association stays in its place; another place replaces it."""
    return (
        wanted is not None
        and wanted.file_system_path == there["fileSystemPath"]
        and _s3_path(settings, wanted) == there["dataRepositoryPath"]
    )


def _s3_path(settings: Settings, association: FsxAssociationSpec) -> str:
    path = association.repository_path
    if path.startswith(S3):
        return path
    there = settings.deployed.bucket
    name = settings.bucket.existing or (there.id if there else settings.bucket.name)
    return f"{S3}{name}/{path}"


RULES = (taken, fixed)
