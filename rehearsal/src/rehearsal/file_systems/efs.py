"""Mount EFS: a folder, its access points and mount targets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.clients.aws import Cloud, code_of
from rehearsal.file_systems.access_points import Creation, make_root


def exists(cloud: Cloud, system_id: str, region: str) -> bool:
    """Return whether EFS has such a file system."""
    efs = cloud.client("efs", region)
    try:
        return bool(efs.describe_file_systems(FileSystemId=system_id)["FileSystems"])
    except ClientError as error:
        if code_of(error) != "FileSystemNotFound":
            raise
        return False


def root(cloud: Cloud, region: str, folder: Path, access_point: str) -> Path:
    """Return the root folder of a mount: the file system's own, or an access point's.

    Raises:
        LookupError: There is no mount target, no such access point, or its directory does not
            exist.
    """
    system_id = folder.name
    efs = cloud.client("efs", region)
    if not efs.describe_mount_targets(FileSystemId=system_id)["MountTargets"]:
        raise LookupError(f"file system {system_id} has no mount target")
    if not access_point:
        return folder
    point = _access_point(efs, system_id, access_point)
    directory = point.get("RootDirectory", {})
    path = folder / str(directory.get("Path", "/")).strip("/")
    if not path.is_dir():
        info = directory.get("CreationInfo")
        creation = info and Creation(info["OwnerUid"], info["OwnerGid"], info["Permissions"])
        without = "CreationInfo (owner and permissions) EFS does not make it"
        make_root(path, folder, creation, access_point, without)
    return path


def _access_point(efs: Any, system_id: str, access_point: str) -> dict[str, Any]:
    try:
        found = efs.describe_access_points(AccessPointId=access_point)["AccessPoints"]
    except ClientError as error:
        if code_of(error) != "AccessPointNotFound":
            raise
        found = []
    if not found or found[0]["FileSystemId"] != system_id:
        raise LookupError(f"file system {system_id} has no access point {access_point}")
    point: dict[str, Any] = found[0]
    return point
