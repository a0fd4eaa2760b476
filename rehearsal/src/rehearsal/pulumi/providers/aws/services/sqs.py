"""SQS queues and their policies.

The id of a queue is its URL. FIFO queues are not declared.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import Inputs, Naming, Resource, State, Tagging
from rehearsal.pulumi.providers.aws.tags import without_aws_tags
from rehearsal.pulumi.providers.server import Failure, Unknown

_NUMBERS = {
    "delaySeconds": "DelaySeconds",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}
_TEXTS = {
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "redrivePolicy": "RedrivePolicy",
}
_MANAGED = "sqsManagedSseEnabled"
# Values that pulumi-aws gives to inputs that the program leaves out.
_DEFAULTS = {
    "delaySeconds": 0,
    "maxMessageSize": 262144,
    "messageRetentionSeconds": 345600,
    "receiveWaitTimeSeconds": 0,
    "visibilityTimeoutSeconds": 30,
}
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
_RANGES = {
    "delaySeconds": (0, 900),
    "maxMessageSize": (1024, 1048576),
    "messageRetentionSeconds": (60, 1209600),
    "receiveWaitTimeSeconds": (0, 20),
    "visibilityTimeoutSeconds": (0, 43200),
}


def _attributes(inputs: Inputs, names: Iterable[str]) -> dict[str, str]:
    """Return the named inputs as SQS's attributes; a text that is not set is empty."""
    found = {}
    for name in names:
        value = inputs.get(name)
        if name in _NUMBERS and value is not None:
            found[_NUMBERS[name]] = str(int(value))
        elif name in _TEXTS:
            found[_TEXTS[name]] = str(value or "")
        elif name == _MANAGED and value is not None:
            found["SqsManagedSseEnabled"] = str(value).lower()
    return found


def _create(call: Call) -> str:
    wanted = _attributes(call.inputs, [*_NUMBERS, *_TEXTS, _MANAGED])
    answer = call.client("sqs").create_queue(
        QueueName=call.inputs["name"],
        Attributes={name: value for name, value in wanted.items() if value},
        tags=call.inputs.get("tags") or {},
    )
    return str(answer["QueueUrl"])


def _held(call: Call) -> dict[str, Any]:
    answer = call.client("sqs").get_queue_attributes(QueueUrl=call.id, AttributeNames=["All"])
    return dict(answer["Attributes"])


def _read(call: Call) -> State:
    held = _held(call)
    tags = call.client("sqs").list_queue_tags(QueueUrl=call.id).get("Tags")
    return {
        **{name: int(held[aws]) for name, aws in _NUMBERS.items() if aws in held},
        **{name: held[aws] for name, aws in _TEXTS.items() if held.get(aws)},
        **without_none(arn=held["QueueArn"], tags=without_aws_tags(tags)),
        _MANAGED: held.get("SqsManagedSseEnabled") == "true",
        "fifoQueue": False,
        "name": held["QueueArn"].rpartition(":")[2],
        "url": call.id,
    }


def _update(call: Call) -> None:
    changed = _attributes(call.inputs, call.changed)
    call.client("sqs").set_queue_attributes(QueueUrl=call.id, Attributes=changed)


def _delete(call: Call) -> None:
    call.client("sqs").delete_queue(QueueUrl=call.id)


def _write_tags(call: Call, tags: dict[str, str]) -> None:
    call.client("sqs").tag_queue(QueueUrl=call.id, Tags=tags)


def _remove_tags(call: Call, keys: list[str]) -> None:
    call.client("sqs").untag_queue(QueueUrl=call.id, TagKeys=keys)


def _validate(inputs: Inputs) -> Iterable[Failure]:
    for name, (low, high) in _RANGES.items():
        value = inputs.get(name)
        if not (value is None or isinstance(value, Unknown)) and not low <= int(value) <= high:
            yield Failure(name, f"expected to be in the range ({low} - {high}), got {int(value)}")
    if inputs.get(_MANAGED) and inputs.get("kmsMasterKeyId"):
        yield Failure(_MANAGED, "conflicts with kmsMasterKeyId: a queue has one encryption")


QUEUE = Resource(
    token="aws:sqs/queue:Queue",
    service="SQS",
    noun="SQS Queue",
    naming=Naming("name", most=80),
    replaces={"name", "namePrefix"},
    updates={*_NUMBERS, *_TEXTS, _MANAGED},
    computed={"kmsDataKeyReusePeriodSeconds", "policy", "redrivePolicy", _MANAGED},
    defaults=_DEFAULTS,
    documents={"policy", "redrivePolicy"},
    tagging=Tagging(_write_tags, _remove_tags),
    validate=_validate,
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
)


def _put_policy(call: Call) -> str:
    url = str(call.id or call.inputs["queueUrl"])
    attributes = {"Policy": call.inputs["policy"]}
    call.client("sqs").set_queue_attributes(QueueUrl=url, Attributes=attributes)
    return url


def _read_policy(call: Call) -> State | None:
    policy = _held(call).get("Policy")
    return {"policy": policy, "queueUrl": call.id} if policy else None


def _delete_policy(call: Call) -> None:
    call.client("sqs").set_queue_attributes(QueueUrl=call.id, Attributes={"Policy": ""})


POLICY = Resource(
    token="aws:sqs/queuePolicy:QueuePolicy",
    service="SQS",
    noun="SQS Queue Policy",
    replaces={"queueUrl"},
    updates={"policy"},
    documents={"policy"},
    create=_put_policy,
    read=_read_policy,
    update=_put_policy,
    delete=_delete_policy,
)

RESOURCES = [QUEUE, POLICY]
