"""Settings of data that a stack names: local files or objects in S3.

Sources: S3 User Guide, "Creating object key names" and "General purpose bucket naming rules".
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path as File
from typing import NamedTuple

from pydantic import Field

from components.bucket_name import is_bucket_name
from components.names import kms_key_errors
from components.spec.errors import NOT_SET, ConfigError, Path
from components.spec.model import Spec

PREFIX = "datasets/"
"""Prefix of all datasets in the bucket, and of those on storage that is not linked to it."""
MODEL_PREFIX = "model-files/"
"""Prefix of all models of local files in the bucket; that of the training jobs is models/."""
MAX_FILES = 1000
"""Local files of one dataset or model. Each is a resource of the stack, with its own state."""
MAX_NAME_BYTES = 900
"""Longest name of a file with its folders; a key of S3 has 1024 bytes with the prefix."""
CONTROL = re.compile(r"[\x00-\x1f]")
S3_URI = re.compile(r"s3://(?P<bucket>[^/]+)(/(?P<prefix>.*))?", re.DOTALL)
DIRECTORY_BUCKET = "--x-s3"
"""End of the names of directory buckets, whose listings are in no order.
Source: S3 API Reference, ListObjectsV2."""


class S3Prefix(NamedTuple):
    """Objects in S3 whose keys begin alike."""

    bucket: str
    """Name of the bucket."""
    prefix: str
    """Beginning of the keys, with a slash at its end; empty for a whole bucket."""

    @property
    def uri(self) -> str:
        """The prefix as s3://BUCKET/PREFIX/."""
        return f"s3://{self.bucket}/{self.prefix}"


