"""IAM policies of S3 Files, as pure functions: its role, its clients and its CSI driver.

Sources: S3 User Guide, "Prerequisites for S3 Files" and "Control client access to an S3 Files file
system"; https://github.com/kubernetes-sigs/aws-efs-csi-driver (docs/iam-policy-create.md and the
calls in pkg/cloud/cloud.go).
"""

import pulumi

from components.account import account_id, partition, region
from components.iam import Document, Statement, allow, document, trust

SERVICE = "elasticfilesystem.amazonaws.com"
"""Principal by which S3 Files takes on its role, and manager of its rules in EventBridge."""
EVENT_RULES = ["arn:*:events:*:*:rule/DO-NOT-DELETE-S3-Files*"]
"""Rules by which the bucket tells S3 Files of changes."""
CLIENT_ACTIONS = ["s3files:ClientMount", "s3files:ClientWrite", "s3files:ClientRootAccess"]
OWNER_TAG = "efs.csi.aws.com/cluster"
"""Tag that the driver puts on each access point it makes."""


def service_trust() -> Document:
    """Return trust in S3 Files, for the file systems of this account and Region."""
    account, here = account_id(), region()
    systems = pulumi.Output.concat(
        "arn:", partition(), ":s3files:", here, ":", account, ":file-system/*"
    )
    return trust(
        SERVICE,
        conditions={
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": systems},
        },
    )


def service_policy(
    bucket_arn: pulumi.Input[str], prefix: str, kms_key_arn: pulumi.Input[str] | None
) -> Document:
    """Return the permissions by which S3 Files reads and writes the objects under a prefix.

    Args:
        bucket_arn: ARN of the bucket.
        prefix: Prefix of the objects; empty for the whole bucket.
        kms_key_arn: ARN of the key that encrypts the bucket; None for S3's own key.
    """
    account = account_id()
    own = {"StringEquals": {"aws:ResourceAccount": account}}
    managed = {"StringEquals": {"events:ManagedBy": SERVICE}}
    return document(
        allow(["s3:ListBucket", "s3:ListBucketVersions"], [bucket_arn], own),
        allow(
            [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject*",
                "s3:GetObject*",
                "s3:List*",
                "s3:PutObject*",
            ],
            [pulumi.Output.concat(bucket_arn, "/", prefix, "*")],
            own,
        ),
        allow(
            [
                "events:DeleteRule",
                "events:DisableRule",
                "events:EnableRule",
                "events:PutRule",
                "events:PutTargets",
                "events:RemoveTargets",
            ],
            EVENT_RULES,
            managed,
        ),
        allow(
            [
                "events:DescribeRule",
                "events:ListRuleNamesByTarget",
                "events:ListRules",
                "events:ListTargetsByRule",
            ],
            ["arn:*:events:*:*:rule/*"],
        ),
        *bucket_key(kms_key_arn),
    )


def bucket_key(kms_key_arn: pulumi.Input[str] | None) -> list[Statement]:
    """Return a statement that allows the use of the bucket's key through S3, if it has one."""
    if kms_key_arn is None:
        return []
    operations = ["GenerateDataKey", "Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo"]
    through = {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com*"}}
    return [allow([f"kms:{one}" for one in operations], [kms_key_arn], through)]


def access_point_policy(file_system_arn: pulumi.Output[str]) -> Document:
    """Return a policy of the file system that refuses every mount without an access point.

    An access point has its own root and identity; without one, any role with the right to mount
    would have the whole file system. S3 Files asks the policy at every mount.
    """
    return document(
        {
            "Sid": "AccessPointsOnly",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": CLIENT_ACTIONS,
            "Resource": file_system_arn,
            "Condition": {"Null": {"s3files:AccessPointArn": "true"}},
        }
    )


def controller_policy(file_system_arn: pulumi.Output[str]) -> Document:
    """Return the controller's permissions: to make access points, and delete just these.

    It marks what it makes with the tag efs.csi.aws.com/cluster, in the request that makes it.
    """
    points = pulumi.Output.concat(file_system_arn, "/access-point/*")
    return document(
        allow(["s3files:ListFileSystems"]),
        allow(["s3files:GetFileSystem", "s3files:ListAccessPoints"], [file_system_arn]),
        allow(
            ["s3files:CreateAccessPoint", "s3files:TagResource"],
            [file_system_arn, points],
            {"StringEquals": {f"aws:RequestTag/{OWNER_TAG}": "true"}},
        ),
        allow(["s3files:GetAccessPoint"], [points]),
        allow(
            ["s3files:DeleteAccessPoint"],
            [points],
            {"StringEquals": {f"aws:ResourceTag/{OWNER_TAG}": "true"}},
        ),
    )


def node_policy(
    file_system_arn: pulumi.Output[str],
    bucket_arn: pulumi.Input[str],
    prefix: str,
    kms_key_arn: pulumi.Input[str] | None,
) -> Document:
    """Return the permissions of the driver on the nodes: to mount, and to read objects directly.

    Claims act as user 0 by default, for which S3 Files asks ClientRootAccess.

    Args:
        file_system_arn: ARN of the file system.
        bucket_arn: ARN of its bucket.
        prefix: Prefix of its objects; empty for the whole bucket.
        kms_key_arn: ARN of the key that encrypts the bucket; None for S3's own key.
    """
    return document(
        allow(CLIENT_ACTIONS, [file_system_arn]),
        allow(["s3:ListBucket"], [bucket_arn]),
        allow(
            ["s3:GetObject", "s3:GetObjectVersion"],
            [pulumi.Output.concat(bucket_arn, "/", prefix, "*")],
        ),
        *bucket_key(kms_key_arn),
    )
