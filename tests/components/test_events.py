import json
from typing import Any

from components.events import BucketEvents, account_of
from tests.mocks import ACCOUNT, Deployment, deploy

BUCKET = "arn:aws:s3:::data"


def events(**changes: Any) -> Deployment:
    given: dict[str, Any] = {
        "bucket_name": "data",
        "bucket_arn": BUCKET,
        "prefix": "incoming/digits/",
    }
    return deploy(lambda: BucketEvents("new", {**given, **changes}))  # type: ignore[typeddict-item]


def test_s3_tells_of_what_comes_and_goes_under_the_prefix_only() -> None:
    made = events()
    notification = made.one(":BucketNotification").inputs
    assert notification["bucket"] == "data"
    (queue,) = notification["queues"]
    assert queue["events"] == ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
    assert queue["filterPrefix"] == "incoming/digits/"
    assert queue["queueArn"] != made.one(":Queue", "new-dead-letters").inputs.get("arn")


def test_s3_is_let_in_before_it_is_told_to_send() -> None:
    made = events()
    assert made.one(":QueuePolicy") in made.waits_for(made.one(":BucketNotification"))


def test_only_s3_may_send_for_this_bucket_of_this_account() -> None:
    (statement,) = json.loads(events().one(":QueuePolicy").inputs["policy"])["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Action"] == ["sqs:SendMessage"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": BUCKET},
    }


def test_a_message_that_nobody_can_read_goes_to_the_dead_letters() -> None:
    made = events()
    redrive = json.loads(made.one(":Queue", "new-queue").inputs["redrivePolicy"])
    assert redrive["maxReceiveCount"] == 5
    assert redrive["deadLetterTargetArn"].startswith("arn:aws:sqs:")
    assert made.one(":Queue", "new-dead-letters") in made.waits_for(made.one(":Queue", "new-queue"))
    assert "redrivePolicy" not in made.one(":Queue", "new-dead-letters").inputs


def test_messages_are_encrypted_by_sqs_itself_as_s3_has_no_right_to_a_key() -> None:
    for each in events().of_type(":Queue"):
        assert each.inputs["sqsManagedSseEnabled"] is True
        assert "kmsMasterKeyId" not in each.inputs


def test_an_arn_names_its_account() -> None:
    assert account_of("arn:aws:sqs:us-west-2:123456789012:a") == "123456789012"
