"""CloudWatch log groups."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import Inputs, Naming, Resource, State
from rehearsal.pulumi.providers.aws.tags import by_arn, without_aws_tags
from rehearsal.pulumi.providers.server import Failure, Unknown

# Days that CloudWatch Logs keeps events for; 0 is for ever.
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
_RETENTIONS: tuple[int, ...] = (
    0,
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
)
_RETENTIONS += (2192, 2557, 2922, 3288, 3653)


def _create(call: Call) -> str:
    call.client("logs").create_log_group(
        logGroupName=call.inputs["name"],
        **call.request({"kmsKeyId": "kmsKeyId", "logGroupClass": "logGroupClass"}),
        **without_none(tags=call.inputs.get("tags")),
    )
    return str(call.inputs["name"])


def _put_retention(call: Call) -> None:
    days = call.inputs.get("retentionInDays")
    if days:
        call.client("logs").put_retention_policy(logGroupName=call.id, retentionInDays=int(days))
    elif "retentionInDays" in call.changed:
        call.client("logs").delete_retention_policy(logGroupName=call.id)


def _group(call: Call) -> dict[str, Any] | None:
    pages = call.client("logs").get_paginator("describe_log_groups")
    for page in pages.paginate(logGroupNamePrefix=call.id):
        for group in page["logGroups"]:
            if group["logGroupName"] == call.id:
                return dict(group)
    return None


def _read(call: Call) -> State | None:
    group = _group(call)
    if group is None:
        return None
    arn = group["arn"].removesuffix(":*")
    return without_none(
        arn=arn,
        kmsKeyId=group.get("kmsKeyId"),
        logGroupClass=group.get("logGroupClass", "STANDARD"),
        name=group["logGroupName"],
        retentionInDays=group.get("retentionInDays", 0),
        tags=without_aws_tags(call.client("logs").list_tags_for_resource(resourceArn=arn)["tags"]),
    )


def _update(call: Call) -> None:
    if "retentionInDays" in call.changed:
        _put_retention(call)
    if "kmsKeyId" in call.changed:
        logs, key = call.client("logs"), call.inputs.get("kmsKeyId")
        if key:
            logs.associate_kms_key(logGroupName=call.id, kmsKeyId=key)
        else:
            logs.disassociate_kms_key(logGroupName=call.id)


def _delete(call: Call) -> None:
    call.client("logs").delete_log_group(logGroupName=call.id)


def _validate(inputs: Inputs) -> list[Failure]:
    days = inputs.get("retentionInDays")
    if isinstance(days, Unknown) or int(days or 0) in _RETENTIONS:
        return []
    allowed = ", ".join(map(str, _RETENTIONS))
    return [Failure("retentionInDays", f"expected to be one of [{allowed}], got {days}")]


LOG_GROUP = Resource(
    token="aws:cloudwatch/logGroup:LogGroup",
    service="logs",
    noun="CloudWatch Logs Log Group",
    naming=Naming("name", most=512),
    replaces={"logGroupClass", "name", "namePrefix"},
    updates={"kmsKeyId", "retentionInDays", "skipDestroy"},
    computed={"logGroupClass"},
    defaults={"retentionInDays": 0, "skipDestroy": False},
    tagging=by_arn("logs", "resourceArn", as_pairs=False, keys="tagKeys"),
    stays=lambda call: bool(call.inputs.get("skipDestroy")),
    validate=_validate,
    create=_create,
    configure=_put_retention,
    read=_read,
    update=_update,
    delete=_delete,
)

RESOURCES = [LOG_GROUP]
