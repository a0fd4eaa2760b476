"""EFS access points: a directory of a file system, entered as one POSIX user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, properties, without_none
from rehearsal.pulumi.providers.aws.declaration import Resource, State, Status
from rehearsal.pulumi.providers.aws.services.efs.file_system import TAGGING, file_system_arn
from rehearsal.pulumi.providers.aws.tags import pairs, plain

_USER = {"Gid": "gid", "Uid": "uid", "SecondaryGids": "secondaryGids"}
_CREATION = {"OwnerGid": "ownerGid", "OwnerUid": "ownerUid", "Permissions": "permissions"}


def _create(call: Call) -> str:
    inputs = call.inputs
    answer = call.client("efs").create_access_point(
        ClientToken=call.token,
        FileSystemId=inputs["fileSystemId"],
        Tags=pairs(inputs.get("tags")),
        **without_none(
            PosixUser=_named(inputs.get("posixUser"), _USER),
            RootDirectory=_root_request(inputs.get("rootDirectory")),
        ),
    )
    return str(answer["AccessPointId"])


def _named(value: Mapping[str, Any] | None, fields: Mapping[str, str]) -> dict[str, Any] | None:
    """Return an object's fields by AWS's names; None for an object that is not given."""
    if not value:
        return None
    return {aws: value[name] for aws, name in fields.items() if value.get(name) is not None}


def _root_request(root: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not root:
        return None
    return without_none(
        Path=root.get("path"), CreationInfo=_named(root.get("creationInfo"), _CREATION)
    )


def _describe(call: Call) -> dict[str, Any]:
    found = call.client("efs").describe_access_points(AccessPointId=call.id)["AccessPoints"]
    return dict(found[0])


def _read(call: Call) -> State | None:
    found = _describe(call)
    root = found.get("RootDirectory") or {}
    creation = properties(root.get("CreationInfo") or {}, _CREATION)
    return without_none(
        arn=found["AccessPointArn"],
        fileSystemArn=file_system_arn(call, found["FileSystemId"]),
        fileSystemId=found["FileSystemId"],
        ownerId=found.get("OwnerId"),
        posixUser=properties(found.get("PosixUser") or {}, _USER) or None,
        rootDirectory=without_none(path=root.get("Path", "/"), creationInfo=creation or None),
        tags=plain(found.get("Tags")),
    )


def _delete(call: Call) -> None:
    call.client("efs").delete_access_point(AccessPointId=call.id)


ACCESS_POINT = Resource(
    token="aws:efs/accessPoint:AccessPoint",
    service="EFS",
    noun="EFS Access Point",
    replaces={"fileSystemId", "posixUser", "rootDirectory"},
    computed={
        "rootDirectory",
        "rootDirectory.creationInfo",
        "rootDirectory.path",
    },
    tagging=TAGGING,
    status=Status(
        lambda call: str(_describe(call)["LifeCycleState"]),
        ready={"available"},
        pending={"creating"},
    ),
    create=_create,
    read=_read,
    delete=_delete,
)
