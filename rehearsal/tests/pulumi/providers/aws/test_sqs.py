from __future__ import annotations

import json
from typing import Any

import pytest

from rehearsal.pulumi.providers.server import ProviderError
from tests.pulumi.providers.aws.stack import Kept, Stack, exercise

QUEUE, POLICY = "aws:sqs/queue:Queue", "aws:sqs/queuePolicy:QueuePolicy"
BUCKET, NOTIFICATION = "aws:s3/bucket:Bucket", "aws:s3/bucketNotification:BucketNotification"


def policy(queue: Kept, **changes: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": ["sqs:SendMessage"],
        "Resource": queue["arn"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **changes}]})


def test_a_queue_is_made_changed_and_gone(stack: Stack, aws: Any) -> None:
    dead = stack.create(QUEUE, "dead")
    redrive = json.dumps({"deadLetterTargetArn": dead["arn"], "maxReceiveCount": 5})
    inputs: dict[str, Any] = {
        "messageRetentionSeconds": 1209600,
        "receiveWaitTimeSeconds": 20,
        "redrivePolicy": redrive,
        "sqsManagedSseEnabled": True,
        "tags": {"a": "b"},
    }
    queue = stack.create(QUEUE, "events", **inputs)
    assert queue["url"] == queue.id
    assert queue["name"].startswith("events-")
    assert (queue["delaySeconds"], queue["visibilityTimeoutSeconds"]) == (0, 30)
    inputs |= {"visibilityTimeoutSeconds": 120, "tags": {"c": "d"}}
    stack.update(queue, **inputs)
    held = aws("sqs").get_queue_attributes(QueueUrl=queue.id, AttributeNames=["All"])["Attributes"]
    assert (held["VisibilityTimeout"], held["ReceiveMessageWaitTimeSeconds"]) == ("120", "20")
    assert json.loads(held["RedrivePolicy"])["deadLetterTargetArn"] == dead["arn"]
    assert aws("sqs").list_queue_tags(QueueUrl=queue.id)["Tags"] == {"c": "d"}
    exercise(stack, queue, **inputs)


def test_a_redrive_policy_that_means_the_same_is_no_change(stack: Stack) -> None:
    dead = stack.create(QUEUE, "dead")
    meant = {"deadLetterTargetArn": dead["arn"], "maxReceiveCount": 5}
    queue = stack.create(QUEUE, "events", redrivePolicy=json.dumps(meant))
    turned = json.dumps(dict(reversed(meant.items())), indent=1)
    assert not stack.diff(queue, redrivePolicy=turned).changes


def test_a_queues_policy_is_put_changed_and_taken_away(stack: Stack, aws: Any) -> None:
    queue = stack.create(QUEUE, "events")
    made = stack.create(POLICY, "events", queueUrl=queue.id, policy=policy(queue))
    changed = policy(queue, Action=["sqs:SendMessage", "sqs:GetQueueUrl"])
    stack.update(made, queueUrl=queue.id, policy=changed)
    stack.update(queue, visibilityTimeoutSeconds=60)
    exercise(stack, made, queueUrl=queue.id, policy=changed)
    held = aws("sqs").get_queue_attributes(QueueUrl=queue.id, AttributeNames=["All"])
    assert "Policy" not in held["Attributes"]


def test_a_bucket_that_notifies_a_queue_is_torn_down_in_order(stack: Stack, aws: Any) -> None:
    bucket = stack.create(BUCKET, "data")
    queue = stack.create(QUEUE, "events")
    rules = [
        {
            "id": "events",
            "queueArn": queue["arn"],
            "events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
            "filterPrefix": "in/",
        }
    ]
    inputs = {"bucket": bucket.id, "queues": rules}
    with pytest.raises(ProviderError, match="Unable to validate the following destination"):
        stack.create(NOTIFICATION, "events", **inputs)
    stack.create(POLICY, "events", queueUrl=queue.id, policy=policy(queue))
    notification = stack.create(NOTIFICATION, "events", **inputs)
    aws("s3").put_object(Bucket=bucket.id, Key="in/a", Body=b"1")
    messages = aws("sqs").receive_message(QueueUrl=queue.id, MaxNumberOfMessages=10)["Messages"]
    assert len(messages) == 2, "S3's test event, and the object's"
    aws("s3").delete_object(Bucket=bucket.id, Key="in/a")
    exercise(stack, notification, **inputs)
    stack.destroy()
    assert "QueueUrls" not in aws("sqs").list_queues()


def test_a_queue_can_not_keep_a_message_for_a_month(stack: Stack) -> None:
    with pytest.raises(ProviderError, match=r"messageRetentionSeconds: expected .* got 2592000"):
        stack.create(QUEUE, "events", messageRetentionSeconds=2592000)


def test_a_queue_of_another_name_is_another(stack: Stack) -> None:
    queue = stack.create(QUEUE, "events", name="a")
    assert stack.diff(queue, name="b").replaces == ["name"]


def test_a_fifo_queue_is_said_not_to_be_emulated(stack: Stack) -> None:
    with pytest.raises(ProviderError, match=r"fifoQueue: .*not emulated"):
        stack.create(QUEUE, "events", fifoQueue=True)
