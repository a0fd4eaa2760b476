"""The inbox: where new data is put, apart from the data bucket."""

import pulumi

from components.private_bucket import LifecycleRuleArgs, RemovalArgs, private_bucket

RECOVERABLE_DAYS = 30
"""For how long what was replaced or deleted can be got back, as in the data bucket."""


class InboxArgs(RemovalArgs):
    """What an Inbox is made of."""

    expiration_days: int | None
    """Days after which what came in is deleted; never when None."""


class Inbox(pulumi.ComponentResource):
    """A private bucket that nobody but its own queue is notified of.

    S3 keeps one notification configuration for a bucket. The data bucket's is FSx's, for its
    automatic import; this one's is free, and who writes here needs no right to the data bucket.

    What came in stays, because each batch is made of all of it: what is deleted is missing from
    the next one.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: InboxArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:data:Inbox", name, {}, opts)
        everything: LifecycleRuleArgs = {
            "prefix": "",
            "transitions": [],
            "expiration_days": args["expiration_days"],
            "noncurrent_expiration_days": RECOVERABLE_DAYS,
        }
        bucket = private_bucket(
            name,
            {
                "name": None,
                "kms_key_arn": None,
                "versioning": True,
                "force_destroy": args["force_destroy"],
                "protect": args["protect"],
                "lifecycle": [everything],
            },
            self,
        )
        self.name, self.arn = bucket.bucket, bucket.arn
        self.register_outputs({"name": self.name, "arn": self.arn})
