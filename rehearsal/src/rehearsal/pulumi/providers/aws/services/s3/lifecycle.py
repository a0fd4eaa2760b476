"""Lifecycle rules of a bucket: when objects and their versions move and expire."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import Resource, State
from rehearsal.pulumi.providers.aws.services.s3.shapes import to_aws, to_pulumi


def _put(call: Call) -> str:
    bucket = str(call.id or call.inputs["bucket"])
    call.client("s3").put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={"Rules": [_rule(rule) for rule in call.inputs["rules"]]},
        **call.request(
            {"TransitionDefaultMinimumObjectSize": "transitionDefaultMinimumObjectSize"}
        ),
    )
    return bucket


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a rule in S3's format; without a filter or a prefix it applies to the whole bucket."""
    request: dict[str, Any] = to_aws(rule)
    if "Prefix" not in request and not request.get("Filter"):
        request["Filter"] = {"Prefix": ""}
    return request


def _read(call: Call) -> State | None:
    found = call.client("s3").get_bucket_lifecycle_configuration(Bucket=call.id)
    rules = [{k: v for k, v in rule.items() if v not in ([], None)} for rule in found["Rules"]]
    return without_none(
        bucket=call.id,
        rules=to_pulumi(rules),
        transitionDefaultMinimumObjectSize=found.get(
            "TransitionDefaultMinimumObjectSize", "all_storage_classes_128K"
        ),
    )


def _delete(call: Call) -> None:
    call.client("s3").delete_bucket_lifecycle(Bucket=call.id)


LIFECYCLE = Resource(
    token="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    service="S3",
    noun="S3 Bucket Lifecycle Configuration",
    replaces={"bucket"},
    updates={"rules", "transitionDefaultMinimumObjectSize"},
    computed={"transitionDefaultMinimumObjectSize"},
    create=_put,
    read=_read,
    update=_put,
    delete=_delete,
)
