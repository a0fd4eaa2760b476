"""Functions that look up file systems, mount targets and access points of S3 Files."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.functions.declaration import Function
from rehearsal.pulumi.providers.aws.services.s3files.access_point import ACCESS_POINT
from rehearsal.pulumi.providers.aws.services.s3files.file_system import FILE_SYSTEM
from rehearsal.pulumi.providers.aws.services.s3files.mount_target import MOUNT_TARGET


def _file_system(call: Call) -> dict[str, Any]:
    return _read(FILE_SYSTEM, call)


def _mount_target(call: Call) -> dict[str, Any]:
    return _read(MOUNT_TARGET, call)


def _access_point(call: Call) -> dict[str, Any]:
    return _read(ACCESS_POINT, call)


def _read(resource: Any, call: Call) -> dict[str, Any]:
    call.id = str(call.inputs["id"])
    return {"id": call.id, **(resource.read(call) or {})}


def _file_systems(call: Call) -> dict[str, Any]:
    pages = call.client("s3files").get_paginator("list_file_systems").paginate()
    found = [one for page in pages for one in page["fileSystems"]]
    return {
        "id": call.region,
        "fileSystems": [
            {
                "arn": one["fileSystemArn"],
                "bucket": one["bucket"],
                "creationTime": one["creationTime"].strftime("%Y-%m-%dT%H:%M:%SZ"),
                "id": one["fileSystemId"],
                "name": one.get("name", ""),
                "ownerId": one["ownerId"],
                "roleArn": one["roleArn"],
                "status": one["status"],
                "statusMessage": one.get("statusMessage", ""),
            }
            for one in found
        ],
    }


FUNCTIONS = {
    "aws:s3/getFilesFileSystem:getFilesFileSystem": Function(
        "s3files", _file_system, required={"id"}
    ),
    "aws:s3/getFilesFileSystems:getFilesFileSystems": Function("s3files", _file_systems),
    "aws:s3/getFilesMountTarget:getFilesMountTarget": Function(
        "s3files", _mount_target, required={"id"}
    ),
    "aws:s3/getFilesAccessPoint:getFilesAccessPoint": Function(
        "s3files", _access_point, required={"id"}
    ),
}
