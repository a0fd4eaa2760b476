"""Settings of the link that joins an FSx for Lustre file system to S3.

Sources: Amazon FSx API Reference, CreateFileSystemLustreConfiguration (ImportPath, ExportPath);
FSx for Lustre User Guide, "Using data repositories".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from components.spec.errors import ConfigError, Path
from components.spec.model import Spec

AutoImportPolicy = Literal["NONE", "NEW", "NEW_CHANGED", "NEW_CHANGED_DELETED"]

IMPORT: Path = ("importPath",)
EXPORT: Path = ("exportPath",)

DATA_BUCKET = "the data bucket"
S3 = "s3://"
PREFIX = re.compile(r"[^/:\s][^:\s]*|")
S3_PATH = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?P<prefix>\S*))?")


class FsxLinkSpec(Spec):
    """Link of a file system to S3. A path is a prefix of the data bucket, or s3://BUCKET/PREFIX."""

    import_path: str = "datasets/"
    """Objects of S3 that appear as files. Lustre reads the content of a file from S3 at its first
    access."""

    export_path: str | None = "exports/"
    """Path in the bucket of importPath to which files of the file system are exported."""

    auto_import_policy: AutoImportPolicy = "NEW_CHANGED_DELETED"
    """Later changes in the bucket that appear on the file system. A changed dataset has new
    objects, so NEW is enough for datasets. With NONE, a Job copies the datasets instead."""

    imported_file_chunk_size_mib: Annotated[int, Field(ge=1, le=512000)] = 1024
    """Stripe size of an imported file, in MiB. A larger file is spread over several disks."""

    preload: bool = False
    """Load the content of every dataset from S3 before the first training, many files at a time,
    with a pod of the workloads image. Without it, the Job that checks the files' SHA-256 reads one
    file after the other."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the two paths, as far as the data bucket's name has no part."""
        yield from _path_forms(self)
        if not self.mixes_forms:
            yield from export_errors(self)

    @property
    def mixes_forms(self) -> bool:
        """True if one path is a prefix of the data bucket, and the other an s3:// path."""
        path = self.export_path
        return path is not None and path.startswith(S3) != self.import_path.startswith(S3)


class S3Location(NamedTuple):
    """Objects in S3."""

    bucket: str
    """Name of a bucket, or DATA_BUCKET."""
    prefix: str
    """Beginning of their keys."""


def locate(path: str, data_bucket: str | None = None) -> S3Location | None:
    """Return the objects that a path of a link stands for; None for a path of no valid form.

    Args:
        path: A prefix of the data bucket, or s3://BUCKET/PREFIX.
        data_bucket: Name of the data bucket, if it is known.
    """
    if PREFIX.fullmatch(path):
        return S3Location(DATA_BUCKET, path)
    s3_path = S3_PATH.fullmatch(path)
    if s3_path is None:
        return None
    bucket = DATA_BUCKET if s3_path["bucket"] == data_bucket else s3_path["bucket"]
    return S3Location(bucket, s3_path["prefix"] or "")


def export_errors(link: FsxLinkSpec, data_bucket: str | None = None) -> Iterator[ConfigError]:
    """Yield an error for an export to another bucket, or over the objects that are imported.

    Args:
        link: The link.
        data_bucket: Name of the data bucket, if it is known.
    """
    source, value = locate(link.import_path, data_bucket), link.export_path
    target = None if value is None else locate(value, data_bucket)
    if source is None or target is None:
        return
    if source.bucket != target.bucket:
        prefix = target.prefix or "exports/"
        right = prefix if source.bucket == DATA_BUCKET else f"{S3}{source.bucket}/{prefix}"
        rule = "must be in the bucket of importPath"
        yield ConfigError(EXPORT, rule, value, f"set {right}", (IMPORT,))
    elif source.prefix.strip("/") == target.prefix.strip("/"):
        rule = "must differ from importPath, or exported files overwrite their sources"
        yield ConfigError(EXPORT, rule, value, "set for instance exports/", (IMPORT,))


def _path_forms(link: FsxLinkSpec) -> Iterator[ConfigError]:
    for path, value in ((IMPORT, link.import_path), (EXPORT, link.export_path)):
        if value is not None and locate(value) is None:
            rule = "must be a prefix of the data bucket, or s3://BUCKET/PREFIX"
            remedy = "write for instance datasets/ or s3://my-bucket/data/"
            yield ConfigError(path, rule, value, remedy)
