"""Policy of an EFS file system: the program's own statements, and further ones."""

from collections.abc import Sequence

import pulumi

from components.iam import Document, document
from components.storage.efs_client_policy import MOUNT, ROOT, WRITE
from components.storage.efs_policy_spec import PolicyStatementSpec


def mount_policy(
    arn: pulumi.Output[str], further: Sequence[PolicyStatementSpec] = (), *, nfs: bool = False
) -> Document:
    """Allow writing through an access point only, which EFS mounts over TLS only; reading to all.

    SageMaker mounts without an access point and says nothing of TLS, so it gets to read. Both
    ways lead through a mount target, whose security group admits named clients.
    Source: https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html

    Args:
        arn: ARN of the file system.
        further: Statements of the user.
        nfs: True if nodes mount the file system by plain NFS too: then everybody may read, write
            and be root, with and without TLS. The root directory belongs to root, so that nobody
            else could make a directory in it.
    """
    through_mount_target = {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}
    access_points = "arn:*:elasticfilesystem:*:*:access-point/*"
    anyone = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Resource": arn}
    return document(
        {
            **anyone,
            "Sid": "ReadByMountTarget",
            "Action": [MOUNT],
            "Condition": through_mount_target,
        },
        {
            **anyone,
            "Sid": "WriteByAccessPoint",
            "Action": [MOUNT, WRITE],
            "Condition": {
                **through_mount_target,
                "StringLike": {"elasticfilesystem:AccessPointArn": access_points},
            },
        },
        {
            **anyone,
            "Sid": "EverythingByNfs",
            "Action": [MOUNT, WRITE, ROOT],
            "Condition": through_mount_target,
        }
        if nfs
        else {
            **anyone,
            "Sid": "WriteOverTlsOnly",
            "Effect": "Deny",
            "Action": [WRITE],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        *({**one.statement, "Resource": arn} for one in further),
    )
