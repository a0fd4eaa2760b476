"""SQS: long polls, and what stays when attributes change."""

from __future__ import annotations

import json
import threading
import time

import pytest

from tests.patience import PATIENCE

ALLOWED = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}


@pytest.fixture
def queue(aws) -> str:
    url: str = aws.sqs.create_queue(QueueName="events")["QueueUrl"]
    return url


def test_a_wait_for_messages_holds_nobody_else_up(aws, queue):
    answers = []

    def receive() -> None:
        answers.append(aws.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20))

    waiting = threading.Thread(target=receive)
    waiting.start()
    time.sleep(0.3)
    aws.s3.list_buckets()
    assert waiting.is_alive(), "nobody else waited for its end"
    aws.sqs.send_message(QueueUrl=queue, MessageBody="x")
    waiting.join(PATIENCE)
    assert [one["Body"] for one in answers[0]["Messages"]] == ["x"]


def test_a_wait_ends_without_a_message_when_its_time_is_over(aws, queue):
    begun = time.monotonic()
    assert "Messages" not in aws.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)
    assert time.monotonic() - begun >= 1


def test_a_wait_ends_when_its_queue_is_deleted(aws, queue, refused):
    threading.Timer(0.2, lambda: aws.sqs.delete_queue(QueueUrl=queue)).start()
    gone = "AWS.SimpleQueueService.NonExistentQueue"
    refused(gone, aws.sqs.receive_message, QueueUrl=queue, WaitTimeSeconds=20)


def test_the_policy_stays_when_another_attribute_changes(aws, queue):
    policy = {"Version": "2012-10-17", "Statement": [ALLOWED]}
    attributes = {"Policy": json.dumps(policy)}
    aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes=attributes)
    aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "60"})
    held = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert json.loads(held["Policy"]) == policy
    aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})
    held = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert "Policy" not in held


def test_a_policy_that_is_not_json_is_refused(aws, queue, refused):
    change = {"QueueUrl": queue, "Attributes": {"Policy": "{"}}
    refused("InvalidAttributeValue", aws.sqs.set_queue_attributes, "Policy", **change)


def test_a_message_nobody_deletes_goes_to_the_dead_letters(aws, queue):
    dead = aws.sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = {
        "deadLetterTargetArn": "arn:aws:sqs:us-west-2:123456789012:dead",
        "maxReceiveCount": 2,
    }
    attributes = {"VisibilityTimeout": "0", "RedrivePolicy": json.dumps(redrive)}
    aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes=attributes)
    aws.sqs.send_message(QueueUrl=queue, MessageBody="x")
    for _ in range(3):
        aws.sqs.receive_message(QueueUrl=queue)
    assert aws.sqs.receive_message(QueueUrl=dead)["Messages"][0]["Body"] == "x"


def test_the_name_of_a_deleted_queue_is_not_used_again_for_a_minute(aws, queue, refused):
    name = queue.rpartition("/")[2]
    aws.sqs.delete_queue(QueueUrl=queue)
    code = "AWS.SimpleQueueService.QueueDeletedRecently"
    refused(code, aws.sqs.create_queue, "60 seconds", QueueName=name)
    aws.sqs.create_queue(QueueName="another")
