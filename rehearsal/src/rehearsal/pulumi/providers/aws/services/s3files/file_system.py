"""S3 Files file systems, with the tags of all S3 Files resources."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import Resource, State, Status, Tagging, Timeouts
from rehearsal.pulumi.providers.aws.tags import without_aws_tags

PROPAGATION_SECONDS = 3 * 60
"""Time for which pulumi-aws waits for the permissions of a new role to arrive."""


def pairs(tags: dict[str, str] | None) -> list[dict[str, str]]:
    """Return tags as S3 Files' list of pairs."""
    return [{"key": key, "value": str(value)} for key, value in (tags or {}).items()]


def plain(found: list[dict[str, str]] | None) -> dict[str, str]:
    """Return pairs as a map, without the tags that AWS itself sets."""
    return without_aws_tags({one["key"]: one["value"] for one in found or ()})


def _write_tags(call: Call, tags: dict[str, str]) -> None:
    call.client("s3files").tag_resource(resourceId=call.id, tags=pairs(tags))


def _remove_tags(call: Call, keys: list[str]) -> None:
    call.client("s3files").untag_resource(resourceId=call.id, tagKeys=keys)


TAGGING = Tagging(_write_tags, _remove_tags)


def tag_request(call: Call) -> dict[str, Any]:
    """Return the argument that tags a new resource; empty without tags."""
    tags = pairs(call.inputs.get("tags"))
    return {"tags": tags} if tags else {}


def _create(call: Call) -> str:
    answer = call.client("s3files").create_file_system(
        clientToken=call.token,
        **tag_request(call),
        **call.request(
            {
                "acceptBucketWarning": "acceptBucketWarning",
                "bucket": "bucket",
                "kmsKeyId": "kmsKeyId",
                "prefix": "prefix",
                "roleArn": "roleArn",
            }
        ),
    )
    return str(answer["fileSystemId"])


def _describe(call: Call) -> dict[str, Any]:
    return dict(call.client("s3files").get_file_system(fileSystemId=call.id))


def _read(call: Call) -> State | None:
    found = _describe(call)
    return without_none(
        acceptBucketWarning=call.inputs.get("acceptBucketWarning"),  # the API does not tell it
        arn=found["fileSystemArn"],
        bucket=found["bucket"],
        creationTime=_text(found["creationTime"]),
        kmsKeyId=found.get("kmsKeyId"),
        name=found.get("name", ""),
        ownerId=found["ownerId"],
        prefix=found.get("prefix") or None,
        roleArn=found["roleArn"],
        status=found["status"],
        statusMessage=found.get("statusMessage"),
        tags=plain(found.get("tags")),
    )


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _status(call: Call) -> str:
    """Return the state; a creation that lacks permissions for too long counts as failed."""
    found = _describe(call)
    late = time.monotonic() - call.started > PROPAGATION_SECONDS
    return "error" if "Access denied" in _reason(call) and late else str(found["status"])


def _reason(call: Call) -> str:
    return str(_describe(call).get("statusMessage", ""))


def _delete(call: Call) -> None:
    call.client("s3files").delete_file_system(fileSystemId=call.id)


FILE_SYSTEM = Resource(
    token="aws:s3/filesFileSystem:FilesFileSystem",
    service="S3Files",
    noun="S3 Files File System",
    replaces={"bucket", "kmsKeyId", "prefix", "roleArn"},
    updates={"acceptBucketWarning"},
    computed={"kmsKeyId"},
    changing={"name", "status", "statusMessage"},
    tagging=TAGGING,
    status=Status(_status, ready={"available"}, pending={"creating", "updating"}, reason=_reason),
    timeouts=Timeouts(create=10 * 60, delete=10 * 60),
    create=_create,
    read=_read,
    delete=_delete,
)
