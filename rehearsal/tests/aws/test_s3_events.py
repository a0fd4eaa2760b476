"""Events that a bucket sends to a queue, and configurations that S3 refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.s3.models import Notification

from rehearsal.aws.s3_events import overlap

QUEUE = "arn:aws:sqs:us-west-2:123456789012:events"
CREATED, REMOVED = "s3:ObjectCreated:*", "s3:ObjectRemoved:*"


@pytest.fixture
def bucket(aws) -> str:
    return aws.bucket("data")


@pytest.fixture
def queue(aws) -> str:
    url: str = aws.sqs.create_queue(QueueName="events")["QueueUrl"]
    open_to_s3(aws, url)
    return url


def open_to_s3(aws, url: str, **changes: Any) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": "arn:aws:s3:::data"},
        },
    }
    policy = {"Version": "2012-10-17", "Statement": [{**statement, **changes}]}
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})


def rule(*events: str, prefix: str = "", id_: str = "one") -> dict[str, Any]:
    made: dict[str, Any] = {"Id": id_, "QueueArn": QUEUE, "Events": list(events)}
    if prefix:
        made["Filter"] = {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}
    return made


def notify(aws, *rules: dict[str, Any]) -> None:
    configuration = {"QueueConfigurations": list(rules)}
    aws.s3.put_bucket_notification_configuration(
        Bucket="data", NotificationConfiguration=configuration
    )


def received(aws, url: str) -> list[dict[str, Any]]:
    bodies = []
    while messages := aws.sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0
    ).get("Messages"):
        bodies += [json.loads(one["Body"]) for one in messages]
    return bodies


def names(bodies: list[dict[str, Any]]) -> list[tuple[str, str]]:
    records = [body["Records"][0] for body in bodies]
    return [(one["eventName"], one["s3"]["object"]["key"]) for one in records]


def test_a_test_event_comes_first(aws, bucket, queue):
    notify(aws, rule(CREATED))
    (test,) = received(aws, queue)
    assert (test["Event"], test["Bucket"]) == ("s3:TestEvent", bucket)


def test_what_is_put_and_removed_under_the_prefix_is_told(aws, bucket, queue):
    notify(aws, rule(CREATED, REMOVED, prefix="in/"))
    received(aws, queue)
    for key in ("in/a", "in/b c", "out/a"):
        aws.s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    aws.s3.delete_object(Bucket=bucket, Key="in/a")
    aws.s3.delete_object(Bucket=bucket, Key="out/a")
    expected = [
        ("ObjectCreated:Put", "in/a"),
        ("ObjectCreated:Put", "in/b+c"),
        ("ObjectRemoved:Delete", "in/a"),
    ]
    assert names(received(aws, queue)) == expected


def test_a_copy_and_an_upload_in_parts_are_told_as_what_they_are(aws, bucket, queue):
    notify(aws, rule(CREATED, prefix="in/"))
    received(aws, queue)
    aws.s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    aws.s3.copy_object(Bucket=bucket, Key="in/a", CopySource={"Bucket": bucket, "Key": "a"})
    key = {"Bucket": bucket, "Key": "in/big"}
    upload = aws.s3.create_multipart_upload(**key)["UploadId"]
    part = aws.s3.upload_part(**key, UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    aws.s3.complete_multipart_upload(**key, UploadId=upload, MultipartUpload=parts)
    expected = [
        ("ObjectCreated:Copy", "in/a"),
        ("ObjectCreated:CompleteMultipartUpload", "in/big"),
    ]
    assert names(received(aws, queue)) == expected


def test_in_a_versioned_bucket_a_removal_makes_a_marker_and_is_told(aws, bucket, queue):
    aws.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    notify(aws, rule(REMOVED))
    received(aws, queue)
    aws.s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    aws.s3.delete_object(Bucket=bucket, Key="a")
    assert names(received(aws, queue)) == [("ObjectRemoved:DeleteMarkerCreated", "a")]


def test_later_events_of_an_object_have_greater_sequencers(aws, bucket, queue):
    notify(aws, rule(CREATED))
    received(aws, queue)
    for _ in range(3):
        aws.s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    told = [body["Records"][0]["s3"]["object"]["sequencer"] for body in received(aws, queue)]
    assert told == sorted(set(told))


@pytest.mark.parametrize(
    "change",
    [
        {"Principal": {"Service": "sns.amazonaws.com"}},
        {"Action": "sqs:ReceiveMessage"},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::another"}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}},
    ],
)
def test_a_queue_that_does_not_let_s3_in_is_refused(aws, queue, refused, change, bucket):
    open_to_s3(aws, queue, **change)
    request = {"NotificationConfiguration": {"QueueConfigurations": [rule(CREATED)]}}
    put = aws.s3.put_bucket_notification_configuration
    refused("InvalidArgument", put, "Unable to validate", Bucket=bucket, **request)


def test_a_queue_that_does_not_exist_is_refused(aws, bucket, refused):
    request = {"NotificationConfiguration": {"QueueConfigurations": [rule(CREATED)]}}
    put = aws.s3.put_bucket_notification_configuration
    refused("InvalidArgument", put, "Unable to validate", Bucket=bucket, **request)


def test_a_policy_taken_away_later_loses_the_events(aws, bucket, queue):
    notify(aws, rule(CREATED))
    received(aws, queue)
    aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})
    aws.s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    assert received(aws, queue) == []


def test_two_rules_for_the_same_event_of_an_object_are_refused(aws, bucket, queue, refused):
    rules = [rule(CREATED, prefix="in/"), rule("s3:ObjectCreated:Put", prefix="in/x", id_="two")]
    put = aws.s3.put_bucket_notification_configuration
    request = {"NotificationConfiguration": {"QueueConfigurations": rules}}
    refused("InvalidArgument", put, "ambiguously defined", Bucket=bucket, **request)
    rules[1]["Events"] = [REMOVED]
    put(Bucket=bucket, **request)


EVENTS = st.sampled_from([CREATED, "s3:ObjectCreated:Put", "s3:ObjectCreated:Copy", REMOVED])
KEYS = st.text("ab", max_size=3)


@given(EVENTS, EVENTS, KEYS, KEYS, KEYS)
def test_rules_overlap_if_one_event_of_one_key_is_both_of_theirs(one, other, prefix, prefix2, key):
    def made(event: str, start: str) -> Notification:
        rules = [{"Name": "prefix", "Value": start}]
        return Notification("arn", [event], {"S3Key": {"FilterRule": rules}})

    rules = made(one, prefix), made(other, prefix2)
    if all(rule.matches("s3:ObjectCreated:Put", key) for rule in rules):
        assert overlap(*rules)
