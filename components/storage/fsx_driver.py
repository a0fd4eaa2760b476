"""Parameters and permissions of the FSx CSI driver, as pure functions of the spec."""

from components.iam import Document, allow, document, use_key
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


def controller_policy(kms_key_arn: str | None) -> Document:
    """Return the controller's permissions: to make file systems for claims, and delete just these.

    It marks what it makes with the tag CSIVolumeName, in the request that makes it. A file system
    that belongs to a Pulumi stack has the tag Project and not the driver's, and never gets it: with
    it, the controller could delete it. The class that the stack offers has no link to S3, so
    that no right to a bucket is needed.
    Source: https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/docs/install.md

    Args:
        kms_key_arn: ARN of the key that encrypts what it makes; AWS's own key for FSx when None.
    """
    marked = {"Null": {f"aws:RequestTag/{VOLUME_NAME}": "false"}}
    key = [*use_key(kms_key_arn, "fsx")] if kms_key_arn else []
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
        *key,
    )
