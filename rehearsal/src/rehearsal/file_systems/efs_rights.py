"""Rights of an NFS client on an EFS file system, by the policy of the file system.

A client without IAM credentials is anybody: statements about everybody decide. Without a policy,
EFS's default lets whoever reaches a mount target read, write and be root.

Sources: EFS User Guide, "Using IAM to control access to file systems" and "Working with users,
groups, and permissions at the NFS level".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.aws.policy import Decision, Request, decide
from rehearsal.clients.aws import Cloud, code_of


@dataclass(frozen=True)
class Rights:
    """Actions that a client may take."""

    mount: bool = True
    """True if it may mount and read."""
    write: bool = True
    """True if it may write."""
    root: bool = True
    """True if its root user is root here; otherwise it is squashed to nobody in particular."""


def rights(
    cloud: Cloud, region: str, system_id: str, *, tls: bool, access_point: str = ""
) -> Rights:
    """Return the rights of a client without IAM credentials that comes by a mount target.

    Args:
        cloud: The emulated AWS.
        region: Region of the file system.
        system_id: Id of the file system.
        tls: True if the client mounts over TLS, as the mount helper and the CSI driver do.
        access_point: Id of the access point that it mounts; empty for the file system itself.
    """
    policy = _policy(cloud, region, system_id)
    if policy is None:
        return Rights()
    context = {
        "aws:SecureTransport": "true" if tls else "false",
        "elasticfilesystem:AccessedViaMountTarget": "true",
    }
    if access_point:
        resource = f"access-point/{access_point}"
        context["elasticfilesystem:AccessPointArn"] = cloud.arn(
            "elasticfilesystem", region, resource
        )
    arn = cloud.arn("elasticfilesystem", region, f"file-system/{system_id}")

    def may(action: str) -> bool:
        request = Request(f"elasticfilesystem:{action}", arn, dict(context))
        return decide([policy], request) is Decision.ALLOWED

    return Rights(may("ClientMount"), may("ClientWrite"), may("ClientRootAccess"))


def _policy(cloud: Cloud, region: str, system_id: str) -> dict[str, Any] | None:
    """Return the policy of a file system; None if it has EFS's default."""
    efs = cloud.client("efs", region)
    try:
        found = efs.describe_file_system_policy(FileSystemId=system_id)["Policy"]
    except ClientError as error:
        if code_of(error) not in {"PolicyNotFound", "FileSystemNotFound"}:
            raise
        return None
    policy: dict[str, Any] = json.loads(found)
    return policy
