"""Replication of an EFS file system to another one."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from rehearsal.pulumi.providers.aws import errors
from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.declaration import Resource, State, Status, Timeouts

_DESTINATION = {
    "AvailabilityZoneName": "availabilityZoneName",
    "FileSystemId": "fileSystemId",
    "KmsKeyId": "kmsKeyId",
    "Region": "region",
}


def _create(call: Call) -> str:
    wanted = call.inputs["destination"]
    destination = {aws: wanted[name] for aws, name in _DESTINATION.items() if wanted.get(name)}
    call.client("efs").create_replication_configuration(
        SourceFileSystemId=call.inputs["sourceFileSystemId"], Destinations=[destination]
    )
    return str(call.inputs["sourceFileSystemId"])


def _find(call: Call) -> dict[str, Any] | None:
    try:
        found = call.client("efs").describe_replication_configurations(FileSystemId=call.id)
    except ClientError as error:
        if errors.code(error) in {"FileSystemNotFound", "ReplicationNotFound"}:
            return None
        raise
    return dict(found["Replications"][0])


def _read(call: Call) -> State | None:
    found = _find(call)
    if found is None:
        return None
    there = found["Destinations"][0]
    # AWS does not tell the zone and the key of the destination.
    known = {**(call.outputs.get("destination") or {}), **(call.inputs.get("destination") or {})}
    kept = {name: known[name] for name in ("availabilityZoneName", "kmsKeyId") if known.get(name)}
    return {
        "creationTime": found["CreationTime"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "destination": {
            **kept,
            "fileSystemId": there["FileSystemId"],
            "region": there["Region"],
            "status": there["Status"],
        },
        "originalSourceFileSystemArn": found["OriginalSourceFileSystemArn"],
        "sourceFileSystemArn": found["SourceFileSystemArn"],
        "sourceFileSystemId": found["SourceFileSystemId"],
        "sourceFileSystemRegion": found["SourceFileSystemRegion"],
    }


def _status(call: Call) -> str | None:
    found = _find(call)
    return str(found["Destinations"][0]["Status"]) if found else None


def _delete(call: Call) -> None:
    """End the replication, in the Region of its destination, as pulumi-aws does."""
    region = call.outputs["destination"]["region"]
    call.clients.get("efs", region).delete_replication_configuration(SourceFileSystemId=call.id)


REPLICATION = Resource(
    token="aws:efs/replicationConfiguration:ReplicationConfiguration",
    service="EFS",
    noun="EFS Replication Configuration",
    replaces={"destination", "sourceFileSystemId"},
    computed={"destination.fileSystemId", "destination.region", "destination.status"},
    status=Status(_status, ready={"ENABLED"}, pending={"ENABLING"}),
    timeouts=Timeouts(create=20 * 60, delete=20 * 60),
    create=_create,
    read=_read,
    delete=_delete,
    repeated="ConflictException",
)
