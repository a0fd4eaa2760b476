"""Events of Amazon S3, and the queues that a bucket's notification configuration names.

moto sends events itself. This module adds what moto lacks: S3 delivers to a queue only while the
queue's policy allows it, refuses a configuration whose queue does not allow it, and sends events
for delete markers.
"""

from __future__ import annotations

import itertools
import json
import logging
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote_plus

from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.s3 import notifications
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket, Notification
from moto.sqs.models import Queue, sqs_backends

from rehearsal.aws.policy import Decision, Request, decide

SERVICE = "s3.amazonaws.com"
REMOVED = "s3:ObjectRemoved:"

log = logging.getLogger(__name__)
_sequence = itertools.count(time.time_ns())


def install() -> None:
    """Replace moto's events with these."""
    vars(notifications)["_get_s3_event"] = event
    vars(notifications)["_send_sqs_message"] = deliver


def event(name: str, bucket: FakeBucket, key: Any, configuration_id: str) -> dict[str, Any]:
    """Return the message about one object (S3 user guide, "Event message structure")."""
    what = {"key": quote_plus(key.name, safe="/"), "sequencer": f"{next(_sequence):018X}"}
    if not name.startswith(REMOVED):
        what |= {"size": key.size, "eTag": key.etag.replace('"', "")}
    if bucket.is_versioned:
        what["versionId"] = key.version_id
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region_name,
        "eventTime": iso_8601_datetime_with_milliseconds(),
        "eventName": name.removeprefix("s3:"),
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {"name": bucket.name, "arn": bucket.arn},
            "object": what,
        },
    }
    return {"Records": [record]}


def deliver(account_id: str, message: Mapping[str, Any], queue_name: str, region: str) -> None:
    """Put a message into a queue; it is lost if the queue does not exist or denies S3."""
    queue = sqs_backends[account_id][region].queues.get(queue_name)
    if "Records" in message:
        bucket_arn = message["Records"][0]["s3"]["bucket"]["arn"]
    else:
        bucket_arn = f"arn:aws:s3:::{message['Bucket']}"
    if queue and lets_in(queue, account_id, bucket_arn):
        sqs_backends[account_id][region].send_message(queue_name, json.dumps(message))
    else:
        log.warning("an event of %s is lost: queue %s does not take it", bucket_arn, queue_name)


def lets_in(queue: Queue, account_id: str, bucket_arn: str) -> bool:
    """Return whether a queue's policy lets S3 send the events of a bucket."""
    context = {"aws:SourceArn": bucket_arn, "aws:SourceAccount": account_id}
    request = Request("sqs:SendMessage", queue.queue_arn, context, SERVICE)
    return decide([queue._policy_json], request) is Decision.ALLOWED


def check(account_id: str, bucket: FakeBucket, configuration: Mapping[str, Any]) -> None:
    """Raise S3ClientError for a notification configuration that S3 refuses.

    Args:
        account_id: The bucket's account.
        bucket: The bucket.
        configuration: Content of its XML: a list of each kind, such as QueueConfiguration.

    Raises:
        S3ClientError: InvalidArgument, for a queue that S3 may not send to, or for two rules with
            the same event of the same object.
    """
    for wanted in configuration.get("QueueConfiguration") or []:
        *_, region, owner, name = wanted["Queue"].split(":")
        queue = sqs_backends[owner][region].queues.get(name)
        if queue is None or not lets_in(queue, account_id, bucket.arn):
            raise S3ClientError(
                "InvalidArgument",
                "Unable to validate the following destination configurations",
            )
    rules = list(_rules(configuration))
    if any(overlap(one, other) for one, other in itertools.combinations(rules, 2)):
        raise S3ClientError(
            "InvalidArgument",
            "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules "
            "if the prefixes are overlapping for the same event type.",
        )


def _rules(configuration: Mapping[str, Any]) -> Iterator[Notification]:
    for kind in ("Queue", "Topic", "CloudFunction"):
        for one in configuration.get(f"{kind}Configuration") or []:
            yield Notification(one[kind], one["Event"], filters=one.get("Filter"))


def overlap(one: Notification, other: Notification) -> bool:
    """Return whether two rules have an event of an object in common."""
    (prefix, suffix), (prefix2, suffix2) = affixes(one), affixes(other)
    return (
        any(_same(mine, theirs) for mine in one.events for theirs in other.events)
        and (prefix.startswith(prefix2) or prefix2.startswith(prefix))
        and (suffix.endswith(suffix2) or suffix2.endswith(suffix))
    )


def affixes(rule: Notification) -> tuple[str, str]:
    """Return the prefix and the suffix of the keys of a rule."""
    given = rule.filters.get("S3Key", {}).get("FilterRule", [])
    found = {one["Name"].lower(): one["Value"] or "" for one in given}
    return found.get("prefix", ""), found.get("suffix", "")


def _same(mine: str, theirs: str) -> bool:
    """Return whether two names of events, each possibly with a wildcard, have one in common."""
    groups = mine.removesuffix("*"), theirs.removesuffix("*")
    return groups[0].startswith(groups[1]) or groups[1].startswith(groups[0])
