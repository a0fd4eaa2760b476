"""Settings of Mountpoint for Amazon S3: a prefix of a bucket as a volume.

Sources: https://github.com/awslabs/mountpoint-s3/blob/main/doc/CONFIGURATION.md,
https://github.com/awslabs/mountpoint-s3-csi-driver/blob/main/docs/CONFIGURATION.md and CACHING.md
(one kind of cache, a class and a size for an ephemeral one, Memory as the only medium); Amazon S3
User Guide, "Creating object key names" (1024 bytes)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from components.bucket_name import is_bucket_name
from components.names import kms_key_errors
from components.spec.errors import NOT_SET, ConfigError, Path
from components.spec.model import Spec

Id = Annotated[int, Field(ge=0, le=4294967294)]
MAX_PREFIX_LENGTH = 900
"""Maximum length of the prefix, which leaves some of a key's 1024 bytes to the files."""
DIRECTORY_BUCKET = "--x-s3"
"""End of the names of directory buckets (S3 Express One Zone)."""


class S3CacheSpec(Spec):
    """Cache of the objects' content, for each node."""

    kind: Literal["emptyDir", "ephemeral"] = "emptyDir"
    """Volume of the cache: an emptyDir of the node, which lies on its NVMe disks where the node
    group has instanceStore, or an ephemeral volume of a storage class."""

    size_gib: Annotated[int, Field(ge=1, le=65536)] = 10
    """Size of the cache on each node, in GiB. Mountpoint removes the content that was not used for
    the longest time."""

    medium: Literal["disk", "memory"] = "disk"
    """Medium of an emptyDir: the node's disk, or its memory, which then counts as the pod's."""

    storage_class: str | None = Field(default=None, examples=["gp3"])
    """Storage class of an ephemeral volume, which makes one for each node that mounts the bucket.
    The stack does not make this class."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of what only one kind of cache has."""
        kind: tuple[Path, ...] = (("kind",),)
        if self.kind == "ephemeral" and not self.storage_class:
            rule, remedy = "an ephemeral cache needs a storage class", "name one, or set emptyDir"
            yield ConfigError(("storageClass",), rule, NOT_SET, remedy, kind)
        if self.kind == "emptyDir" and self.storage_class:
            rule = "an emptyDir has no storage class"
            remedy = "remove it, or set the kind to ephemeral"
            yield ConfigError(("storageClass",), rule, self.storage_class, remedy, kind)
        if self.kind == "ephemeral" and self.medium == "memory":
            rule = "only an emptyDir can be in memory"
            remedy = "remove it, or set the kind to emptyDir"
            yield ConfigError(("medium",), rule, self.medium, remedy, kind)


class S3Spec(Spec):
    """A prefix of a bucket as a volume, mounted by Mountpoint for Amazon S3.

    It is for reading large files and for writing new ones from their beginning to their end. It is
    no file system for other work: files are not changed in place, renamed or locked.
    """

    driver_name: ClassVar[str] = "s3.csi.aws.com"
    """Name of the CSI driver."""

    bucket: str | None = Field(default=None, examples=["team-results"])
    """Name of another bucket than the stack's data bucket. Its policy must not deny the driver's
    role."""

    bucket_region: str | None = Field(default=None, examples=["eu-west-1"])
    """Region of that other bucket; by default that of the stack."""

    kms_key_arn: str | None = Field(
        default=None,
        examples=["arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    )
    """ARN of the KMS key that encrypts the objects of that other bucket; S3's own key without it.
    The key of the data bucket is in `bucket.kmsKeyArn`."""

    prefix: str = "shared/"
    """Beginning of the keys that the volume shows, with a slash at its end. The whole bucket, with
    an empty prefix, can be mounted for reading only."""

    read_only: bool = False
    """Mount for reading only; false by default."""

    allow_delete: bool = False
    """Let pods delete objects; false by default. A bucket with versions keeps the old ones."""

    allow_overwrite: bool = False
    """Let pods replace objects by opening them with O_TRUNC; false by default."""

    uid: Id = 1000
    """User id that owns the files for the pods; the stack's own pods have 1000."""

    gid: Id = 1000
    """Group id that owns the files for the pods; the stack's own pods have 1000."""

    metadata_ttl: Literal["minimal", "indefinite"] | Annotated[int, Field(ge=1)] | None = Field(
        default=None, examples=[300]
    )
    """Time for which names, sizes and misses are kept, in seconds, or minimal or indefinite. By
    default 60 s with a cache and minimal without one. Changes of the bucket show after that."""

    cache: S3CacheSpec | None = Field(default=None, examples=[{"sizeGib": 100}])
    """Cache on each node of what is read again and again. By default there is none."""

    authentication: Literal["driver", "pod"] = "driver"
    """Role by which S3 is called: that of the driver, which this stack makes with no more than the
    prefix, or that of each pod's own service account, which needs a Pod Identity association."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the prefix, of what excludes reading only, and of a bucket."""
        yield from _prefix(self)
        yield from _reading_only(self)
        yield from _bucket(self)


def _prefix(spec: S3Spec) -> Iterator[ConfigError]:
    prefix, path = spec.prefix, ("prefix",)
    if prefix and not prefix.endswith("/"):
        rule = "Mountpoint takes a prefix with a slash at its end"
        yield ConfigError(path, rule, prefix, f"set {prefix.lstrip('/')}/")
    elif {"", ".", ".."} & {*prefix.removesuffix("/").split("/")} and prefix:
        rule = 'no part of the prefix may be empty, "." or "..", which Mountpoint does not show'
        parts = (one for one in prefix.split("/") if one not in {"", ".", ".."})
        yield ConfigError(path, rule, prefix, f"set {'/'.join(parts) or 'shared'}/")
    elif len(prefix.encode()) > MAX_PREFIX_LENGTH:
        rule = f"must leave some of a key's 1024 bytes to the files: at most {MAX_PREFIX_LENGTH}"
        yield ConfigError(path, rule, prefix, "shorten it")


def _reading_only(spec: S3Spec) -> Iterator[ConfigError]:
    for key, value in (
        ("allowDelete", spec.allow_delete),
        ("allowOverwrite", spec.allow_overwrite),
    ):
        if spec.read_only and value:
            rule = "a volume that is mounted for reading only takes no changes"
            remedy = "remove it, or set readOnly to false"
            yield ConfigError((key,), rule, value, remedy, (("readOnly",),))


def _bucket(spec: S3Spec) -> Iterator[ConfigError]:
    if spec.bucket is None:
        for key, value in (("bucketRegion", spec.bucket_region), ("kmsKeyArn", spec.kms_key_arn)):
            if value is not None:
                rule = "is for another bucket than the stack's own, and none is named"
                yield ConfigError((key,), rule, value, "remove it, or set bucket", (("bucket",),))
    elif spec.bucket.endswith(DIRECTORY_BUCKET):
        rule = "must be a general purpose bucket: a directory bucket needs other permissions"
        yield ConfigError(("bucket",), rule, spec.bucket, "name a general purpose bucket")
    elif not is_bucket_name(spec.bucket):
        rule = "must be a bucket name: 3 to 63 lower-case letters, digits, hyphens and dots"
        yield ConfigError(("bucket",), rule, spec.bucket, "name it (no ARN or URL)")
    yield from kms_key_errors(("kmsKeyArn",), spec.kms_key_arn)
