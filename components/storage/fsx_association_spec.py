"""Settings of a data repository association, which links a directory of FSx for Lustre to S3.

Sources: Amazon FSx API Reference, CreateDataRepositoryAssociation; FSx for Lustre User Guide,
"Linking your file system to an Amazon S3 bucket"; terraform-provider-aws,
`aws_fsx_data_repository_association`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Annotated, Literal, get_args

from pydantic import Field

from components.names import label_errors
from components.spec.errors import ConfigError, Path
from components.spec.model import Spec
from components.storage.fsx_link_spec import locate

Event = Literal["NEW", "CHANGED", "DELETED"]
EVENTS: tuple[Event, ...] = get_args(Event)

ASSOCIATIONS: Path = ("associations",)
MAX_ASSOCIATIONS = 8
"""Associations of one file system."""
MAX_NAME_LENGTH = 40
"""Characters of an association's name, which is part of a resource's name in Pulumi."""
FOLDER = re.compile(r"/|(/[^/\x00-\x1f\x7f\x85\u2028\u2029]+)+/?")


class FsxAssociationSpec(Spec):
    """Link between a directory of the file system and a prefix of a bucket."""

    path: str = Field(examples=["datasets/"])
    """Objects of S3 that appear as files: a prefix of the data bucket, or s3://BUCKET/PREFIX. Fixed
    for the life of the association."""

    file_system_path: str = Field(examples=["/datasets"])
    """Directory of the file system, from its root. FSx makes it. Fixed for the life of the
    association."""

    import_events: tuple[Event, ...] = EVENTS
    """Changes of the bucket that appear on the file system by themselves: NEW, CHANGED, DELETED."""

    export_events: tuple[Event, ...] = Field(default=(), examples=[["NEW", "CHANGED"]])
    """Changes of files that are written to the bucket by themselves: NEW, CHANGED, DELETED. None by
    default. With DELETED, a file that is deleted takes its object with it."""

    batch_import: bool = True
    """Import the names of the objects that are in the bucket when the association is created. Read
    at creation only."""

    imported_file_chunk_size_mib: Annotated[int, Field(ge=1, le=512000)] = 1024
    """Stripe size of an imported file, in MiB. A larger file is spread over several disks."""

    delete_data_in_file_system: bool = False
    """Delete the files of the directory when the association is deleted; the objects stay. It is
    read at the deletion, so an update has to set it before the one that removes the association."""

    @property
    def folder(self) -> str:
        """Directory from the root of the file system, no slash at either end."""
        return self.file_system_path.strip("/")

    @property
    def repository_path(self) -> str:
        """Path of the objects with a slash at its end; the whole data bucket is the empty path."""
        return f"{self.path.rstrip('/')}/" if self.path.strip("/") else ""

    @property
    def shows_every_object(self) -> bool:
        """True if both present and later objects of the path appear on the file system.

        A changed dataset has new objects, so that NEW is enough of the events.
        """
        return self.batch_import and "NEW" in self.import_events

    @property
    def shows_every_change(self) -> bool:
        """True if the file system always becomes what the path in S3 is."""
        return self.batch_import and {*EVENTS} == {*self.import_events}

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the two paths and of the events."""
        if locate(self.path) is None:
            rule = "must be a prefix of the data bucket, or s3://BUCKET/PREFIX"
            remedy = "write for instance datasets/ or s3://my-bucket/data/"
            yield ConfigError(("path",), rule, self.path, remedy)
        steps = self.file_system_path.split("/")
        if not FOLDER.fullmatch(self.file_system_path) or {".", ".."} & {*steps}:
            rule = "must be an absolute path on the file system, with a slash at its beginning"
            remedy = f"set /{self.folder or 'datasets'}" if ".." not in steps else "set /datasets"
            yield ConfigError(("fileSystemPath",), rule, self.file_system_path, remedy)
        for key, events in (
            ("importEvents", self.import_events),
            ("exportEvents", self.export_events),
        ):
            if len({*events}) < len(events):
                rule, remedy = "must name each event once", f"set {ordered(events)}"
                yield ConfigError((key,), rule, list(events), remedy)


def ordered(events: tuple[Event, ...]) -> list[str]:
    """Return each event once, in the order in which AWS names them."""
    return [one for one in EVENTS if one in events]


def association_errors(associations: Mapping[str, FsxAssociationSpec]) -> Iterator[ConfigError]:
    """Yield the broken rules of a file system's associations among each other.

    Args:
        associations: The associations by name.
    """
    yield from label_errors(ASSOCIATIONS, associations, MAX_NAME_LENGTH)
    if len(associations) > MAX_ASSOCIATIONS:
        rule = f"a file system has at most {MAX_ASSOCIATIONS} associations"
        remedy = "remove some, or link a prefix that contains several"
        yield ConfigError(ASSOCIATIONS, rule, len(associations), remedy)
    for (first, one), (second, other) in combinations(associations.items(), 2):
        if contains(one.folder, other.folder) or contains(other.folder, one.folder):
            yield folder_overlap(second, other, first)
        if overlaps(one.path, other.path):
            yield path_overlap(second, other, first)


def folder_overlap(name: str, association: FsxAssociationSpec, other: str) -> ConfigError:
    """Return the error of an association whose directory overlaps with that of another.

    Args:
        name: Name of the association.
        association: Its settings.
        other: Name of the other association.
    """
    where: Path = (*ASSOCIATIONS, name, "fileSystemPath")
    rule = f"must not overlap with that of {other}: a directory is linked to one prefix"
    if not association.folder:
        rule = f"/ is the whole file system, so that {other} cannot be beside it"
    remedy = f"set for instance /{name}, outside of the other"
    depends_on: Path = (*ASSOCIATIONS, other, "fileSystemPath")
    return ConfigError(where, rule, association.file_system_path, remedy, (depends_on,))


def path_overlap(name: str, association: FsxAssociationSpec, other: str) -> ConfigError:
    """Return the error of an association whose objects overlap with those of another.

    Args:
        name: Name of the association.
        association: Its settings.
        other: Name of the other association.
    """
    where: Path = (*ASSOCIATIONS, name, "path")
    rule = f"must not overlap with that of {other}: an object is one file of the file system"
    remedy = "set a prefix outside of the other, or remove one of the two associations"
    depends_on: Path = (*ASSOCIATIONS, other, "path")
    return ConfigError(where, rule, association.path, remedy, (depends_on,))


def contains(folder: str, other: str) -> bool:
    """Return whether a directory or prefix is another or contains it; no slashes at the ends."""
    return not folder or other == folder or other.startswith(f"{folder}/")


def overlaps(one: str, other: str, data_bucket: str | None = None) -> bool:
    """Return whether an object may be below both paths, as far as the buckets are known.

    Args:
        one: A prefix of the data bucket, or s3://BUCKET/PREFIX.
        other: Another.
        data_bucket: Name of the data bucket, if it is known.
    """
    here, there = locate(one, data_bucket), locate(other, data_bucket)
    if here is None or there is None or here.bucket != there.bucket:
        return False
    mine, theirs = here.prefix.strip("/"), there.prefix.strip("/")
    return contains(mine, theirs) or contains(theirs, mine)
