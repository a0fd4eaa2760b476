"""Mount S3 Files: a folder that shows a prefix of a bucket, its access points and mount targets.

The bucket and the folder follow each other: objects show as files at once, and files are exported
once nobody has written to them for a while. Where both have changed, the bucket wins, and the file
is moved to a directory at the root of the file system.
Source: S3 User Guide, "Synchronization of S3 Files".
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.clients.aws import Cloud, code_of
from rehearsal.file_systems.access_points import Creation, make_root
from rehearsal.file_systems.links import Link

EXPORT_VARIABLE = "REHEARSAL_EXPORT_SECONDS"
EXPORT_SECONDS = 5.0
"""Default time without a write after which a file is exported, in seconds; it is 60 on AWS."""
LOST_AND_FOUND = ".s3files-lost+found-"
"""Beginning of the name of the directory for files that have lost a conflict."""
ALL = frozenset({"NEW", "CHANGED", "DELETED"})
SYNCHRONIZED = {"available", "updating"}


def export_delay() -> float:
    """Return the time without a write after which a file is exported, in seconds.

    The environment variable REHEARSAL_EXPORT_SECONDS sets it.
    """
    return float(os.environ.get(EXPORT_VARIABLE, EXPORT_SECONDS))


def describe(cloud: Cloud, system_id: str, region: str) -> dict[str, Any] | None:
    """Return the description of a file system of S3 Files; None if it has none of this id."""
    try:
        found: dict[str, Any] = cloud.client("s3files", region).get_file_system(
            fileSystemId=system_id
        )
    except ClientError as error:
        if code_of(error) not in {"ResourceNotFoundException", "ValidationException"}:
            raise
        return None
    return found


def link(system: dict[str, Any]) -> list[Link]:
    """Return the link of a file system to its bucket; none while its role lacks permissions."""
    if system["status"] not in SYNCHRONIZED:
        return []
    bucket, prefix = system["bucket"].rpartition(":")[2], system.get("prefix", "")
    return [
        Link(
            "",
            bucket,
            prefix,
            ALL,
            exports=ALL,
            export_bucket=bucket,
            export_prefix=prefix,
            quiet_seconds=export_delay(),
            lost_and_found=f"{LOST_AND_FOUND}{system['fileSystemId']}",
        )
    ]


def root(cloud: Cloud, region: str, folder: Path, access_point: str) -> Path:
    """Return the root folder of a mount: the file system's own, or an access point's.

    Raises:
        LookupError: There is no mount target, no such access point, or its directory does not
            exist.
    """
    system_id, client = folder.name, cloud.client("s3files", region)
    if not client.list_mount_targets(fileSystemId=system_id)["mountTargets"]:
        raise LookupError(f"file system {system_id} has no mount target")
    if not access_point:
        return folder
    directory = _access_point(client, system_id, access_point).get("rootDirectory", {})
    path = folder / str(directory.get("path", "/")).strip("/")
    if not path.is_dir():
        info = directory.get("creationPermissions")
        creation = info and Creation(info["ownerUid"], info["ownerGid"], info["permissions"])
        without = "creationPermissions S3 Files does not make it"
        make_root(path, folder, creation, access_point, without)
    return path


def _access_point(client: Any, system_id: str, access_point: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = client.get_access_point(accessPointId=access_point)
    except ClientError as error:
        if code_of(error) not in {"ResourceNotFoundException", "ValidationException"}:
            raise
        found = {}
    if found.get("fileSystemId") != system_id:
        raise LookupError(f"file system {system_id} has no access point {access_point}")
    return found
