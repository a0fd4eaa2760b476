"""Notifications of a bucket, all of them: those that others configured are replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.declaration import SAME, Resource, State

# input: (S3's list, S3's name of the target, Pulumi's name of it)
_TARGETS = {
    "lambdaFunctions": (
        "LambdaFunctionConfigurations",
        "LambdaFunctionArn",
        "lambdaFunctionArn",
    ),
    "queues": ("QueueConfigurations", "QueueArn", "queueArn"),
    "topics": ("TopicConfigurations", "TopicArn", "topicArn"),
}


def _put(call: Call) -> str:
    bucket = str(call.id or call.inputs["bucket"])
    configuration = {
        listed: [_to_aws(one, target, name) for one in call.inputs.get(key) or []]
        for key, (listed, target, name) in _TARGETS.items()
    }
    call.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration=configuration
    )
    return bucket


def _to_aws(one: Mapping[str, Any], target: str, name: str) -> dict[str, Any]:
    rules = [
        {"Name": edge, "Value": one[key]}
        for edge, key in (("prefix", "filterPrefix"), ("suffix", "filterSuffix"))
        if one.get(key)
    ]
    request: dict[str, Any] = {target: one[name], "Events": one["events"]}
    if one.get("id"):
        request["Id"] = one["id"]
    return request | ({"Filter": {"Key": {"FilterRules": rules}}} if rules else {})


def _read(call: Call) -> State | None:
    found = call.client("s3").get_bucket_notification_configuration(Bucket=call.id)
    state = {
        key: [_to_pulumi(one, target, name) for one in found.get(listed) or []]
        for key, (listed, target, name) in _TARGETS.items()
    }
    return {"bucket": call.id, **state} if any(state.values()) else None


def _to_pulumi(one: Mapping[str, Any], target: str, name: str) -> dict[str, Any]:
    rules = one.get("Filter", {}).get("Key", {}).get("FilterRules") or []
    edges = {f"filter{rule['Name'].capitalize()}": rule["Value"] for rule in rules}
    return {"id": one["Id"], "events": one["Events"], name: one[target], **edges}


def _delete(call: Call) -> None:
    call.client("s3").put_bucket_notification_configuration(
        Bucket=call.id, NotificationConfiguration={}
    )


NOTIFICATION = Resource(
    token="aws:s3/bucketNotification:BucketNotification",
    service="S3",
    noun="S3 Bucket Notification",
    replaces={"bucket"},
    updates=set(_TARGETS),
    computed={f"{key}.id" for key in _TARGETS},
    create=_put,
    read=_read,
    update=_put,
    delete=_delete,
    repeated=SAME,
)
