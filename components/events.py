"""The events of a bucket, in a queue."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.policies import Document, document

EVENTS = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")
DELIVERIES = 5
"""How often a message is handed out before it is taken for one that nobody can read."""
KEPT_SECONDS = 14 * 24 * 3600
"""As long as SQS keeps anything."""


class BucketEventsArgs(TypedDict):
    """What BucketEvents are made of."""

    bucket_name: pulumi.Input[str]
    """The bucket. It has one notification configuration, which becomes this one."""
    bucket_arn: pulumi.Input[str]
    """The bucket."""
    prefix: str
    """The objects whose events count."""


class BucketEvents(pulumi.ComponentResource):
    """A queue in which S3 says what is put under a prefix and what is removed.

    For how long a message is one reader's, the reader says when it takes it.

    A message that was handed out five times and never deleted goes to a second queue, where a
    person finds it.
    """

    url: pulumi.Output[str]
    arn: pulumi.Output[str]
    dead_letter_url: pulumi.Output[str]
    ready: list[pulumi.Resource]
    """From here on every event is in the queue."""

    def __init__(
        self, name: str, args: BucketEventsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:data:BucketEvents", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        dead_letters = self._queue("dead-letters")
        self.dead_letter_url = dead_letters.url
        queue = self._queue(
            "queue",
            receive_wait_time_seconds=20,
            redrive_policy=pulumi.Output.json_dumps(
                {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": DELIVERIES}
            ),
        )
        self.url, self.arn = queue.url, queue.arn
        self.ready = [self._notification(self._policy())]
        self.register_outputs({"url": self.url})

    def _queue(self, suffix: str, **more: pulumi.Input[str] | pulumi.Input[int]) -> aws.sqs.Queue:
        """A queue with SQS's own encryption, for which S3 needs no right to a key."""
        return aws.sqs.Queue(
            f"{self._name}-{suffix}",
            message_retention_seconds=KEPT_SECONDS,
            sqs_managed_sse_enabled=True,
            **more,  # type: ignore[arg-type] # each keyword has a type of its own
            opts=self._child,
        )

    def _policy(self) -> aws.sqs.QueuePolicy:
        """What lets S3 in."""
        return aws.sqs.QueuePolicy(
            f"{self._name}-policy",
            queue_url=self.url,
            policy=pulumi.Output.json_dumps(from_bucket(self.arn, self._args["bucket_arn"])),
            opts=self._child,
        )

    def _notification(self, policy: aws.sqs.QueuePolicy) -> aws.s3.BucketNotification:
        """The bucket's notification configuration.

        S3 sends a test message when it is made, and refuses a queue that does not let it.
        """
        return aws.s3.BucketNotification(
            f"{self._name}-notification",
            bucket=self._args["bucket_name"],
            queues=[
                {
                    "id": self._name,
                    "queue_arn": self.arn,
                    "events": [*EVENTS],
                    "filter_prefix": self._args["prefix"],
                }
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )


def from_bucket(queue_arn: pulumi.Output[str], bucket_arn: pulumi.Input[str]) -> Document:
    """A queue's policy by which S3 may send events of one bucket of the queue's own account.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
    """
    return document(
        {
            "Sid": "EventsOfTheBucket",
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": ["sqs:SendMessage"],
            "Resource": queue_arn,
            "Condition": {
                # A bucket's ARN names no account: its name could come to be somebody else's.
                "StringEquals": {"aws:SourceAccount": queue_arn.apply(account_of)},
                "ArnLike": {"aws:SourceArn": bucket_arn},
            },
        }
    )


def account_of(arn: str) -> str:
    """The account in an ARN."""
    return arn.split(":")[4]
