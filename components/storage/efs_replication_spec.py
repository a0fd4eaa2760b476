"""Settings of the replication of an EFS file system.

Sources: EFS API Reference, CreateReplicationConfiguration; EFS User Guide, "Replicating EFS file
systems".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import Field

from components.names import kms_key_errors, kms_region_errors
from components.spec.errors import NOT_SET, ConfigError, Path
from components.spec.model import Spec

REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[1-9]")
ZONE = re.compile(r"(?P<region>[a-z]{2,4}(-[a-z]+)+-[1-9])[a-z]")
FILE_SYSTEM_ID = re.compile(r"fs-[0-9a-f]{8,40}")

TO_REGION: Path = ("region",)
TO_ZONE: Path = ("zone",)
TO_FILE_SYSTEM: Path = ("fileSystemId",)
KEY: Path = ("kmsKeyArn",)


class ReplicationSpec(Spec):
    """Copy of the file system that EFS keeps up to date, to which nobody else can write.

    EFS makes the copy, unless `fileSystemId` names one. It stays when the stack is destroyed: the
    stack has no other part in it than the replication.
    """

    region: str | None = Field(default=None, examples=["us-east-1"])
    """Region of a Regional copy, or of the file system that `fileSystemId` names."""

    zone: str | None = Field(default=None, examples=["us-west-2b"])
    """Availability Zone of a One Zone copy."""

    file_system_id: str | None = Field(default=None, examples=["fs-0123456789abcdef0"])
    """Id of an existing file system to replicate to. Files that the source does not have are
    removed from it. Its replication overwrite protection must be off; see docs/efs.md."""

    kms_key_arn: str | None = Field(
        default=None,
        examples=["arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    )
    """ARN of the KMS key, in the Region of the copy, that encrypts it. Without it, AWS's own key
    for EFS there is used."""

    @property
    def destination_region(self) -> str | None:
        """Region of the copy; None if it is the Region of the stack."""
        if self.zone is not None and (zone := ZONE.fullmatch(self.zone)):
            return zone["region"]
        return self.region

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of a replication."""
        yield from _forms(self)
        yield from _destination(self)
        yield from _key(self)


def _forms(copy: ReplicationSpec) -> Iterator[ConfigError]:
    if copy.region is not None and not REGION.fullmatch(copy.region):
        rule = "must be an AWS Region, such as us-east-1"
        yield ConfigError(TO_REGION, rule, copy.region, "see `aws ec2 describe-regions`")
    if copy.zone is not None and not ZONE.fullmatch(copy.zone):
        rule = "must be an Availability Zone, such as us-west-2b"
        yield ConfigError(TO_ZONE, rule, copy.zone, "see `aws ec2 describe-availability-zones`")
    if copy.file_system_id is not None and not FILE_SYSTEM_ID.fullmatch(copy.file_system_id):
        rule = "must be the id of an EFS file system: fs- and hexadecimal digits"
        remedy = "see `aws efs describe-file-systems`"
        yield ConfigError(TO_FILE_SYSTEM, rule, copy.file_system_id, remedy)


def _destination(copy: ReplicationSpec) -> Iterator[ConfigError]:
    if copy.region is None and copy.zone is None and copy.file_system_id is None:
        rule = "a replication needs a destination: a region, a zone or a fileSystemId"
        yield ConfigError(TO_REGION, rule, NOT_SET, "set one, such as region: us-east-1")
    if copy.zone is not None and copy.region is not None:
        rule = "a copy is in a zone or, without one, in all zones of a region"
        yield ConfigError(TO_ZONE, rule, copy.zone, "remove it, or region", (TO_REGION,))
    if copy.zone is not None and copy.file_system_id is not None:
        rule = "the file system that fileSystemId names keeps its own zones"
        yield ConfigError(TO_ZONE, rule, copy.zone, "remove it, or fileSystemId", (TO_FILE_SYSTEM,))


def _key(copy: ReplicationSpec) -> Iterator[ConfigError]:
    arn = copy.kms_key_arn
    yield from kms_key_errors(KEY, arn)
    if arn is not None and copy.file_system_id is not None:
        rule = "the file system that fileSystemId names keeps its own key"
        yield ConfigError(KEY, rule, arn, "remove it, or fileSystemId", (TO_FILE_SYSTEM,))
    elif copy.destination_region is not None:
        for error in kms_region_errors(KEY, arn, copy.destination_region):
            rule = "must be a key of the copy's Region: a KMS key encrypts nothing elsewhere"
            yield ConfigError(KEY, rule, arn, error.remedy, (TO_REGION, TO_ZONE))
