"""Sessions of roles, and the calls beside S3 that they may make."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws import sts
from rehearsal.aws.authorization import calls
from tests.aws.authorization.conftest import REGION, document, statement

HERE = f"{REGION}:123456789012"
QUEUE = f"arn:aws:sqs:{HERE}:events"


@pytest.fixture
def queue(aws) -> str:
    url: str = aws.sqs.create_queue(QueueName="events")["QueueUrl"]
    return url


def test_a_queue_is_used_only_by_who_may(aws, role, queue, denied):
    sqs = role.client("sqs")
    denied(sqs.send_message, "sqs:sendmessage", QUEUE, QueueUrl=queue, MessageBody="x")
    denied(sqs.receive_message, "sqs:receivemessage", QUEUE, QueueUrl=queue)
    aws.sqs.send_message(QueueUrl=queue, MessageBody="x")
    role.may(statement("sqs:ReceiveMessage", "sqs:DeleteMessage", on=QUEUE))
    message = sqs.receive_message(QueueUrl=queue)["Messages"][0]
    entry = {"Id": "0", "ReceiptHandle": message["ReceiptHandle"]}
    done = sqs.delete_message_batch(QueueUrl=queue, Entries=[entry])
    assert [one["Id"] for one in done["Successful"]] == ["0"]
    denied(sqs.purge_queue, "sqs:purgequeue", QUEUE, QueueUrl=queue)


def test_the_queues_policy_allows_a_role_that_it_names(aws, role, queue):
    allow = {"Effect": "Allow", "Principal": {"AWS": role.arn}, "Action": "sqs:SendMessage"}
    policy = document({**allow, "Resource": QUEUE})
    aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    role.client("sqs").send_message(QueueUrl=queue, MessageBody="x")


CALLS = [
    (
        *("sagemaker", "describe_training_job", {"TrainingJobName": "j"}),
        ("sagemaker:DescribeTrainingJob", f"arn:aws:sagemaker:{HERE}:training-job/j"),
    ),
    ("fsx", "describe_file_systems", {}, ("fsx:DescribeFileSystems", "*")),
    (
        *("fsx", "delete_file_system", {"FileSystemId": "fs-0123456789abcdef0"}),
        ("fsx:DeleteFileSystem", f"arn:aws:fsx:{HERE}:file-system/fs-0123456789abcdef0"),
    ),
    (
        *("efs", "delete_access_point", {"AccessPointId": "fsap-1"}),
        (
            "elasticfilesystem:DeleteAccessPoint",
            f"arn:aws:elasticfilesystem:{HERE}:access-point/fsap-1",
        ),
    ),
    (
        *("eks", "describe_cluster", {"name": "main"}),
        ("eks:DescribeCluster", f"arn:aws:eks:{HERE}:cluster/main"),
    ),
]


@pytest.mark.parametrize(("service", "call", "arguments", "right"), CALLS)
def test_a_call_has_the_action_and_resource_that_aws_names(
    *, role, service, call, arguments, right
):
    action, on = right

    def said() -> str:
        try:
            getattr(role.client(service), call)(**arguments)
        except ClientError as error:
            return str(error)
        return ""

    naming = f"(AccessDeniedException) when calling the .* {action} on resource: {on} because"
    assert re.search(re.escape(naming).replace(r"\.\*", ".*"), said())
    role.may(statement(action, on=on))
    assert "not authorized" not in said(), "what is called for need not exist"


def test_iam_and_ec2_refuse_in_their_own_protocols(role, refused):
    refused("AccessDenied", role.client("iam").list_roles, "iam:ListRoles on resource: *")
    refused("UnauthorizedOperation", role.client("ec2").describe_vpcs, "ec2:DescribeVpcs")


def test_every_call_of_a_service_without_names_in_its_requests_is_told_by_its_path():
    for service in calls.REST.values():
        routes = calls._routes(service)
        assert len({(verb, pattern.pattern) for _, verb, pattern in routes}) == len(routes)


def test_a_session_says_who_it_is_without_a_right(role):
    identity = role.client("sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/reader/pod"


def test_a_role_that_does_not_exist_is_not_assumed(aws, refused):
    arn = "arn:aws:iam::123456789012:role/none"
    assume = {"RoleArn": arn, "RoleSessionName": "pod"}
    refused("AccessDenied", aws.sts.assume_role, f"sts:AssumeRole on resource: {arn}", **assume)


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("sqs", "list_queues", "UnrecognizedClientException"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
    ],
)
def test_a_session_of_an_account_that_was_emptied_is_not_known(
    *, cloud, role, refused, service, call, code
):
    client = role.client(service)
    cloud.reset()
    refused(code, getattr(client, call))


def test_the_oldest_session_goes_when_there_are_many(monkeypatch, role, refused):
    monkeypatch.setattr(sts, "MAX_SESSIONS", 2)
    first, second, third = (role.client("sts") for _ in range(3))
    refused("InvalidClientTokenId", first.get_caller_identity)
    second.get_caller_identity()
    third.get_caller_identity()
