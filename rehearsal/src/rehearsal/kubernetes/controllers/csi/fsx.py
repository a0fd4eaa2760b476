"""Driver fsx.csi.aws.com: each volume is an FSx for Lustre file system of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.kubernetes.controllers.csi.driver import (
    AwsRefused,
    Driver,
    NotReady,
    Refused,
    Volume,
    VolumeRequest,
    resource_context,
    tag_context,
)

GIB = 1024**3
VOLUME_NAME_TAG = "CSIVolumeName"


class FsxDriver(Driver):
    """Controller of the FSx for Lustre CSI driver."""

    name = "fsx.csi.aws.com"
    image = "aws-fsx-csi-driver"
    node_app = "fsx-csi-node"
    service = "fsx"

    def create(self, request: VolumeRequest) -> Volume:
        """Create a file system with the storage class's settings; return it once it is ready."""
        system = self._made(request.name) or self._make(request)
        state = system["Lifecycle"]
        if state == "CREATING":
            raise NotReady(system["FileSystemId"])
        if state != "AVAILABLE":
            text = f'unexpected state for filesystem {system["FileSystemId"]}: "{state}"'
            raise Refused("Internal", f"Filesystem is not ready: {text}")
        return volume_of(system)

    def delete(self, handle: str) -> None:
        """Delete the file system if it exists."""
        try:
            (system,) = self.call("describe_file_systems", FileSystemIds=[handle])["FileSystems"]
            context = resource_context(system.get("Tags", []))
            self.authorise("fsx:DeleteFileSystem", self.arn(f"file-system/{handle}"), context)
            self.call("delete_file_system", FileSystemId=handle)
        except AwsRefused as error:
            if error.aws_code != "FileSystemNotFound":
                raise

    def _made(self, volume: str) -> dict[str, Any] | None:
        """Return the file system that an earlier attempt created: a claim must never get two."""
        self.authorise("fsx:DescribeFileSystems", self.arn("file-system/*"))
        for page in self._client.get_paginator("describe_file_systems").paginate():
            for system in page["FileSystems"]:
                tags = {tag["Key"]: tag["Value"] for tag in system.get("Tags", [])}
                if tags.get(VOLUME_NAME_TAG) == volume and system["Lifecycle"] != "DELETING":
                    found: dict[str, Any] = system
                    return found
        return None

    def _make(self, request: VolumeRequest) -> dict[str, Any]:
        extra = next(
            (
                one.removeprefix("--extra-tags=")
                for one in self._controller.arguments
                if one.startswith("--extra-tags=")
            ),
            "",
        )
        wanted = create_request(request, extra)
        context = tag_context({tag["Key"]: tag["Value"] for tag in wanted["Tags"]})
        self.authorise("fsx:CreateFileSystem", self.arn("file-system/*"), context)
        self.authorise("fsx:TagResource", self.arn("file-system/*"), context)
        if key := wanted.get("KmsKeyId"):
            self._authorise_key(str(key))
        if "ImportPath" in wanted["LustreConfiguration"]:
            self._authorise_link()
        try:
            made: dict[str, Any] = self.call("create_file_system", **wanted)["FileSystem"]
        except AwsRefused as error:
            text = f'Could not create volume "{request.name}": CreateFileSystem failed: {error}'
            raise Refused(
                "Internal", text.replace("rpc error: code = Internal desc = ", "")
            ) from error
        return made

    def _authorise_link(self) -> None:
        """Authorise the role that FSx makes for a link to S3 in the caller's name.

        Source: aws-fsx-csi-driver, examples/kubernetes/dynamic_provisioning_s3/README.md.
        """
        role = (
            f"arn:aws:iam::{self._cloud.account_id}:role/aws-service-role/"
            "s3.data-source.lustre.fsx.amazonaws.com/AWSServiceRoleForFSxS3Access"
        )
        service = {"iam:AWSServiceName": "s3.data-source.lustre.fsx.amazonaws.com"}
        for action in ("CreateServiceLinkedRole", "AttachRolePolicy", "PutRolePolicy"):
            self.authorise(f"iam:{action}", role, service)

    def _authorise_key(self, key_arn: str) -> None:
        """Authorise the grant that FSx creates on a customer's key in the caller's name."""
        through: dict[str, str | list[str]] = {
            "kms:ViaService": f"fsx.{self._controller.region}.amazonaws.com",
            "kms:GrantIsForAWSResource": "true",
        }
        for action in ("kms:DescribeKey", "kms:CreateGrant"):
            self.authorise(action, key_arn, through)


