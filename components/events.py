"""Event notifications of an S3 bucket, in an SQS queue."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.iam import Document, document

EVENTS = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")
DELIVERIES = 5
"""Number of deliveries after which SQS moves a message to the dead-letter queue."""
RETENTION_SECONDS = 14 * 24 * 3600
"""Seconds that SQS keeps a message; the maximum of SQS."""


class BucketEventsArgs(TypedDict):
    """Arguments of `BucketEvents`."""

    bucket_name: pulumi.Input[str]
    """Name of the bucket. Its notification configuration, of which it has one, is replaced."""
    bucket_arn: pulumi.Input[str]
    """ARN of the bucket."""
    prefix: str
    """Prefix of the objects whose events are reported."""


class BucketEvents(pulumi.ComponentResource):
    """A queue to which S3 sends an event for each object that is put or removed under a prefix.

    The reader chooses the visibility timeout when it receives a message. SQS moves a message that
    was delivered five times and not deleted to a dead-letter queue. The queue contains every event
    after the creation of this component.
    """

    url: pulumi.Output[str]
    """URL of the queue."""
    arn: pulumi.Output[str]
    """ARN of the queue."""
    dead_letter_url: pulumi.Output[str]
    """URL of the dead-letter queue."""

    def __init__(
        self, name: str, args: BucketEventsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:data:BucketEvents", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        dead_letters = aws.sqs.Queue(
            f"{name}-dead-letters",
            message_retention_seconds=RETENTION_SECONDS,
            # With SQS's own key, for which S3 needs no permission.
            sqs_managed_sse_enabled=True,
            opts=child,
        )
        redrive = {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": DELIVERIES}
        queue = aws.sqs.Queue(
            f"{name}-queue",
            message_retention_seconds=RETENTION_SECONDS,
            sqs_managed_sse_enabled=True,
            receive_wait_time_seconds=20,
            redrive_policy=pulumi.Output.json_dumps(redrive),
            opts=child,
        )
        policy = aws.sqs.QueuePolicy(
            f"{name}-policy",
            queue_url=queue.url,
            policy=pulumi.Output.json_dumps(send_policy(queue.arn, args["bucket_arn"])),
            opts=child,
        )
        queue_config: aws.s3.BucketNotificationQueueArgsDict = {
            "id": name,
            "queue_arn": queue.arn,
            "events": [*EVENTS],
            "filter_prefix": args["prefix"],
        }
        aws.s3.BucketNotification(
            f"{name}-notification",
            bucket=args["bucket_name"],
            queues=[queue_config],
            # S3 sends a test message at once, and refuses a queue that does not allow it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        self.url, self.arn, self.dead_letter_url = queue.url, queue.arn, dead_letters.url
        self.register_outputs({"url": self.url})


def send_policy(queue_arn: pulumi.Output[str], bucket_arn: pulumi.Input[str]) -> Document:
    """Return a queue's policy that lets S3 send events of one bucket of the queue's own account.

    Source:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
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
    """Return the account in an ARN."""
    return arn.split(":")[4]
