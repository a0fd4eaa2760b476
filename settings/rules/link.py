"""Rules of what joins an FSx for Lustre file system to S3.

Sources: Amazon FSx API Reference, CreateFileSystemLustreConfiguration (ImportPath, ExportPath);
FSx for Lustre User Guide, "Using data repositories"; S3 User Guide, "Restoring an archived object".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from components.spec.errors import ConfigError, Path
from settings.stack import Settings

LINK: Path = ("storage", "fsx", "link")
IMPORT: Path = (*LINK, "importPath")
EXPORT: Path = (*LINK, "exportPath")
BACKEND: Path = ("storage", "backend")
DATASETS: Path = ("bucket", "datasets")

DATA_BUCKET = "the data bucket"
UNREADABLE = {"GLACIER", "DEEP_ARCHIVE"}
"""Storage classes whose objects must be restored before they can be read."""

PREFIX = re.compile(r"[^/:\s][^:\s]*|")
S3_PATH = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?P<prefix>\S*))?")


class Location(NamedTuple):
    """Objects in S3."""

    bucket: str
    """A bucket's name, or DATA_BUCKET."""
    prefix: str
    """What their keys begin with."""


def locate(path: str, data_bucket: str | None) -> Location | None:
    """The objects that a path of the link means; None if it is no path.

    Args:
        path: A prefix of the data bucket, or s3://BUCKET/PREFIX.
        data_bucket: The data bucket's name, as far as the config gives one.
    """
    if PREFIX.fullmatch(path):
        return Location(DATA_BUCKET, path)
    s3_path = S3_PATH.fullmatch(path)
    if s3_path is None:
        return None
    bucket = DATA_BUCKET if s3_path["bucket"] == data_bucket else s3_path["bucket"]
    return Location(bucket, s3_path["prefix"] or "")


def overlapping(one: str, other: str) -> bool:
    """Whether some key may begin with both prefixes."""
    return one.startswith(other) or other.startswith(one)


def deployment_type(settings: Settings) -> Iterator[ConfigError]:
    """PERSISTENT_2 has data repository associations instead."""
    fsx = settings.storage.fsx
    path: Path = ("storage", "fsx", "deploymentType")
    if fsx.link is not None and fsx.deployment_type == "PERSISTENT_2":
        rule = "PERSISTENT_2 cannot be linked to S3 by importPath and exportPath"
        yield ConfigError(
            path, rule, fsx.deployment_type, "set PERSISTENT_1, or `link: null`", (LINK,)
        )


def path_form(settings: Settings) -> Iterator[ConfigError]:
    """A path is a prefix or begins with s3://."""
    link = settings.storage.fsx.link
    if link is None:
        return
    for path, value in ((IMPORT, link.import_path), (EXPORT, link.export_path)):
        if value is not None and locate(value, None) is None:
            rule = "must be a prefix of the data bucket, or s3://BUCKET/PREFIX"
            yield ConfigError(
                path, rule, value, "write for instance datasets/ or s3://my-bucket/data/"
            )


def export_bucket(settings: Settings) -> Iterator[ConfigError]:
    """Export goes to the bucket that import comes from."""
    source, target = _import(settings), _export(settings)
    if source and target and source.bucket != target.bucket:
        rule = "must be in the bucket of importPath"
        prefix = target.prefix or "exports/"
        right = prefix if source.bucket == DATA_BUCKET else f"s3://{source.bucket}/{prefix}"
        value = settings.storage.fsx.link and settings.storage.fsx.link.export_path
        yield ConfigError(EXPORT, rule, value, f"set {right}", (IMPORT,))


def export_path(settings: Settings) -> Iterator[ConfigError]:
    """Export to the same place would overwrite what was imported."""
    source, target = _import(settings), _export(settings)
    if source and target and source.bucket == target.bucket:
        if source.prefix.strip("/") != target.prefix.strip("/"):
            return
        rule = "must differ from importPath, or exported files overwrite their sources"
        value = settings.storage.fsx.link and settings.storage.fsx.link.export_path
        yield ConfigError(EXPORT, rule, value, "set for instance exports/", (IMPORT,))


def archived(settings: Settings) -> Iterator[ConfigError]:
    """What is archived in Glacier can't be read, through the link or by a Job that copies it."""
    if settings.bucket.existing is not None:
        return
    prefixes = [f"datasets/{name}/" for name in settings.bucket.datasets]
    if settings.storage.backend == "fsx":
        linked = [one for one in (_import(settings), _export(settings)) if one is not None]
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
                    "datasets/, importPath or exportPath",
                    transition.storage_class,
                    "set GLACIER_IR or INTELLIGENT_TIERING, or a prefix outside of these",
                    ((*where, "prefix"), IMPORT, EXPORT, BACKEND, DATASETS),
                )


def preload(settings: Settings) -> Iterator[ConfigError]:
    """What is read ahead of the first job is what the link brings."""
    link, source = settings.storage.fsx.link, _import(settings)
    if link is None or source is None or not link.preload or not settings.bucket.datasets:
        return
    prefixes = [f"datasets/{name}/" for name in settings.bucket.datasets]
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


def _import(settings: Settings) -> Location | None:
    """Where the link imports from."""
    link = settings.storage.fsx.link
    return None if link is None else locate(link.import_path, _data_bucket(settings))


def _export(settings: Settings) -> Location | None:
    """Where the link exports to."""
    link = settings.storage.fsx.link
    if link is None or link.export_path is None:
        return None
    return locate(link.export_path, _data_bucket(settings))


def _data_bucket(settings: Settings) -> str | None:
    """The data bucket's name, if the config gives it."""
    return settings.bucket.existing or settings.bucket.name


RULES = (deployment_type, path_form, export_bucket, export_path, archived, preload)
