"""Settings of a StorageClass of FSx for Lustre, and what its CSI driver and FSx ask of them.

The driver passes over a parameter that it does not know and says nothing, so that the parameters
are the keys of a model here. Rules that a shared file system has too are in `fsx_spec`.

Sources: https://github.com/kubernetes-sigs/aws-fsx-csi-driver, CreateVolume in
pkg/driver/controller.go and CreateFileSystem in pkg/cloud/cloud.go of release 1.9.0; Amazon FSx API
Reference, CreateFileSystemLustreConfiguration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from components.spec.errors import ConfigError, Path
from components.storage.class_spec import StorageClassSpec
from components.storage.fsx_link_spec import S3_PATH

PARAMETER_TAGS = frozenset({"Project", "Stack", "CSIVolumeName"})
"""Tags that the driver sets by itself: those of the stack, and that of the volume."""
SUBNET_ID = re.compile(r"subnet-[0-9a-f]{8,17}")
SECURITY_GROUP_ID = re.compile(r"sg-[0-9a-f]{8,17}")
METADATA_IOPS = (1500, 3000, 6000, *range(12000, 192001, 12000))

TYPE: Path = ("deploymentType",)
IMPORT: Path = ("s3ImportPath",)
EXPORT: Path = ("s3ExportPath",)
POLICY: Path = ("autoImportPolicy",)
RETENTION: Path = ("automaticBackupRetentionDays",)
COPY_TAGS: Path = ("copyTagsToBackups",)
METADATA: Path = ("metadataConfigurationMode",)
IOPS: Path = ("metadataIops",)


class FsxClassSpec(StorageClassSpec):
    """StorageClass that makes an FSx for Lustre file system of its own for each claim.

    Such a file system has 1200 GiB at least, is there within 15 minutes, and is billed by its
    capacity. The driver takes no final backup of it.
    """

    deployment_type: Literal["PERSISTENT_1", "PERSISTENT_2", "SCRATCH_2"] = "PERSISTENT_1"
    """Deployment type, as storage.fsx.deploymentType."""

    storage_type: Literal["SSD", "HDD"] = "SSD"
    """Kind of disks: SSD, or HDD with PERSISTENT_1."""

    drive_cache_type: Literal["NONE", "READ"] | None = Field(default=None, examples=["READ"])
    """SSD read cache of HDD storage: NONE or READ."""

    per_unit_storage_throughput: int | None = Field(default=None, examples=[200])
    """Throughput in MB/s per TiB, as storage.fsx.perUnitStorageThroughput. By default it is the
    lowest of the type."""

    file_system_type_version: Literal["2.12", "2.15"] = "2.15"
    """Lustre version of the file servers."""

    data_compression_type: Literal["NONE", "LZ4"] = "NONE"
    """Compression of the stored data."""

    automatic_backup_retention_days: Annotated[int, Field(ge=0, le=90)] = Field(
        default=0, examples=[1]
    )
    """Days that automatic backups are kept; 0 for no backups. They are deleted with the file
    system, which goes with its claim unless reclaimPolicy is Retain."""

    daily_automatic_backup_start_time: str | None = Field(default=None, examples=["00:00"])
    """Start of the daily backup in UTC, as HH:MM."""

    copy_tags_to_backups: bool = False
    """True to copy the tags of the file system to its backups; false by default."""

    weekly_maintenance_start_time: str | None = Field(default=None, examples=["7:09:00"])
    """Start of the weekly maintenance window in UTC, as d:HH:MM where Monday is 1."""

    kms_key_arn: str | None = Field(
        default=None,
        examples=["arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    )
    """ARN of the KMS key that encrypts the file system; AWS's own key for FSx by default."""

    metadata_configuration_mode: Literal["AUTOMATIC", "USER_PROVISIONED"] | None = Field(
        default=None, examples=["AUTOMATIC"]
    )
    """Metadata performance of PERSISTENT_2: by capacity, or as metadataIops says."""

    metadata_iops: int | None = Field(default=None, examples=[6000])
    """Metadata operations per second, for metadataConfigurationMode USER_PROVISIONED."""

    s3_import_path: str | None = Field(default=None, examples=["s3://my-bucket/data/"])
    """S3 path that each file system shows, s3://BUCKET/PREFIX. PERSISTENT_2 has no such link."""

    s3_export_path: str | None = Field(default=None, examples=["s3://my-bucket/results/"])
    """S3 path that files are exported to, in the bucket of s3ImportPath. Nothing is exported by
    itself: root runs `lfs hsm_archive`."""

    auto_import_policy: Literal["NONE", "NEW", "NEW_CHANGED", "NEW_CHANGED_DELETED"] | None = Field(
        default=None, examples=["NEW_CHANGED"]
    )
    """Changes in S3 that show on the file system by themselves; needs s3ImportPath."""

    extra_tags: dict[str, str] = Field(default_factory=dict, examples=[{"Team": "research"}])
    """Tags of each file system, beside those of the stack."""

    subnet_id: str | None = Field(default=None, examples=["subnet-0123456789abcdef0"])
    """Id of the subnet of each file system. By default it is that of the shared file system."""

    security_group_ids: tuple[str, ...] | None = Field(
        default=None, examples=[["sg-0123456789abcdef0"]]
    )
    """Ids of the security groups of each file system, which the nodes must reach. By default it is
    the group of the shared file system."""

    allow_volume_expansion: bool = True
    """True to let a claim ask for more capacity later; true by default. FSx grows six hours after
    the last growth, in its own steps, and never shrinks."""

    mount_options: tuple[str, ...] = ("flock",)
    """Options of mount(8)."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the parameters that a shared file system does not have."""
        for rule in (_link, _link_paths, _backups, _metadata, _tags, _network):
            yield from rule(self)