def volume_of(system: Mapping[str, Any]) -> Volume:
    """Return the volume of a file system."""
    context = {
        "dnsname": system["DNSName"],
        "mountname": system["LustreConfiguration"].get("MountName", "fsx"),
    }
    return Volume(system["FileSystemId"], context, system["StorageCapacity"] * GIB)


def create_request(request: VolumeRequest, extra_tags: str = "") -> dict[str, Any]:
    """Return the CreateFileSystem request of a volume, whose name is the idempotency token.

    Raises:
        Refused: A parameter is missing, or is not a number or boolean.
    """
    parameters = request.parameters
    if not parameters.get("subnetId"):
        raise Refused("Internal", f'Could not create volume "{request.name}": SubnetId is required')
    lustre = {
        member: convert(name, parameters[name])
        for name, (member, convert) in LUSTRE.items()
        if parameters.get(name)
    }
    if not lustre.get("AutomaticBackupRetentionDays"):
        lustre.pop("DailyAutomaticBackupStartTime", None)
    if mode := parameters.get("metadataConfigurationMode"):
        lustre["MetadataConfiguration"] = {"Mode": mode}
        if iops := parameters.get("metadataIops"):
            lustre["MetadataConfiguration"]["Iops"] = _number("metadataIops", iops)
    top = {member: parameters[name] for name, member in TOP.items() if parameters.get(name)}
    return {
        "ClientRequestToken": request.name,
        "FileSystemType": "LUSTRE",
        "StorageCapacity": capacity(request.size_bytes, parameters),
        "SubnetIds": [parameters["subnetId"]],
        # Split as the driver does: nothing is trimmed, and an empty text is one empty id.
        "SecurityGroupIds": parameters.get("securityGroupIds", "").split(","),
        "LustreConfiguration": lustre,
        "Tags": [
            {"Key": VOLUME_NAME_TAG, "Value": request.name},
            *_tags(extra_tags),
            *_tags(parameters.get("extraTags", "")),
        ],
        **top,
    }


def capacity(size_bytes: int, parameters: Mapping[str, str]) -> int:
    """Return the capacity in GiB for a size, rounded up to the steps that FSx offers."""
    wanted = size_bytes / GIB
    if parameters.get("storageType") == "HDD":
        step = 6000 if parameters.get("perUnitStorageThroughput") == "12" else 1800
    elif parameters.get("deploymentType", "SCRATCH_1") == "SCRATCH_1":
        step = 1200 if wanted < 3600 else 3600
    else:
        step = 1200 if wanted < 2400 else 2400
    return max(1, math.ceil(wanted / step)) * step


def _text(_: str, value: str) -> str:
    return value


def _number(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise Refused("InvalidArgument", f"{name} must be a number") from None


def _flag(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false", "t", "f", "1", "0"):
        raise Refused("InvalidArgument", f"{name} must be a bool")
    return value.lower() in ("true", "t", "1")


def _tags(text: str) -> list[dict[str, str]]:
    pairs = (one.partition("=") for one in text.split(",") if one)
    return [{"Key": name, "Value": value} for name, _, value in pairs]


LUSTRE: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "autoImportPolicy": ("AutoImportPolicy", _text),
    "automaticBackupRetentionDays": ("AutomaticBackupRetentionDays", _number),
    "copyTagsToBackups": ("CopyTagsToBackups", _flag),
    "dailyAutomaticBackupStartTime": ("DailyAutomaticBackupStartTime", _text),
    "dataCompressionType": ("DataCompressionType", _text),
    "deploymentType": ("DeploymentType", _text),
    "driveCacheType": ("DriveCacheType", _text),
    "efaEnabled": ("EfaEnabled", _flag),
    "perUnitStorageThroughput": ("PerUnitStorageThroughput", _number),
    "s3ExportPath": ("ExportPath", _text),
    "s3ImportPath": ("ImportPath", _text),
    "weeklyMaintenanceStartTime": ("WeeklyMaintenanceStartTime", _text),
}
TOP = {
    "fileSystemTypeVersion": "FileSystemTypeVersion",
    "kmsKeyId": "KmsKeyId",
    "storageType": "StorageType",
}
