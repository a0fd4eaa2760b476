"""Parameters and permissions of the FSx CSI driver, as pure functions of the spec."""

from components.iam import Document, Statement, allow, document, use_key
from components.storage.fsx_class_spec import FsxClassSpec
from components.storage.fsx_link_spec import S3_PATH
from components.storage.fsx_spec import FsxSpec
from components.storage.fsx_types import THROUGHPUTS, StorageType

VOLUME_NAME = "CSIVolumeName"
"""Tag that the driver puts on each file system it makes."""
FILE_SYSTEMS = ["arn:*:fsx:*:*:file-system/*"]


def dynamic_parameters(spec: FsxSpec) -> dict[str, str]:
    """Return the settings that a file system made by the storage class has from the shared one.

    The driver makes no Intelligent-Tiering: beside such a file system it makes SSD storage. EFA is
    left out, because it takes the largest capacities.
    """
    kind: StorageType = "SSD" if spec.storage_type == "INTELLIGENT_TIERING" else spec.storage_type
    throughput = spec.throughput
    if kind != spec.storage_type:
        throughput = min(THROUGHPUTS[spec.deployment_type, kind])
    has_metadata = spec.metadata_configuration is not None
    parameters = {
        "deploymentType": spec.deployment_type,
        "fileSystemTypeVersion": spec.file_system_type_version,
        "storageType": kind,
        "perUnitStorageThroughput": None if throughput is None else str(throughput),
        "metadataConfigurationMode": "AUTOMATIC" if has_metadata else None,
        "driveCacheType": spec.drive_cache_type,
        "dataCompressionType": spec.data_compression_type,
        "weeklyMaintenanceStartTime": spec.weekly_maintenance_start_time,
        "kmsKeyId": spec.kms_key_arn,
        "automaticBackupRetentionDays": "0",
    }
    return {key: value for key, value in parameters.items() if value is not None}


def class_parameters(spec: FsxClassSpec) -> dict[str, str]:
    """Return the parameters of a class, except for those of its network."""
    tags = ",".join(f"{key}={value}" for key, value in sorted(spec.extra_tags.items()))
    parameters = {
        "deploymentType": spec.deployment_type,
        "fileSystemTypeVersion": spec.file_system_type_version,
        "storageType": spec.storage_type,
        "perUnitStorageThroughput": throughput_of(spec),
        "driveCacheType": spec.drive_cache_type,
        "dataCompressionType": spec.data_compression_type,
        "automaticBackupRetentionDays": spec.automatic_backup_retention_days,
        "dailyAutomaticBackupStartTime": spec.daily_automatic_backup_start_time,
        "copyTagsToBackups": "true" if spec.copy_tags_to_backups else None,
        "weeklyMaintenanceStartTime": spec.weekly_maintenance_start_time,
        "kmsKeyId": spec.kms_key_arn,
        "metadataConfigurationMode": spec.metadata_configuration_mode,
        "metadataIops": spec.metadata_iops,
        "s3ImportPath": spec.s3_import_path,
        "s3ExportPath": spec.s3_export_path,
        "autoImportPolicy": spec.auto_import_policy,
        "extraTags": tags or None,
    }
    return {key: str(value) for key, value in parameters.items() if value is not None}


def throughput_of(spec: FsxClassSpec) -> int | None:
    """Return the throughput of a class in MB/s per TiB, by default the lowest of its type."""
    if spec.per_unit_storage_throughput is not None:
        return spec.per_unit_storage_throughput
    return min(THROUGHPUTS.get((spec.deployment_type, spec.storage_type), ()), default=None)


def controller_policy(spec: FsxSpec) -> Document:
    """Return the controller's permissions: to make file systems for claims, and delete just these.

    It marks what it makes with the tag CSIVolumeName, in the request that makes it. A file system
    that belongs to a Pulumi stack has the tag Project and not the driver's, and never gets it: with
    it, the controller could delete it. Rights to buckets are for classes that are linked to S3.
    Source: https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/docs/install.md
    """
    marked = {"Null": {f"aws:RequestTag/{VOLUME_NAME}": "false"}}
    keys = dict.fromkeys(
        one
        for one in (spec.kms_key_arn, *(each.kms_key_arn for each in spec.classes.values()))
        if one
    )
    return document(
        allow(["fsx:DescribeFileSystems"]),
        allow(["fsx:CreateFileSystem", "fsx:TagResource"], FILE_SYSTEMS, marked),
        allow(
            ["fsx:DeleteFileSystem", "fsx:UpdateFileSystem"],
            FILE_SYSTEMS,
            {"StringLike": {f"aws:ResourceTag/{VOLUME_NAME}": "*"}},
        ),
        {
            "Effect": "Deny",
            "Action": ["fsx:TagResource"],
            "Resource": FILE_SYSTEMS,
            "Condition": {
                "StringLike": {"aws:ResourceTag/Project": "*"},
                "Null": {f"aws:ResourceTag/{VOLUME_NAME}": "true"},
            },
        },
        allow(
            ["iam:CreateServiceLinkedRole"],
            ["arn:*:iam::*:role/aws-service-role/fsx.amazonaws.com/*"],
            {"StringEquals": {"iam:AWSServiceName": "fsx.amazonaws.com"}},
        ),
        *(statement for key in keys for statement in use_key(key, "fsx")),
        *link_permissions(spec),
    )


def link_permissions(spec: FsxSpec) -> list[Statement]:
    """Return what the controller needs for classes that are linked to S3.

    FSx makes the role of a link in the name of the caller. Source: FSx for Lustre User Guide,
    "Identity-based policy examples".
    """
    paths = [one.s3_import_path for one in spec.classes.values() if one.s3_import_path]
    buckets = sorted({found["bucket"] for path in paths if (found := S3_PATH.fullmatch(path))})
    if not buckets:
        return []
    service = "s3.data-source.lustre.fsx.amazonaws.com"
    role = [f"arn:*:iam::*:role/aws-service-role/{service}/*"]
    return [
        allow(["iam:CreateServiceLinkedRole", "iam:AttachRolePolicy", "iam:PutRolePolicy"], role),
        allow(["s3:ListBucket"], [f"arn:*:s3:::{one}" for one in buckets]),
    ]
