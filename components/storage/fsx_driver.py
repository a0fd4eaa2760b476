"""What the FSx CSI driver is told and allowed: pure functions of the file system's arguments."""

from collections.abc import Mapping
from typing import Any

from components.iam import Document, allow, document, use_key

VOLUME_NAME = "CSIVolumeName"
"""The tag that the driver puts on each file system it makes."""
FILE_SYSTEMS = ["arn:*:fsx:*:*:file-system/*"]


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


def controller_policy(kms_key_arn: str | None) -> Document:
    """The controller's permissions: to make file systems for claims, and to delete just these.

    It marks what it makes with the tag CSIVolumeName, in the request that makes it. A file system
    that belongs to a Pulumi stack has the tag Project and not the driver's, and never gets it: with
    it, the controller could delete it. The class that the stack offers has no link to S3, so
    that no right to a bucket is needed.
    Source: https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/docs/install.md

    Args:
        kms_key_arn: The key that encrypts what it makes; AWS's own one for FSx when None.
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
