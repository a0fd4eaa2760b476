"""Settings of an FSx for Lustre file system."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field

from components.spec.errors import ConfigError, Path
from components.spec.model import Spec
from components.storage import fsx_backup_rules, fsx_class_rules, fsx_rules, fsx_tier_rules
from components.storage.fsx_association_spec import FsxAssociationSpec
from components.storage.fsx_class_spec import FsxClassSpec
from components.storage.fsx_link_spec import FsxLinkSpec
from components.storage.fsx_tier_spec import FsxMetadataSpec, FsxReadCacheSpec
from components.storage.fsx_types import (
    THROUGHPUTS,
    DataCompressionType,
    DeploymentType,
    DriveCacheType,
    FileSystemTypeVersion,
    StorageType,
)

FILE_SYSTEM_ID = re.compile(r"fs-[0-9a-f]{8,17}")


class FsxSpec(Spec):
    """FSx for Lustre file system in one zone.

    AWS changes these in place: a larger capacity, another throughput of SSD storage, a higher one
    of Intelligent-Tiering with its cache, more metadata IOPS, a newer version, compression,
    backups, times, tags, associations and the link's autoImportPolicy. Any other change would
    replace the file system and lose its data, and is refused; see allowReplacementOf.
    """

    driver_name: ClassVar[str] = "fsx.csi.aws.com"
    resource_type: ClassVar[str] = "aws:fsx/lustreFileSystem:LustreFileSystem"

    existing: str | None = Field(default=None, examples=["fs-0123456789abcdef0"])
    """Id of an existing file system to use, in the network of the stack. It is read and mounted,
    and neither changed nor deleted; rules of its security group let clients in, and go with the
    stack. All keys but classes describe a file system that the stack makes."""

    deployment_type: DeploymentType = "PERSISTENT_1"
    """Deployment type. PERSISTENT_1 is replicated. PERSISTENT_2 is replicated and faster, and is
    linked to S3 by associations only. SCRATCH_2 is not replicated: data is lost when a file server
    fails."""

    storage_type: StorageType = "SSD"
    """Kind of storage: SSD; HDD with PERSISTENT_1; or INTELLIGENT_TIERING with PERSISTENT_2, which
    grows and shrinks with the data, and moves what is not read to colder storage."""

    drive_cache_type: DriveCacheType | None = Field(default=None, examples=["READ"])
    """SSD read cache of HDD storage: NONE or READ. HDD storage requires the key; SSD storage has no
    cache."""

    storage_capacity_gib: int = 1200
    """Storage capacity in GiB. SSD: 1200, or a multiple of 2400. HDD: a multiple of 6000 at 12 MB/s
    per TiB, of 1800 at 40. EFA-enabled: a multiple of 38400 at 125 MB/s per TiB, of 19200 at 250,
    of 9600 at 500, of 4800 at 1000. It can grow, six hours after the last growth, and cannot
    shrink. Leave it out with INTELLIGENT_TIERING, and with backupId for the backup's capacity."""

    per_unit_storage_throughput: int | None = None
    """Throughput in MB/s per TiB of capacity. PERSISTENT_1: 50, 100 or 200 (SSD), 12 or 40 (HDD).
    PERSISTENT_2: 125, 250, 500 or 1000. By default it is the lowest of them. On SSD storage it
    changes in place, and clients wait for a few minutes; on HDD storage it is fixed."""

    throughput_capacity: int | None = Field(default=None, examples=[4000])
    """Throughput of INTELLIGENT_TIERING in MB/s, a multiple of 4000. It can be raised only."""

    data_read_cache_configuration: FsxReadCacheSpec | None = Field(
        default=None, examples=[{"sizingMode": "PROPORTIONAL_TO_THROUGHPUT_CAPACITY"}]
    )
    """SSD read cache of INTELLIGENT_TIERING, which requires the key."""

    metadata_configuration: FsxMetadataSpec | None = Field(
        default=None, examples=[{"mode": "AUTOMATIC"}]
    )
    """Metadata performance of PERSISTENT_2. It cannot be added later. EFA and INTELLIGENT_TIERING
    require it."""

    efa_enabled: bool = False
    """Let clients use Elastic Fabric Adapter and GPUDirect Storage; with PERSISTENT_2 and a
    metadataConfiguration. Fixed for the life of the file system, as is its throughput then."""

    file_system_type_version: FileSystemTypeVersion = "2.15"
    """Lustre version of the file servers. A newer version is installed in place."""

    data_compression_type: DataCompressionType = "LZ4"
    """Compression of the stored data."""

    zone: str | None = None
    """Availability Zone of the file system, among network.zones. By default it is the first of them
    when the file system is created."""

    weekly_maintenance_start_time: str | None = None
    """Start of the weekly maintenance window in UTC, as d:HH:MM where Monday is 1 and Sunday is 7.
    By default AWS chooses it."""

    automatic_backup_retention_days: Annotated[int, Field(ge=0, le=90)] = Field(
        default=0, examples=[7]
    )
    """Days that automatic backups are kept; 0 for no backups. A file system that is linked to S3
    cannot have backups."""

    daily_automatic_backup_start_time: str | None = Field(default=None, examples=["02:00"])
    """Start of the daily backup in UTC, as HH:MM. By default AWS chooses it."""

    copy_tags_to_backups: bool = False
    """Copy the tags of the file system to its backups. Fixed for its life."""

    final_backup: bool = False
    """Take a backup when the file system is deleted; the backup stays, and costs. It is read at the
    deletion, so an update has to set it before the destroy."""

    final_backup_tags: dict[str, str] = Field(default_factory=dict, examples=[{"Team": "vision"}])
    """Tags of the final backup."""

    backup_id: str | None = Field(default=None, examples=["backup-0123456789abcdef0"])
    """Id of the backup that the file system is made of. Keep it: without it, or with another, the
    file system would be replaced."""

    kms_key_arn: str | None = Field(
        default=None,
        examples=["arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    )
    """ARN of the KMS key that encrypts the file system. Without it, AWS's own key for FSx is used.
    Fixed for the life of the file system."""

    link: FsxLinkSpec | None = FsxLinkSpec()
    """Link of the whole file system to S3; null for none. It is fixed at creation, and exports
    nothing by itself."""

    associations: dict[str, FsxAssociationSpec] = Field(default_factory=dict)
    """Links of directories to S3 by name, at most 8, instead of `link`. They come and go on a
    running file system, and may import and export changes by themselves."""

    classes: dict[str, FsxClassSpec] = Field(
        default_factory=dict,
        examples=[
            {"fsx-lustre": {"deploymentType": "PERSISTENT_1", "perUnitStorageThroughput": 200}}
        ],
    )
    """StorageClasses by name, each with its parameters. By default there is one, fsx-lustre, whose
    file systems are like the shared one, without its link and backups."""

    @property
    def is_linked(self) -> bool:
        """True if the stack links the file system, or a directory of it, to S3."""
        if self.existing is not None:
            return False
        return self.link is not None or bool(self.associations)

    @property
    def throughput(self) -> int | None:
        """Throughput in MB/s per TiB, by default the lowest of the type; None for SCRATCH_2."""
        if self.per_unit_storage_throughput is not None:
            return self.per_unit_storage_throughput
        return min(THROUGHPUTS.get((self.deployment_type, self.storage_type), ()), default=None)

    @property
    def capacity_gib(self) -> int | None:
        """Capacity to ask for in GiB; None where the backup tells it, or it follows the data."""
        if self.storage_type == "INTELLIGENT_TIERING" or (
            self.backup_id is not None and "storage_capacity_gib" not in self.model_fields_set
        ):
            return None
        return self.storage_capacity_gib

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of FSx for Lustre."""
        if self.existing is not None:
            yield from existing_errors(self, self.existing)
            modules: tuple[Any, ...] = (fsx_class_rules,)
        else:
            modules = (fsx_rules, fsx_tier_rules, fsx_backup_rules, fsx_class_rules)
        for module in modules:
            for rule in module.RULES:
                yield from rule(self)


def existing_errors(spec: FsxSpec, existing: str) -> Iterator[ConfigError]:
    """Yield an error for an id that is none, and for each key that describes another file system.

    Args:
        spec: Settings of the file system.
        existing: Id of the file system that exists.
    """
    where: Path = ("existing",)
    if not FILE_SYSTEM_ID.fullmatch(existing):
        rule = "must be the id of a file system: fs- and hexadecimal digits"
        yield ConfigError(where, rule, existing, "see `aws fsx describe-file-systems`")
    values = spec.model_dump(by_alias=True)
    for field in sorted(spec.model_fields_set - {"existing", "classes"}):
        alias = FsxSpec.model_fields[field].alias or field
        if field != "link" or spec.link is not None:
            rule = "a file system named by existing is adopted as it is"
            remedy = f"remove {alias}, or existing to have a file system made"
            yield ConfigError((alias,), rule, values[alias], remedy, (where,))
