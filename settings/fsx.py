"""The FSx for Lustre file system."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, computed_field

from components.spec.model import Spec

DeploymentType = Literal["PERSISTENT_1", "PERSISTENT_2", "SCRATCH_2"]
StorageType = Literal["SSD", "HDD"]
DriveCacheType = Literal["NONE", "READ"]
DataCompressionType = Literal["NONE", "LZ4"]
AutoImportPolicy = Literal["NONE", "NEW", "NEW_CHANGED", "NEW_CHANGED_DELETED"]
FileSystemTypeVersion = Literal["2.12", "2.15"]

THROUGHPUTS: Final[dict[tuple[DeploymentType, StorageType], tuple[int, ...]]] = {
    ("PERSISTENT_1", "SSD"): (50, 100, 200),
    ("PERSISTENT_1", "HDD"): (12, 40),
    ("PERSISTENT_2", "SSD"): (125, 250, 500, 1000),
    ("SCRATCH_2", "SSD"): (),
}
"""The MB/s per TiB that each pair takes (FSx API, PerUnitStorageThroughput); no other pair is."""


class FsxLink(Spec):
    """What joins the file system to S3. Paths are prefixes of the data bucket, or s3://BUCKET/..."""

    import_path: str = "datasets/"
    """The objects that show as files, read from S3 on first access."""

    export_path: str | None = "exports/"
    """Where files written to the file system are exported to, in the bucket of importPath."""

    auto_import_policy: AutoImportPolicy = "NEW_CHANGED_DELETED"
    """Which later changes of the bucket show in the file system. Every change of a dataset is new
    objects, so that NEW is enough for them; with NONE a Job copies the datasets instead."""

    imported_file_chunk_size_mib: Annotated[int, Field(ge=1, le=512000)] = 1024
    """The stripe of an imported file, in MiB: files beyond it lie on several disks."""

    preload: bool = False
    """Have Lustre fetch the files of every dataset from S3 many at a time, by the workloads image.
    Without it the Job that checks their SHA-256 before training reads one after the other."""


class Fsx(Spec):
    """An FSx for Lustre file system, in one subnet of one zone.

    AWS changes in place: more capacity, another throughput of SSD storage, a newer version,
    compression, backups, times, tags and the link's autoImportPolicy. Anything else would make
    another file system, without the data, and is refused: see allowReplacementOf.
    """

    deployment_type: DeploymentType = "PERSISTENT_1"
    """PERSISTENT_1 is replicated and may be linked to S3 by importPath; PERSISTENT_2 may not;
    SCRATCH_2 is neither replicated nor kept when a file server fails."""

    storage_type: StorageType = "SSD"
    """SSD, or HDD (PERSISTENT_1 only)."""

    drive_cache_type: DriveCacheType | None = None
    """An SSD read cache before HDD storage: NONE or READ. Required with HDD, refused with SSD."""

    storage_capacity_gib: int = 1200
    """Storage capacity in GiB. SSD: 1200, or a multiple of 2400. HDD: a multiple of 6000 at
    12 MB/s per TiB, of 1800 at 40. It grows in place, six hours after it last grew, and never
    shrinks."""

    per_unit_storage_throughput: int | None = None
    """MB/s per TiB of capacity. PERSISTENT_1: 50, 100 or 200 (SSD), 12 or 40 (HDD).
    PERSISTENT_2: 125, 250, 500 or 1000. Without one, the lowest: see throughput. That of SSD
    storage changes in place, a few minutes away from clients; that of HDD storage is fixed."""

    file_system_type_version: FileSystemTypeVersion = "2.15"
    """The Lustre version of the servers. A newer one is installed in place."""

    data_compression_type: DataCompressionType = "LZ4"
    """Compression of stored data."""

    zone: str | None = None
    """The zone it lies in, of the network's; without one, the first when it is created."""

    weekly_maintenance_start_time: str | None = None
    """When maintenance may start, UTC, as d:HH:MM where Monday is 1 and Sunday is 7."""

    automatic_backup_retention_days: Annotated[int, Field(ge=0, le=90)] = 0
    """How many days automatic backups are kept; 0 makes none. Linked file systems have none."""

    daily_automatic_backup_start_time: str | None = None
    """When the daily backup may start, UTC, as HH:MM."""

    kms_key_arn: str | None = None
    """The KMS key that encrypts it, as an ARN. Without one, AWS's own key for FSx."""

    link: FsxLink | None = FsxLink()
    """What joins it to S3; null leaves it unlinked."""

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorator over a property
    @property
    def throughput(self) -> int | None:
        """MB/s per TiB, the lowest its type has unless one is given; None for SCRATCH_2."""
        if self.per_unit_storage_throughput is not None:
            return self.per_unit_storage_throughput
        return min(THROUGHPUTS.get((self.deployment_type, self.storage_type), ()), default=None)