class DataSourceSpec(Spec):
    """Data of a stack, where it lies."""

    uri: str | None = Field(default=None, examples=["s3://my-data-bucket/images/2026/"])
    """Prefix in S3 with the data, as s3://BUCKET/PREFIX/, in place of files. Every preview and
    update lists it: names, sizes and ETags tell its content, and nothing is downloaded."""

    manifest: str | None = Field(default=None, examples=["images/2026/manifest.json"])
    """Key of an object in the bucket of `uri` that is written anew with each change of the data.
    Then its ETag tells the content, by one request, and the prefix is not listed. Use it for many
    millions of objects."""

    kms_key_arn: str | None = Field(
        default=None,
        examples=["arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    )
    """ARN of the KMS key that encrypts the objects of `uri`, if it is not S3's own. Its policy must
    let this account's IAM policies grant its use."""

    @property
    def s3_prefix(self) -> S3Prefix | None:
        """Prefix that `uri` names; None without one, or with one of another form."""
        found = S3_URI.fullmatch(self.uri or "")
        if found is None or not is_bucket_name(found["bucket"]):
            return None
        prefix = (found["prefix"] or "").rstrip("/")
        return S3Prefix(found["bucket"], f"{prefix}/" if prefix else "")

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the source's own keys."""
        yield from _uri(self)
        yield from kms_key_errors(("kmsKeyArn",), self.kms_key_arn)
        if self.kms_key_arn is not None and self.uri is None:
            rule = "is the key of a prefix in S3, and there is no uri"
            yield ConfigError(("kmsKeyArn",), rule, self.kms_key_arn, "remove it", (("uri",),))
        if self.manifest is not None and self.uri is None:
            rule = "names an object beside a prefix in S3, and there is no uri"
            yield ConfigError(("manifest",), rule, self.manifest, "set uri, or remove manifest")
        elif self.manifest is not None and (
            not self.manifest or self.manifest.startswith(("/", "s3://"))
        ):
            rule = "must be the key of an object in the bucket of uri"
            remedy = "write for instance images/2026/manifest.json"
            yield ConfigError(("manifest",), rule, self.manifest, remedy, (("uri",),))


def one_source(given: Mapping[str, object], remedy: str) -> Iterator[ConfigError]:
    """Yield an error unless exactly one of some keys is set.

    Args:
        given: Value of each key; None or empty if it is not set.
        remedy: Advice to a reader who has set none, or several.
    """
    named = {key: value for key, value in given.items() if value}
    if len(named) != 1:
        rule = f"must have one of {', '.join(given)}"
        first, *others = given
        yield ConfigError((first,), rule, named or NOT_SET, remedy, tuple((one,) for one in others))


def local_files(paths: Sequence[str]) -> list[tuple[str, str]]:
    """Return name and path of each file: of a folder, all below it that do not begin with a dot.

    A path that is neither file nor folder gives nothing. At most one file more than a stack uploads
    is returned, because a folder may be a whole disk.
    """
    return [*islice(_local_files(paths), MAX_FILES + 1)]


def _local_files(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    for path in paths:
        if is_file(path):
            yield File(path).name, path
        elif is_folder(path):
            for parent, folders, names in os.walk(path):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                for file in (File(parent, one) for one in sorted(names) if one[0] != "."):
                    if file.is_file():
                        yield file.relative_to(path).as_posix(), str(file)


def file_errors(where: Path, paths: Sequence[str]) -> Iterator[ConfigError]:
    """Yield an error for each path without a file, and for two files of one name.

    Args:
        where: Key of the paths.
        paths: Local files and folders.
    """
    for path in paths:
        if not is_file(path) and not local_files([path]):
            generated = File(path).parts[:2] == ("data", "digits")
            remedy = "run `make data`" if generated else "give a path relative to the project"
            yield ConfigError(where, "must be a file, or a folder with files", path, remedy)
    names: dict[str, str] = {}
    for name, path in local_files(paths):
        if names.setdefault(name, path) != path:
            rule = f"has two files of the name {name}, which would have one place"
            yield ConfigError(where, rule, [names[name], path], "rename one of them")
        elif CONTROL.search(name) or len(name.encode()) > MAX_NAME_BYTES:
            rule = f"must have names of at most {MAX_NAME_BYTES} bytes without control characters"
            yield ConfigError(where, rule, path, "rename it: a key of S3 has 1024 bytes in all")


def number_errors(where: Path, paths: Sequence[str]) -> Iterator[ConfigError]:
    """Yield an error for more files than a stack should have as its own resources."""
    if len(local_files(paths)) > MAX_FILES:
        rule = f"a stack uploads at most {MAX_FILES} files of one name, each as its own resource"
        remedy = "upload them with `aws s3 sync`, and name them by uri"
        yield ConfigError(where, rule, [*paths], remedy)


def is_file(path: str | File) -> bool:
    """Return whether a path is an existing file; False for a path that no file can have."""
    try:
        return File(path).is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: str | File) -> bool:
    """Return whether a path is an existing folder; False for a path that none can have."""
    try:
        return File(path).is_dir()
    except (OSError, ValueError):
        return False


def _uri(spec: DataSourceSpec) -> Iterator[ConfigError]:
    if spec.uri is None:
        return
    found, prefix = S3_URI.fullmatch(spec.uri), spec.s3_prefix
    if found is not None and found["bucket"].endswith(DIRECTORY_BUCKET):
        rule = "must be in a general purpose bucket: a directory bucket lists in no order"
        yield ConfigError(("uri",), rule, spec.uri, "copy the data to a general purpose bucket")
    elif prefix is None:
        rule = "must be a prefix in S3, as s3://BUCKET/PREFIX/"
        remedy = "write for instance s3://my-data-bucket/images/"
        yield ConfigError(("uri",), rule, spec.uri, remedy)
    elif "//" in prefix.prefix or prefix.prefix.startswith("/"):
        rule = "must have one slash between two parts: an empty part is no folder of files"
        yield ConfigError(("uri",), rule, spec.uri, "copy the objects to keys without //")
    elif len(prefix.prefix.encode()) > 1024:
        rule = "must be at most 1024 bytes beyond the bucket, the longest key of S3"
        yield ConfigError(("uri",), rule, spec.uri, "shorten it")
