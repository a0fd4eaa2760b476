"""Parts of the settings of an S3 Files file system: access point and import rules.

Sources: S3 Files API Reference, CreateAccessPoint and PutSynchronizationConfiguration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from components.spec.errors import ConfigError, Path
from components.spec.model import Spec
from components.storage.efs_access_point_spec import (
    ACCESS_POINT_PATH,
    MAX_PATH_LENGTH,
    OCTAL_MODE,
    OWNER_ALL,
)

Trigger = Literal["ON_DIRECTORY_FIRST_ACCESS", "ON_FILE_ACCESS"]
LARGEST_IMPORT = 52673613135872
"""Largest value of an import rule's size, in bytes."""
LONGEST_PREFIX = 1024
"""Characters of the file system's prefix."""
UID: Path = ("uid",)
PERMISSIONS: Path = ("permissions",)


class ImportRuleSpec(Spec):
    """Rule that puts the data of small files on the file system's fast storage.

    Reads of any other data go to the bucket.
    """

    prefix: str = ""
    """Prefix of the files below the root of the file system, with a slash at its end; by default
    all files."""

    trigger: Trigger = "ON_DIRECTORY_FIRST_ACCESS"
    """Time of the import: when the directory of a file is first listed, or when the file is first
    read."""

    size_less_than_bytes: Annotated[int, Field(ge=0, le=LARGEST_IMPORT)] = 128 * 1024
    """Size in bytes below which files are imported. Raise it for a training that reads small parts
    of files in every epoch; set 0 where files are read once, from their beginning to their end."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield an error for a prefix that is not one of files."""
        yield from prefix_errors(("prefix",), self.prefix)


class S3FilesAccessPointSpec(Spec):
    """Directory that claims have as their root, and the POSIX identity of every access to it."""

    path: str = "/"
    """Path of the directory on the file system. By default the claims show all files. A directory
    that is neither in the bucket nor on the file system is made on first use."""

    uid: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    """User id with which every access is made. Files that come from the bucket belong to user 0,
    and only that user may write to the root directory."""

    gid: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    """Group id with which every access is made."""

    permissions: str = "0755"
    """POSIX mode of the directory, octal and in quotes, where S3 Files makes it."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the directory's path, owner and mode."""
        yield from _directory(self)
        yield from _owner(self)
        yield from _mode(self)


def prefix_errors(path: Path, value: str) -> Iterator[ConfigError]:
    """Yield an error for a prefix of which no directory can be made."""
    parts = value.removesuffix("/").split("/")
    if value and (not value.endswith("/") or not all(parts) or {".", ".."} & {*parts}):
        rule = "must be empty, or directories with one slash after each and none before the first"
        fitting = "/".join(one for one in parts if one not in {"", ".", ".."})
        remedy = f"set {fitting}/" if fitting else 'set ""'
        yield ConfigError(path, rule, value, remedy)
    elif len(value) > LONGEST_PREFIX:
        rule = f"must be at most {LONGEST_PREFIX} characters"
        yield ConfigError(path, rule, value, "name a shorter prefix")


def _directory(point: S3FilesAccessPointSpec) -> Iterator[ConfigError]:
    value = point.path
    if value != "/" and (not ACCESS_POINT_PATH.fullmatch(value) or len(value) > MAX_PATH_LENGTH):
        rule = (
            f"must be / or an absolute path of 1 to 4 directories, none of which begins with a "
            f"dot, and at most {MAX_PATH_LENGTH} characters"
        )
        yield ConfigError(("path",), rule, value, "set / or for instance /shared")


def _owner(point: S3FilesAccessPointSpec) -> Iterator[ConfigError]:
    if point.path == "/" and point.uid != 0:
        rule = "the root of the file system belongs to user 0, with whom alone pods may write there"
        remedy = "set 0, or a path of its own, such as /shared"
        yield ConfigError(UID, rule, point.uid, remedy, (("path",),))


def _mode(point: S3FilesAccessPointSpec) -> Iterator[ConfigError]:
    value = point.permissions
    if not OCTAL_MODE.fullmatch(value):
        rule = "must be a POSIX mode: three or four octal digits"
        yield ConfigError(PERMISSIONS, rule, value, 'set for instance "0755"')
    elif int(value, 8) & OWNER_ALL != OWNER_ALL:
        rule = "pods act as the directory's owner, who must read, write and enter it"
        yield ConfigError(PERMISSIONS, rule, value, f'set "{int(value, 8) | OWNER_ALL:04o}"')
