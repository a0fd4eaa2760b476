"""Rule by which FSx receives a linked bucket's events, in its notification configuration.

FSx writes a rule named FSx beside the existing rules. If somebody replaces the configuration, or
has a rule for the same events, the automatic import ends and the link is MISCONFIGURED. The topic
of the rule belongs to FSx; nothing in the emulation receives its events.
Source: https://docs.aws.amazon.com/fsx/latest/LustreGuide/autoimport-data-repo.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlparse

from moto.s3.models import FakeBucket, Notification, NotificationConfiguration, s3_backends

from rehearsal.aws.s3_events import overlap

NAME = "FSx"
EVENTS = {
    "NEW": "s3:ObjectCreated:*",
    "CHANGED": "s3:ObjectCreated:*",
    "DELETED": "s3:ObjectRemoved:*",
}
REASON = (
    "The event notification configuration FSx is missing from the S3 bucket {bucket}, or another "
    "one is for the same events: changes in the bucket are not imported."
)


@dataclass(frozen=True)
class Subscription:
    """Subscription of one link of a file system to the events of its bucket.

    Attributes:
        account_id: Account of the file system and the bucket.
        path: Linked path, s3://BUCKET/PREFIX.
        owner: Id of the file system or association.
        changes: Kinds of changes that are imported: NEW, CHANGED, DELETED. None of them ends the
            subscription.
    """

    account_id: str
    path: str
    owner: str
    changes: tuple[str, ...]

    @classmethod
    def of(cls, account_id: str, path: str, owner: str, changes: Iterable[str]) -> Subscription:
        """Return the subscription for some kinds of changes in any order; NONE is no kind."""
        return cls(account_id, path, owner, tuple(one for one in EVENTS if one in changes))

    @property
    def fault(self) -> str | None:
        """Reason why changes are not imported although they should be, or None."""
        bucket = self._bucket()
        if not self.changes or (bucket and self._own_rules(bucket)):
            return None
        return REASON.format(bucket=urlparse(self.path).netloc)

    def put(self) -> None:
        """Add the rule to the bucket's configuration, unless it overlaps with another rule."""
        self.remove()
        bucket = self._bucket()
        if bucket is None or not self.changes:
            return
        rule = self._rule(bucket)
        configuration = bucket.notification_configuration or NotificationConfiguration()
        if not any(overlap(rule, other) for other in _rules(configuration)):
            configuration.topic.append(rule)
            bucket.notification_configuration = configuration

    def remove(self) -> None:
        """Remove the rule from the bucket's configuration."""
        bucket = self._bucket()
        if bucket and bucket.notification_configuration:
            own = self._own_rules(bucket)
            topics = bucket.notification_configuration.topic
            bucket.notification_configuration.topic = [one for one in topics if one not in own]

    def _bucket(self) -> FakeBucket | None:
        buckets = s3_backends[self.account_id]["aws"].buckets
        return buckets.get(urlparse(self.path).netloc)

    def _topic(self, bucket: FakeBucket) -> str:
        return f"arn:aws:sns:{bucket.region_name}:{self.account_id}:fsx-{self.owner}"

    def _own_rules(self, bucket: FakeBucket) -> list[Notification]:
        found = bucket.notification_configuration
        return [one for one in found.topic if one.arn == self._topic(bucket)] if found else []

    def _rule(self, bucket: FakeBucket) -> Notification:
        configuration = bucket.notification_configuration
        taken = {one.id for one in _rules(configuration)} if configuration else set()
        prefix = urlparse(self.path).path.lstrip("/")
        rules = [{"Name": "prefix", "Value": prefix}]
        return Notification(
            self._topic(bucket),
            sorted({EVENTS[change] for change in self.changes}),
            {"S3Key": {"FilterRule": rules}} if prefix else None,
            NAME if NAME not in taken else f"{NAME}-{self.owner}",
        )


def _rules(configuration: NotificationConfiguration) -> list[Notification]:
    return [*configuration.queue, *configuration.topic, *configuration.cloud_function]
