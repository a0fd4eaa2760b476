"""Driver efs.csi.aws.com for S3 Files too: a volume may be an access point of either.

Source: https://github.com/kubernetes-sigs/aws-efs-csi-driver (pkg/driver/controller.go).
"""

from __future__ import annotations

from typing import Any

from rehearsal.kubernetes.controllers.csi.driver import (
    AwsRefused,
    Driver,
    Refused,
    Volume,
    VolumeRequest,
    tag_context,
)
from rehearsal.kubernetes.controllers.csi.efs import OWNER_TAG, EfsDriver, create_request

MODE = "s3files-ap"
PREFIX = "s3files:"
"""Beginning of the handle of a volume on S3 Files."""
FIRST_RELEASE = 3
"""First major release of the driver that knows S3 Files."""
REFUSED = ("reuseAccessPoint", "crossaccount")
"""Parameters that the driver takes for EFS only."""


class S3FilesVolumes(Driver):
    """The driver's part for S3 Files, with the permissions of its service account."""

    name = EfsDriver.name
    image = EfsDriver.image
    node_app = EfsDriver.node_app
    service = "s3files"

    def create(self, request: VolumeRequest) -> Volume:
        """Create an access point with the directory and POSIX user of the storage class."""
        self._check(request)
        system = request.parameters.get("fileSystemId", "")
        points = self._points(system) if system else []
        made = next((one for one in points if _has_name(one, request.name)), None)
        if made is None:
            taken = [one["posixUser"]["gid"] for one in points if "posixUser" in one]
            parameters = {**request.parameters, "provisioningMode": "efs-ap"}
            known = VolumeRequest(
                request.name,
                request.size_bytes,
                parameters,
                request.claim_name,
                request.claim_namespace,
            )
            made = self._create(create_request(known, taken), system)
        return Volume(f"{PREFIX}{system}::{made['accessPointId']}", {}, request.size_bytes)

    def delete(self, handle: str) -> None:
        """Delete the access point; the files in its directory stay."""
        point = handle.rpartition("::")[2] if "::" in handle else ""
        if not point:
            return
        try:
            found = self.call("get_access_point", accessPointId=point)
            tags = self.call("list_tags_for_resource", resourceId=point)["tags"]
            context: dict[str, str | list[str]] = {
                f"aws:ResourceTag/{tag['key']}": tag["value"] for tag in tags
            }
            self.authorise("s3files:DeleteAccessPoint", found["accessPointArn"], context)
            self.call("delete_access_point", accessPointId=point)
        except AwsRefused as error:
            if error.aws_code != "ResourceNotFoundException":
                raise

    def _check(self, request: VolumeRequest) -> None:
        major = self._controller.version.removeprefix("v").partition(".")[0]
        if major.isdecimal() and int(major) < FIRST_RELEASE:
            raise Refused(
                "InvalidArgument", f"Provisioning mode {MODE} is not supported: use release 3"
            )
        for name in REFUSED:
            if request.parameters.get(name, "").lower() == "true":
                raise Refused("InvalidArgument", f"{name} is not supported for S3 Files")

    def _points(self, system: str) -> list[dict[str, Any]]:
        self.authorise("s3files:ListFileSystems", "*")
        self.authorise("s3files:ListAccessPoints", self.arn(f"file-system/{system}"))
        try:
            listed = self.call("list_access_points", fileSystemId=system)["accessPoints"]
        except AwsRefused as error:
            if error.aws_code == "ResourceNotFoundException":
                raise Refused("InvalidArgument", f"File System does not exist: {error}") from error
            raise
        found: list[dict[str, Any]] = listed
        return found

    def _create(self, wanted: dict[str, Any], system: str) -> dict[str, Any]:
        tags = {OWNER_TAG: "true", "Name": wanted["ClientToken"]}
        resource = self.arn(f"file-system/{system}")
        self.authorise("s3files:CreateAccessPoint", resource, tag_context(tags))
        user, root = wanted["PosixUser"], wanted["RootDirectory"]
        creation = root["CreationInfo"]
        return self.call(
            "create_access_point",
            clientToken=wanted["ClientToken"],
            fileSystemId=system,
            posixUser={"uid": user["Uid"], "gid": user["Gid"]},
            rootDirectory={
                "path": root["Path"],
                "creationPermissions": {
                    "ownerUid": creation["OwnerUid"],
                    "ownerGid": creation["OwnerGid"],
                    "permissions": creation["Permissions"],
                },
            },
            tags=[{"key": key, "value": value} for key, value in tags.items()],
        )


class EfsAndS3FilesDriver(EfsDriver):
    """Controller of the EFS CSI driver, for the file systems of both services."""

    def create(self, request: VolumeRequest) -> Volume:
        """Create an access point of the service that the class names."""
        if request.parameters.get("provisioningMode") == MODE:
            return self._s3_files.create(request)
        return super().create(request)

    def delete(self, handle: str) -> None:
        """Delete an access point; the files in its directory stay."""
        if handle.startswith(PREFIX):
            self._s3_files.delete(handle)
        else:
            super().delete(handle)

    @property
    def _s3_files(self) -> S3FilesVolumes:
        return S3FilesVolumes(self._cloud, self._controller, self._identity)


def _has_name(point: dict[str, Any], name: str) -> bool:
    return bool(point.get("name") == name)
