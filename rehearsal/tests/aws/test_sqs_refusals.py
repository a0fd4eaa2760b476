"""Queues that SQS refuses."""

from __future__ import annotations

import json

import pytest

from tests.aws.policies import NOBODY, policy

INVALID = "InvalidAttributeValue"
ELSEWHERE = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("MessageRetentionPeriod", 59),
        ("MessageRetentionPeriod", 1_209_601),
        ("VisibilityTimeout", 43_201),
        ("ReceiveMessageWaitTimeSeconds", 21),
        ("DelaySeconds", 901),
        ("MaximumMessageSize", 1_048_577),
        ("DelaySeconds", "soon"),
    ],
)
def test_an_attribute_outside_its_range_is_refused(aws, refused, attribute, value):
    attributes = {attribute: str(value)}
    naming = f"Invalid value for the parameter {attribute}"
    refused(INVALID, aws.sqs.create_queue, naming, QueueName="mine", Attributes=attributes)
    queue = aws.sqs.create_queue(QueueName="mine")["QueueUrl"]
    change = {"QueueUrl": queue, "Attributes": attributes}
    refused(INVALID, aws.sqs.set_queue_attributes, naming, **change)


def test_an_attribute_that_no_queue_has_is_refused(aws, refused):
    queue = {"QueueName": "mine", "Attributes": {"Color": "red"}}
    refused("InvalidAttributeName", aws.sqs.create_queue, "Color", **queue)


def test_a_queue_has_one_kind_of_encryption(aws, refused):
    both = {"KmsMasterKeyId": "alias/aws/sqs", "SqsManagedSseEnabled": "true"}
    naming = "one type of server-side encryption"
    refused(INVALID, aws.sqs.create_queue, naming, QueueName="mine", Attributes=both)


@pytest.mark.parametrize("key", [ELSEWHERE, "alias/none"])
def test_a_key_that_is_not_in_the_region_takes_no_message(aws, refused, key):
    attributes = {"KmsMasterKeyId": key}
    queue = aws.sqs.create_queue(QueueName="mine", Attributes=attributes)["QueueUrl"]
    message = {"QueueUrl": queue, "MessageBody": "x"}
    refused("KmsNotFound", aws.sqs.send_message, **message)


@pytest.mark.parametrize("count", [0, 1001])
def test_a_message_is_received_1_to_1000_times(aws, refused, count):
    aws.sqs.create_queue(QueueName="dead")
    redrive = {"deadLetterTargetArn": "arn:aws:sqs:us-west-2:123456789012:dead"}
    attributes = {"RedrivePolicy": json.dumps({**redrive, "maxReceiveCount": count})}
    queue = {"QueueName": "mine", "Attributes": attributes}
    naming = f"Invalid value for maxReceiveCount: {count}"
    refused("InvalidParameterValue", aws.sqs.create_queue, naming, **queue)


@pytest.mark.parametrize(
    "document",
    [policy("sqs:*", Principal=NOBODY), policy("s3:GetObject", Principal="*"), policy("sqs:*")],
)
def test_a_policy_that_sqs_refuses_is_refused(aws, refused, document):
    queue = aws.sqs.create_queue(QueueName="mine")["QueueUrl"]
    change = {"QueueUrl": queue, "Attributes": {"Policy": document}}
    refused(INVALID, aws.sqs.set_queue_attributes, "parameter Policy", **change)
