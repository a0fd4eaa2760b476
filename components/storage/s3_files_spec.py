"""Settings of an S3 Files file system, and what S3 Files asks of them.

Sources: S3 Files API Reference, CreateFileSystem and PutSynchronizationConfiguration; S3 User
Guide, "Synchronization of S3 Files".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from components.names import kms_key_errors
from components.spec.errors import ConfigError, Path
from components.spec.model import Spec
from components.storage.s3_files_class_spec import S3FilesClassSpec
from components.storage.s3_files_parts_spec import (
    ImportRuleSpec,
    S3FilesAccessPointSpec,
    prefix_errors,
)

MOST_IMPORT_RULES = 10
IMPORT_RULES: Path = ("importRules",)


class S3FilesSpec(Spec):
    """S3 Files file system over the data bucket, with a mount target in each zone.

    The bucket keeps all data: what pods write is put there after 60 seconds without a further write
    to the file, and what others put there shows as files.
    """

    driver_name: ClassVar[str] = "efs.csi.aws.com"
    resource_type: ClassVar[str] = "aws:s3/filesFileSystem:FilesFileSystem"

    prefix: str = Field(default="", examples=["datasets/"])
    """Prefix of the data bucket whose objects are the files, with a slash at its end; by default
    the whole bucket. Fixed for the life of the file system."""

    kms_key_arn: str | None = Field(
        default=None,
        examples=["arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    )
    """ARN of the KMS key that encrypts the file system's fast storage; objects have the key of the
    bucket. Without it, a key of AWS's own is used. Fixed for the life of the file system."""

    accept_bucket_warning: bool = False
    """Create the file system even if its prefix has about 12 million objects or more, where the
    rename of a directory may take hours; false by default, so that AWS refuses it."""

    expiration_days: Annotated[int, Field(ge=1, le=365)] = 30
    """Days after its last read at which the data of a file leaves the fast storage, which is
    billed by size. The bucket keeps it."""

    import_rules: tuple[ImportRuleSpec, ...] = (ImportRuleSpec(),)
    """Rules of the data that is put on the fast storage, 1 to 10; by default that of files below
    128 KiB."""

    access_point: S3FilesAccessPointSpec = S3FilesAccessPointSpec()
    """Directory of the claims, and their POSIX identity."""

    classes: dict[str, S3FilesClassSpec] = Field(
        default_factory=dict, examples=[{"s3files-sc": {"basePath": "/homes"}}]
    )
    """StorageClasses by name, each with its parameters. By default there is one,
    s3files-access-points, whose directories have the mode 700 below /dynamic."""

    @property
    def root(self) -> str:
        """Prefix of the bucket whose objects are the files of the claims."""
        below = self.access_point.path.strip("/")
        return f"{self.prefix}{below}/" if below else self.prefix

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of S3 Files."""
        yield from prefix_errors(("prefix",), self.prefix)
        yield from kms_key_errors(("kmsKeyArn",), self.kms_key_arn)
        yield from _import_rules(self)


def _import_rules(spec: S3FilesSpec) -> Iterator[ConfigError]:
    prefixes = [one.prefix for one in spec.import_rules]
    if not 1 <= len(prefixes) <= MOST_IMPORT_RULES:
        rule = f"must be 1 to {MOST_IMPORT_RULES} rules"
        remedy = "keep one: with sizeLessThanBytes 0 it imports no data"
        yield ConfigError(IMPORT_RULES, rule, len(prefixes), remedy)
    for i, prefix in enumerate(prefixes):
        if prefix in prefixes[:i]:
            rule = "must be named by one rule only"
            yield ConfigError((*IMPORT_RULES, i, "prefix"), rule, prefix, "remove one of the rules")
