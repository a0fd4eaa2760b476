"""Inbox: a bucket for new data, separate from the data bucket."""

from typing import NotRequired, TypedDict

import pulumi

from components.bucket_spec import BucketSpec, LifecycleRuleSpec
from components.private_bucket import private_bucket

NONCURRENT_DAYS = 30
"""Days that replaced and deleted objects can be recovered; as in the data bucket."""


class InboxArgs(TypedDict):
    """Arguments of `Inbox`."""

    expiration_days: NotRequired[int | None]
    """Days after which objects are deleted; never by default."""
    force_destroy: NotRequired[bool]
    """True if destroying the stack deletes the objects too; false by default."""
    protect: NotRequired[bool]
    """True if Pulumi must refuse to delete the bucket; false by default."""


class Inbox(pulumi.ComponentResource):
    """A private bucket whose notification configuration a queue can use.

    A bucket has one notification configuration. FSx uses that of the data bucket for its automatic
    import. Writers of new data need no permission for the data bucket either.

    Objects stay, because each batch contains all of them: a deleted object is missing from the next
    batch.
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