def _link(spec: FsxClassSpec) -> Iterator[ConfigError]:
    linked = spec.s3_import_path is not None
    if linked and spec.deployment_type == "PERSISTENT_2":
        rule = "PERSISTENT_2 takes no S3 paths, and the driver makes no associations"
        remedy = "remove it, or set deploymentType PERSISTENT_1"
        yield ConfigError(IMPORT, rule, spec.s3_import_path, remedy, (TYPE,))
    for path, value in ((EXPORT, spec.s3_export_path), (POLICY, spec.auto_import_policy)):
        if value is not None and not linked:
            rule = "FSx takes it only with s3ImportPath"
            yield ConfigError(path, rule, value, "set s3ImportPath, or remove it", (IMPORT,))


def _link_paths(spec: FsxClassSpec) -> Iterator[ConfigError]:
    buckets = []
    for path, value in ((IMPORT, spec.s3_import_path), (EXPORT, spec.s3_export_path)):
        found = S3_PATH.fullmatch(value or "")
        if value is not None and found is None:
            rule = "must be s3://BUCKET/PREFIX: a class knows no other bucket"
            yield ConfigError(path, rule, value, "write for instance s3://my-bucket/data/")
        elif found is not None:
            buckets.append(found["bucket"])
    if len(buckets) == 2 and buckets[0] != buckets[1]:
        rule = "must be in the bucket of s3ImportPath"
        remedy = f"set for instance s3://{buckets[0]}/exports/"
        yield ConfigError(EXPORT, rule, spec.s3_export_path, remedy, (IMPORT,))
    elif len(buckets) == 2 and spec.s3_export_path == spec.s3_import_path:
        rule = "must differ from s3ImportPath, or exported files overwrite their sources"
        remedy = f"set for instance s3://{buckets[0]}/exports/"
        yield ConfigError(EXPORT, rule, spec.s3_export_path, remedy, (IMPORT,))


def _backups(spec: FsxClassSpec) -> Iterator[ConfigError]:
    days = spec.automatic_backup_retention_days
    if days and spec.s3_import_path is not None:
        rule = "a file system linked to S3 has no backups: the bucket is its durable copy"
        yield ConfigError(RETENTION, rule, days, "set 0, or remove s3ImportPath", (IMPORT,))
    elif spec.copy_tags_to_backups and not days:
        rule = "there are no backups to copy the tags to"
        remedy = "remove it, or set automaticBackupRetentionDays"
        yield ConfigError(COPY_TAGS, rule, True, remedy, (RETENTION,))


def _metadata(spec: FsxClassSpec) -> Iterator[ConfigError]:
    mode, iops = spec.metadata_configuration_mode, spec.metadata_iops
    if mode is not None and spec.deployment_type != "PERSISTENT_2":
        rule = f"{spec.deployment_type} has no metadata configuration"
        remedy = "remove it, or set deploymentType PERSISTENT_2"
        yield ConfigError(METADATA, rule, mode, remedy, (TYPE,))
    if iops is not None and mode != "USER_PROVISIONED":
        rule = "is for metadataConfigurationMode USER_PROVISIONED; else the driver passes over it"
        yield ConfigError(IOPS, rule, iops, "set that mode, or remove it", (METADATA,))
    elif mode == "USER_PROVISIONED" and iops not in METADATA_IOPS:
        rule = "must be 1500, 3000, 6000 or a multiple of 12000 up to 192000"
        remedy = f"set {min(METADATA_IOPS, key=lambda one: abs(one - (iops or 0)))}"
        yield ConfigError(IOPS, rule, iops, remedy, (METADATA,))


def _tags(spec: FsxClassSpec) -> Iterator[ConfigError]:
    for key, value in spec.extra_tags.items():
        path: Path = ("extraTags", key)
        if any(sign in f"{key}{value}" for sign in "=,") or not value:
            rule = "the driver splits tags at , and =, and takes no empty value"
            yield ConfigError(path, rule, value, "write it without these signs")
        elif key in PARAMETER_TAGS:
            rule = "the driver sets this tag by itself, and AWS refuses one that is given twice"
            yield ConfigError(path, rule, value, "rename or remove it")


def _network(spec: FsxClassSpec) -> Iterator[ConfigError]:
    if spec.subnet_id is not None and not SUBNET_ID.fullmatch(spec.subnet_id):
        rule = "must be the id of one subnet"
        yield ConfigError(("subnetId",), rule, spec.subnet_id, "see `aws ec2 describe-subnets`")
    groups = spec.security_group_ids
    if groups == ():
        rule = "the driver sends an empty id for an empty list, which FSx refuses"
        yield ConfigError(("securityGroupIds",), rule, [], "name a group, or remove the key")
    for i, one in enumerate(groups or ()):
        if not SECURITY_GROUP_ID.fullmatch(one):
            rule = "must be the id of one security group: the driver splits at , and trims nothing"
            remedy = "write each id as an item of the list, without spaces"
            yield ConfigError(("securityGroupIds", i), rule, one, remedy)
