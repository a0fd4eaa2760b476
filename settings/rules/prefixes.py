"""Rules of prefixes in S3 that depend on what is there.

Sources: SageMaker API Reference, S3DataSource (same Region); S3 User Guide, "Restoring an archived
object" and "Creating object key names".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.data_source_spec import DataSourceSpec
from components.prefix_listing import MAX_OBJECTS, PrefixListing
from components.spec.errors import ConfigError, Path
from settings.prefixes import Found, Unreadable
from settings.stack import Settings


def errors(settings: Settings, found: Mapping[Path, Found]) -> Iterator[ConfigError]:
    """Yield the errors of all prefixes.

    Args:
        settings: The settings.
        found: Content of each prefix, or the reason for which it cannot be read, by the key of the
            dataset or model.
    """
    for path, one in found.items():
        section: Mapping[str, DataSourceSpec] = getattr(settings, str(path[0]))
        spec = section[str(path[1])]
        if isinstance(one, Unreadable):
            key = "manifest" if spec.manifest and spec.manifest in one.rule else "uri"
            value = spec.manifest if key == "manifest" else spec.uri
            yield ConfigError((*path, key), one.rule, value, one.remedy, (("aws:region",),))
            continue
        yield from empty(path, spec, one)
        yield from region(path, spec, one, settings.region)
        yield from objects(path, one)
        yield from folders(path, spec, one)


def empty(path: Path, spec: DataSourceSpec, found: PrefixListing) -> Iterator[ConfigError]:
    """Check that a prefix has objects below it, and not more than an update can list."""
    if not found.is_complete:
        rule = f"is listed up to {MAX_OBJECTS:,} objects, and has more"
        remedy = "name a `manifest` that is written anew with each change of the data"
        yield ConfigError((*path, "uri"), rule, spec.uri, remedy, ((*path, "manifest"),))
    elif not found.digest:
        rule = "must have objects below it: a job would find no file"
        remedy = f"look with `aws s3 ls {spec.uri}`; a prefix is that of a folder, not of a key"
        yield ConfigError((*path, "uri"), rule, spec.uri, remedy)


def region(
    path: Path, spec: DataSourceSpec, found: PrefixListing, own: str
) -> Iterator[ConfigError]:
    """Check that a bucket is in the stack's Region, the only one that SageMaker and FSx read."""
    if found.region and found.region != own:
        rule = f"must be in the stack's Region, and its bucket is in {found.region}"
        remedy = f"copy the data to a bucket in {own} with `aws s3 sync`, or deploy there"
        yield ConfigError((*path, "uri"), rule, spec.uri, remedy, (("aws:region",),))


def objects(path: Path, found: PrefixListing) -> Iterator[ConfigError]:
    """Check that each object can be read at once, and can be a file."""
    if found.archived:
        rule = "must be readable: objects in Glacier or Deep Archive are read only after a restore"
        remedy = "restore them with `aws s3api restore-object`, or copy them to another class"
        yield ConfigError((*path, "uri"), rule, found.archived, remedy)
    if found.no_file:
        key, reason = found.no_file
        rule = f"must have keys that files can have: {reason}"
        yield ConfigError((*path, "uri"), rule, key, "rename or remove the object")


def folders(path: Path, spec: DataSourceSpec, found: PrefixListing) -> Iterator[ConfigError]:
    """Check that there are objects in the folder of each channel."""
    named: Mapping[str, str] = getattr(spec, "folders", {})
    for channel, folder in named.items():
        if found.digest and folder and not found.in_folders.get(folder):
            rule = f"must be a folder with objects below {spec.uri}"
            where = (*path, "channels", channel)
            remedy = f"look with `aws s3 ls {spec.uri}`"
            yield ConfigError(where, rule, f"{folder}/", remedy, ((*path, "uri"),))
