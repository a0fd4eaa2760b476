"""The inbox: a bucket for new data, apart from the data bucket."""

from typing import NotRequired, TypedDict

import pulumi

from components.bucket_spec import BucketSpec, LifecycleRuleSpec
from components.private_bucket import private_bucket

NONCURRENT_DAYS = 30
"""Days that replaced and deleted objects can be recovered, as in the data bucket."""


class InboxArgs(TypedDict):
    """Arguments of `Inbox`."""

    expiration_days: NotRequired[int | None]
    """Days after which objects are deleted; never by default."""
    force_destroy: NotRequired[bool]
    """True if destroying the stack deletes the objects too; false by default."""
    protect: NotRequired[bool]
    """True if Pulumi must refuse to delete the bucket; false by default."""


class Inbox(pulumi.ComponentResource):
    """A private bucket whose notification configuration is free for a queue.

    S3 keeps one notification configuration for a bucket. That of the data bucket belongs to FSx,
    for its automatic import; and who writes here needs no permission for the data bucket.

    Objects stay, because each batch is made of all of them: one that is deleted is missing from
    the next batch.
    """

    name: pulumi.Output[str]
    """Name of the bucket."""
    arn: pulumi.Output[str]
    """ARN of the bucket."""

    def __init__(
        self, name: str, args: InboxArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:data:Inbox", name, {}, opts)
        everything = LifecycleRuleSpec(
            expiration_days=args.get("expiration_days"),
            noncurrent_expiration_days=NONCURRENT_DAYS,
        )
        spec = BucketSpec(force_destroy=args.get("force_destroy", False), lifecycle=(everything,))
        bucket = private_bucket(name, spec, self, protect=args.get("protect", False))
        self.name, self.arn = bucket.bucket, bucket.arn
        self.register_outputs({"name": self.name, "arn": self.arn})
