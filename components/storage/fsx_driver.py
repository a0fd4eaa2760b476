"""What the FSx CSI driver is told and allowed: pure functions of the file system's arguments."""

from collections.abc import Mapping
from typing import Any

from components.policies import Document, allow, document

SERVICE_LINKED_ROLES = (
    "arn:*:iam::*:role/aws-service-role/s3.data-source.lustre.fsx.amazonaws.com/*"
)


def dynamic_parameters(args: Mapping[str, Any]) -> dict[str, str]:
    """What a file system made by the storage class takes from the shared one, as strings."""
    throughput = args["throughput"]
    parameters = {
        "deploymentType": args["deployment_type"],
        "fileSystemTypeVersion": args["file_system_type_version"],
        "storageType": args["storage_type"],
        "perUnitStorageThroughput": None if throughput is None else str(throughput),
        "driveCacheType": args["drive_cache_type"],
        "dataCompressionType": args["data_compression_type"],
        "weeklyMaintenanceStartTime": args["weekly_maintenance_start_time"],
        "kmsKeyId": args["kms_key_arn"],
        "automaticBackupRetentionDays": "0",
    }
    return {key: value for key, value in parameters.items() if value is not None}


def controller_policy() -> Document:
    """The controller's permissions.

    It marks what it makes with the tag CSIVolumeName, so that it can neither delete nor resize
    the shared file system, which has no such tag.
    Source: https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/docs/install.md
    """
    return document(
        allow(["fsx:DescribeFileSystems", "fsx:CreateFileSystem", "fsx:TagResource"]),
        allow(
            ["fsx:DeleteFileSystem", "fsx:UpdateFileSystem"],
            conditions={"StringLike": {"aws:ResourceTag/CSIVolumeName": "*"}},
        ),
        allow(["s3:ListBucket"]),
        allow(
            ["iam:CreateServiceLinkedRole"],
            conditions={
                "StringEquals": {
                    "iam:AWSServiceName": [
                        "fsx.amazonaws.com",
                        "s3.data-source.lustre.fsx.amazonaws.com",
                    ]
                }
            },
        ),
        allow(["iam:AttachRolePolicy", "iam:PutRolePolicy"], [SERVICE_LINKED_ROLES]),
    )
