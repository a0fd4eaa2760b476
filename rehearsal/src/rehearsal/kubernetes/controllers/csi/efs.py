"""Driver efs.csi.aws.com: each volume is an access point of an EFS file system."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from typing import Any

from rehearsal.kubernetes.controllers.csi.driver import (
    AwsRefused,
    Driver,
    Refused,
    Volume,
    VolumeRequest,
    resource_context,
    tag_context,
)

MODE = "efs-ap"
FIRST_GID, LAST_GID = 50000, 60000
OWNER_TAG = "efs.csi.aws.com/cluster"


class EfsDriver(Driver):
    """Controller of the EFS CSI driver."""

    name = "efs.csi.aws.com"
    image = "aws-efs-csi-driver"
    node_app = "efs-csi-node"
    service = "efs"

    def create(self, request: VolumeRequest) -> Volume:
        """Create an access point with the directory and POSIX user of the storage class."""
        system = _file_system(request.parameters)
        token = client_token(request)
        points = self._points(system)
        made = next((point for point in points if point.get("ClientToken") == token), None)
        if made is None:
            wanted = create_request(request, [point["PosixUser"]["Gid"] for point in points])
            tags = {tag["Key"]: tag["Value"] for tag in wanted["Tags"]}
            resource = self.arn(f"file-system/{system}")
            self.authorise("elasticfilesystem:CreateAccessPoint", resource, tag_context(tags))
            made = self.call("create_access_point", **wanted)
        return Volume(f"{system}::{made['AccessPointId']}", {}, request.size_bytes)

    def delete(self, handle: str) -> None:
        """Delete the access point; the files in its directory stay."""
        point = handle.rpartition("::")[2] if "::" in handle else ""
        if not point:
            return
        try:
            (found,) = self.call("describe_access_points", AccessPointId=point)["AccessPoints"]
            resource, context = self.arn(f"access-point/{point}"), resource_context(found["Tags"])
            self.authorise("elasticfilesystem:DeleteAccessPoint", resource, context)
            self.call("delete_access_point", AccessPointId=point)
        except AwsRefused as error:
            if error.aws_code != "AccessPointNotFound":
                raise

    def _points(self, system: str) -> list[dict[str, Any]]:
        resource = self.arn(f"file-system/{system}")
        self.authorise("elasticfilesystem:DescribeAccessPoints", resource)
        try:
            found = self.call("describe_access_points", FileSystemId=system)
        except AwsRefused as error:
            if error.aws_code == "FileSystemNotFound":
                raise Refused("InvalidArgument", f"File System does not exist: {error}") from error
            raise
        points: list[dict[str, Any]] = found["AccessPoints"]
        return points


def client_token(request: VolumeRequest) -> str:
    """Return the idempotency token of a request.

    It is the volume's name, or a hash of the claim's name when access points are reused.
    """
    if request.parameters.get("reuseAccessPoint", "").lower() == "true":
        return hashlib.sha256(request.claim_name.encode()).hexdigest()[:64]
    return request.name


def create_request(request: VolumeRequest, taken: Collection[int] = ()) -> dict[str, Any]:
    """Return the CreateAccessPoint request of a volume.

    Args:
        request: Request of the provisioner.
        taken: GIDs that access points of the file system already use.

    Raises:
        Refused: A parameter is missing, malformed or not supported.
    """
    parameters = request.parameters
    mode = parameters.get("provisioningMode")
    if mode != MODE:
        said = f"Provisioning mode {mode} is not supported" if mode else "Missing provisioningMode"
        raise Refused("InvalidArgument", f"{said}: the one supported is {MODE}")
    group = _free_gid(parameters, taken)
    owner = {"Uid": _posix("uid", parameters, group), "Gid": _posix("gid", parameters, group)}
    creation = {"OwnerUid": owner["Uid"], "OwnerGid": owner["Gid"]}
    permissions = parameters.get("directoryPerms")
    if not permissions:
        raise Refused("InvalidArgument", "Missing directoryPerms parameter")
    return {
        "ClientToken": client_token(request),
        "FileSystemId": _file_system(parameters),
        "PosixUser": owner,
        "RootDirectory": {
            "Path": directory(request),
            "CreationInfo": {**creation, "Permissions": permissions},
        },
        "Tags": [{"Key": OWNER_TAG, "Value": "true"}],
    }


def directory(request: VolumeRequest) -> str:
    """Return the access point's root directory: basePath, then subPathPattern or volume name.

    Raises:
        Refused: The pattern has an unknown word, or the path is too long or too deep.
    """
    parameters = request.parameters
    name = request.name
    if pattern := parameters.get("subPathPattern"):
        words = {
            ".PVC.name": request.claim_name,
            ".PVC.namespace": request.claim_namespace,
            ".PV.name": request.name,
        }
        name = re.sub(r"\$\{([^}]*)\}", lambda match: _word(words, match[1]), pattern)
        if parameters.get("ensureUniqueDirectory", "true").lower() != "false":
            # The driver appends a new UUID; the volume's name is unique too, and stable.
            name = f"{name}-{request.name.removeprefix('pvc-')}"
    parts = [*parameters.get("basePath", "").split("/"), *name.split("/")]
    path = "/" + "/".join(part for part in parts if part)
    if len(path) > 100 or path.count("/") > 4:
        raise Refused(
            "InvalidArgument",
            f"Proposed path '{path}' must have at most 100 characters and four levels",
        )
    return path


def _word(words: Mapping[str, str], name: str) -> str:
    if name not in words:
        known = ", ".join(sorted(words))
        raise Refused("InvalidArgument", f"subPathPattern: ${{{name}}} is not one of {known}")
    return words[name]


def _file_system(parameters: Mapping[str, str]) -> str:
    if not parameters.get("fileSystemId"):
        raise Refused("InvalidArgument", "Missing fileSystemId parameter")
    return parameters["fileSystemId"]


def _posix(name: str, parameters: Mapping[str, str], default: int) -> int:
    value = parameters.get(name, "")
    if value and not value.isdecimal():
        raise Refused("InvalidArgument", f"Failed to parse invalid {name}: {value}")
    return int(value) if value else default


def _free_gid(parameters: Mapping[str, str], taken: Collection[int]) -> int:
    first = _posix("gidRangeStart", parameters, FIRST_GID)
    last = _posix("gidRangeEnd", parameters, LAST_GID)
    for gid in range(first, last + 1):
        if gid not in taken:
            return gid
    raise Refused("Internal", f"Failed to locate a free GID in {first}-{last}")
