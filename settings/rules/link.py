"""Rules of the link to S3 that depend on the data bucket.

Sources: FSx for Lustre User Guide, "Using data repositories"; S3 User Guide, "Restoring an archived
object".
"""

from __future__ import annotations

from collections.abc import Iterator

from components.spec.errors import ConfigError, Path
from components.storage.fsx_link_spec import DATA_BUCKET, S3Location, export_errors, locate
from settings.stack import Settings

LINK: Path = ("storage", "fsx", "link")
IMPORT: Path = (*LINK, "importPath")
EXPORT: Path = (*LINK, "exportPath")
ASSOCIATIONS: Path = ("storage", "fsx", "associations")
BACKEND: Path = ("storage", "backend")
DATASETS: Path = ("datasets",)

UNREADABLE = {"GLACIER", "DEEP_ARCHIVE"}
"""Storage classes whose objects must be restored before they can be read."""


def overlapping(one: str, other: str) -> bool:
    """Return whether some key may begin with both prefixes."""
    return one.startswith(other) or other.startswith(one)


def export_path(settings: Settings) -> Iterator[ConfigError]:
    """Compare a path of the data bucket with an s3:// path, which may be of the same bucket."""
    link = settings.storage.fsx.link
    if link is not None and link.mixes_forms:
        for error in export_errors(link, _data_bucket(settings)):
            yield error.prefixed(LINK)


def archived(settings: Settings) -> Iterator[ConfigError]:
    """Check that no dataset is archived in Glacier, where neither link nor copy can read it."""
    if settings.bucket.existing is not None:
        return
    prefixes = [f"datasets/{name}/" for name in settings.local_datasets]
    fsx = settings.storage.used_fsx
    paths: list[str | None] = []
    if fsx is not None and fsx.existing is None:
        paths = [one.path for one in fsx.associations.values()]
        paths += [fsx.link.import_path, fsx.link.export_path] if fsx.link is not None else []
    linked = [one for path in paths if (one := _linked(settings, path)) is not None]
    prefixes += [one.prefix for one in linked if one.bucket == DATA_BUCKET]
    for i, rule in enumerate(settings.bucket.lifecycle):
        if not any(overlapping(rule.prefix, prefix) for prefix in prefixes):
            continue
        for j, transition in enumerate(rule.transitions):
            if transition.storage_class in UNREADABLE:
                where: Path = ("bucket", "lifecycle", i)
                yield ConfigError(
                    (*where, "transitions", j, "storageClass"),
                    "datasets and what FSx is linked to must stay readable: no archive class under "
                    "datasets/, the paths of a link or those of associations",
                    transition.storage_class,
                    "set GLACIER_IR or INTELLIGENT_TIERING, or a prefix outside of these",
                    ((*where, "prefix"), IMPORT, EXPORT, ASSOCIATIONS, BACKEND, DATASETS),
                )


def preload(settings: Settings) -> Iterator[ConfigError]:
    """Check that the link shows the datasets which are to be read ahead of the first job."""
    link = settings.storage.fsx.link
    source = _linked(settings, link.import_path) if link is not None else None
    if link is None or source is None or not link.preload or not settings.local_datasets:
        return
    prefixes = [f"datasets/{name}/" for name in settings.local_datasets]
    in_bucket = source.bucket == DATA_BUCKET
    if not (in_bucket and any(one.startswith(source.prefix.strip("/")) for one in prefixes)):
        rule = "reads the datasets of the data bucket, and importPath brings none of them"
        remedy = "set importPath to datasets/, or `preload: false`"
        yield ConfigError((*LINK, "preload"), rule, link.preload, remedy, (IMPORT,))
    elif link.auto_import_policy == "NONE":
        rule = "reads what the link brings, and with autoImportPolicy NONE it brings no dataset"
        remedy = "set autoImportPolicy to NEW, or `preload: false`: datasets are then copied"
        yield ConfigError(
            (*LINK, "preload"), rule, link.preload, remedy, ((*LINK, "autoImportPolicy"),)
        )


def _linked(settings: Settings, path: str | None) -> S3Location | None:
    return None if path is None else locate(path, _data_bucket(settings))


def _data_bucket(settings: Settings) -> str | None:
    return settings.bucket.existing or settings.bucket.name


RULES = (export_path, archived, preload)
