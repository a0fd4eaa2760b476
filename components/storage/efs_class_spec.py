"""Settings of a StorageClass of EFS, and what its CSI driver and EFS ask of them.

The driver passes over a parameter that it does not know and says nothing, so that the parameters
are the keys of a model here.

Sources: https://github.com/kubernetes-sigs/aws-efs-csi-driver, docs/parameters.md, and CreateVolume
in pkg/driver/controller.go of release 3.4.1; EFS API Reference, CreateAccessPoint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from components.spec.errors import NOT_SET, ConfigError, Path
from components.storage.class_spec import StorageClassSpec
from components.storage.efs_access_point_spec import MAX_PATH_LENGTH, OCTAL_MODE, OWNER_ALL

MAX_DEPTH = 4
VARIABLE = re.compile(r"\$\{([^}]*)\}")
VARIABLES = frozenset({".PVC.name", ".PVC.namespace", ".PV.name"})
SEGMENT = re.compile(r"(?!\.)[^/$#<>;`|&?{}^*\n]+")
FIRST_GID, LAST_GID = 1, 2**32 - 1

PERMS: Path = ("directoryPerms",)
START: Path = ("gidRangeStart",)
END: Path = ("gidRangeEnd",)
BASE: Path = ("basePath",)
PATTERN: Path = ("subPathPattern",)
UNIQUE: Path = ("ensureUniqueDirectory",)
EXPANSION: Path = ("allowVolumeExpansion",)

Id = Annotated[int, Field(ge=0, le=LAST_GID)]


class EfsClassSpec(StorageClassSpec):
    """StorageClass that makes a directory and an access point of its own for each claim.

    The access point decides the user and the group of every access. When a claim is deleted, its
    access point goes and its directory stays.
    """

    directory_perms: str = "700"
    """POSIX mode of each directory, octal and in quotes."""

    uid: Id | None = Field(default=None, examples=[1000])
    """User id of each access. By default the driver takes a free number of the range of gids."""

    gid: Id | None = Field(default=None, examples=[1000])
    """Group id of each access. By default the driver takes a free number of the range."""

    gid_range_start: int | None = Field(default=None, examples=[50000])
    """Lowest id that the driver gives; 50000 by default."""

    gid_range_end: int | None = Field(default=None, examples=[60000])
    """Highest id that the driver gives. The range is used up when each of its ids has an access
    point."""

    base_path: str | None = Field(default=None, examples=["/dynamic"])
    """Directory in which the directories of claims are made; the root of the file system by
    default."""

    sub_path_pattern: str | None = Field(default=None, examples=["${.PVC.namespace}/${.PVC.name}"])
    """Path of each directory below basePath, of fixed text, ${.PVC.namespace}, ${.PVC.name} and
    ${.PV.name}. By default it is the name of the volume."""

    ensure_unique_directory: bool = True
    """False to have the directory named by subPathPattern alone, so that a claim that is made again
    finds its files; by default the driver appends a unique id."""

    reuse_access_point: bool = False
    """True to give claims of one name, also those of another cluster, one access point; false by
    default."""

    allow_volume_expansion: bool = False
    """EFS grows by itself, and its driver cannot expand a claim: only false is taken."""

    mount_options: tuple[str, ...] = ("noresvport",)
    """Options of mount(8)."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of EFS and its driver."""
        for rule in (_permissions, _ids, _base_path, _pattern, _unique, _expansion):
            yield from rule(self)


def _permissions(spec: EfsClassSpec) -> Iterator[ConfigError]:
    value = spec.directory_perms
    if not OCTAL_MODE.fullmatch(value):
        rule = "must be a POSIX mode: three or four octal digits"
        yield ConfigError(PERMS, rule, value, 'set for instance "700"')
    elif int(value, 8) & OWNER_ALL != OWNER_ALL:
        rule = "pods act as the directory's owner, who must read, write and enter it"
        yield ConfigError(PERMS, rule, value, f'set "{int(value, 8) | OWNER_ALL:o}"')


def _ids(spec: EfsClassSpec) -> Iterator[ConfigError]:
    start, end = spec.gid_range_start, spec.gid_range_end
    if start is None and end is None:
        return
    if start is None or end is None:
        path, other = (START, END) if start is None else (END, START)
        rule = "a range of ids has both ends"
        yield ConfigError(path, rule, NOT_SET, "set it, or remove the other end", (other,))
    elif not FIRST_GID <= start < end <= LAST_GID:
        rule = "must be above 0 and below gidRangeEnd"
        yield ConfigError(START, rule, start, "set for instance 50000 and 60000", (END,))
    if spec.uid is not None and spec.gid is not None:
        rule = "the driver passes over the range where uid and gid are set"
        yield ConfigError(START, rule, start, "remove the range, or uid and gid", (("uid",),))


def _base_path(spec: EfsClassSpec) -> Iterator[ConfigError]:
    value = spec.base_path
    if value is None:
        return
    if not value.startswith("/") or not all(map(SEGMENT.fullmatch, _segments(value))):
        rule = "must be an absolute path of plain names, none of which begins with a dot"
        yield ConfigError(BASE, rule, value, "set for instance /dynamic")


def _pattern(spec: EfsClassSpec) -> Iterator[ConfigError]:
    value = spec.sub_path_pattern
    unknown = {*VARIABLE.findall(value or "")} - VARIABLES
    if value is not None and unknown:
        rule = "must have no other variables than .PVC.name, .PVC.namespace and .PV.name"
        yield ConfigError(PATTERN, rule, value, f"remove ${{{min(unknown)}}}")
    elif value is not None and not all(map(SEGMENT.fullmatch, _segments(VARIABLE.sub("x", value)))):
        rule = "must be a path of plain names and variables, none of which begins with a dot"
        yield ConfigError(PATTERN, rule, value, "set for instance ${.PVC.namespace}/${.PVC.name}")
    parts = [*_segments(spec.base_path or ""), *_segments(value or "volume")]
    if len(parts) > MAX_DEPTH:
        rule = f"EFS takes {MAX_DEPTH} levels of directories, those of basePath included"
        yield ConfigError(PATTERN if value else BASE, rule, value or spec.base_path, "shorten it")
    elif len(f"/{'/'.join(VARIABLE.sub('', one) for one in parts)}") > MAX_PATH_LENGTH:
        rule = f"EFS takes paths of {MAX_PATH_LENGTH} characters, those of basePath included"
        yield ConfigError(PATTERN if value else BASE, rule, value or spec.base_path, "shorten it")


def _unique(spec: EfsClassSpec) -> Iterator[ConfigError]:
    if spec.ensure_unique_directory:
        return
    found = {*VARIABLE.findall(spec.sub_path_pattern or "")}
    if spec.sub_path_pattern is None:
        rule = "has no effect without subPathPattern: the name of the volume is unique"
        yield ConfigError(UNIQUE, rule, False, "set subPathPattern, or remove it", (PATTERN,))
    elif ".PV.name" not in found and not {".PVC.name", ".PVC.namespace"} <= found:
        rule = "claims of two namespaces would get one directory"
        remedy = "put ${.PVC.namespace} and ${.PVC.name} into subPathPattern, or remove it"
        yield ConfigError(UNIQUE, rule, False, remedy, (PATTERN,))


def _expansion(spec: EfsClassSpec) -> Iterator[ConfigError]:
    if spec.allow_volume_expansion:
        rule = "the EFS driver expands no claim, which would wait for it for ever"
        yield ConfigError(EXPANSION, rule, True, "remove it: EFS grows by itself")


def _segments(path: str) -> list[str]:
    return [one for one in path.split("/") if one]
