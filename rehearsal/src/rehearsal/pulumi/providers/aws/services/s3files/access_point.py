"""S3 Files access points: a directory of a file system, entered as one POSIX user."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import Resource, State, Status
from rehearsal.pulumi.providers.aws.services.s3files.file_system import TAGGING, plain, tag_request


def _create(call: Call) -> str:
    answer = call.client("s3files").create_access_point(
        clientToken=call.token,
        fileSystemId=call.inputs["fileSystemId"],
        **tag_request(call),
        **without_none(
            posixUser=_only(call.inputs.get("posixUsers")),
            rootDirectory=_root_request(_only(call.inputs.get("rootDirectories"))),
        ),
    )
    return str(answer["accessPointId"])


def _only(given: list[dict[str, Any]] | None) -> dict[str, Any] | None:
    """Return the one element of a block, without the fields that are not given."""
    if not given:
        return None
    return without_none(**{k: v for k, v in given[0].items() if k != "__defaults"})


def _root_request(root: dict[str, Any] | None) -> dict[str, Any] | None:
    if root is None:
        return None
    creation = _only(root.get("creationPermissions"))
    return without_none(path=root.get("path"), creationPermissions=creation)


def _describe(call: Call) -> dict[str, Any]:
    return dict(call.client("s3files").get_access_point(accessPointId=call.id))


def _read(call: Call) -> State | None:
    found = _describe(call)
    user, root = found.get("posixUser"), found.get("rootDirectory") or {}
    creation = root.get("creationPermissions")
    return without_none(
        arn=found["accessPointArn"],
        fileSystemId=found["fileSystemId"],
        name=found.get("name", ""),
        ownerId=found["ownerId"],
        posixUsers=[user] if user else None,
        rootDirectories=[
            without_none(
                path=root.get("path", "/"), creationPermissions=[creation] if creation else None
            )
        ],
        status=found["status"],
        tags=plain(found.get("tags")),
    )


def _delete(call: Call) -> None:
    call.client("s3files").delete_access_point(accessPointId=call.id)


ACCESS_POINT = Resource(
    token="aws:s3/filesAccessPoint:FilesAccessPoint",
    service="S3Files",
    noun="S3 Files Access Point",
    replaces={"fileSystemId", "posixUsers", "rootDirectories"},
    computed={"rootDirectories"},
    changing={"name", "status"},
    tagging=TAGGING,
    status=Status(
        lambda call: str(_describe(call)["status"]), ready={"available"}, pending={"creating"}
    ),
    create=_create,
    read=_read,
    delete=_delete,
)
