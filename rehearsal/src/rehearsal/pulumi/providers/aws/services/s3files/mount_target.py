"""S3 Files mount targets: the addresses at which a zone's clients reach a file system."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, properties
from rehearsal.pulumi.providers.aws.declaration import Resource, State, Status, Timeouts

_FIELDS = {
    name: name
    for name in (
        "availabilityZoneId",
        "fileSystemId",
        "ipv4Address",
        "networkInterfaceId",
        "ownerId",
        "securityGroups",
        "status",
        "statusMessage",
        "subnetId",
        "vpcId",
    )
}


def _create(call: Call) -> str:
    names = ("fileSystemId", "ipAddressType", "ipv4Address", "securityGroups", "subnetId")
    answer = call.client("s3files").create_mount_target(
        **call.request({name: name for name in names})
    )
    return str(answer["mountTargetId"])


def _describe(call: Call) -> dict[str, Any]:
    return dict(call.client("s3files").get_mount_target(mountTargetId=call.id))


def _read(call: Call) -> State | None:
    return properties(_describe(call), _FIELDS)


def _update(call: Call) -> None:
    call.client("s3files").update_mount_target(
        mountTargetId=call.id, securityGroups=call.inputs.get("securityGroups") or []
    )


def _delete(call: Call) -> None:
    call.client("s3files").delete_mount_target(mountTargetId=call.id)


MOUNT_TARGET = Resource(
    token="aws:s3/filesMountTarget:FilesMountTarget",
    service="S3Files",
    noun="S3 Files Mount Target",
    replaces={"fileSystemId", "ipAddressType", "ipv4Address", "subnetId"},
    updates={"securityGroups"},
    computed={"ipAddressType", "ipv4Address", "securityGroups"},
    changing={"status", "statusMessage"},
    status=Status(
        lambda call: str(_describe(call)["status"]),
        ready={"available"},
        pending={"creating", "updating"},
    ),
    timeouts=Timeouts(create=10 * 60, update=10 * 60, delete=10 * 60),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    repeated="ConflictException",
)
