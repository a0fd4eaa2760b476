"""Faults of AWS's API: each service's own errors, which its SDK retries as it does at AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from rehearsal.aws import server
from rehearsal.clients.aws import INTERNAL
from tests.accounts import CLIENT
from tests.aws.account import Account
from tests.aws.conftest import Injected


def client(cloud: server.Handle, service: str, **config: Any) -> Any:
    return boto3.client(
        service,
        endpoint_url=cloud.url,
        region_name="us-west-2",
        **CLIENT,
        config=Config(**config),
    )


CALLS = {
    "ec2": lambda one: one.create_vpc(CidrBlock="10.0.0.0/16"),
    "efs": lambda one: one.create_file_system(CreationToken="token"),
    "eks": lambda one: one.list_clusters(),
    "fsx": lambda one: one.describe_file_systems(),
    "iam": lambda one: one.list_roles(),
    "kms": lambda one: one.list_keys(),
    "logs": lambda one: one.describe_log_groups(),
    "s3": lambda one: one.list_buckets(),
    "sagemaker": lambda one: one.list_training_jobs(),
    "sqs": lambda one: one.list_queues(),
    "sts": lambda one: one.get_caller_identity(),
}
THROTTLED = {
    "ec2": "RequestLimitExceeded",
    "iam": "Throttling",
    "s3": "SlowDown",
    "sqs": "RequestThrottled",
    "sts": "Throttling",
}


@pytest.mark.parametrize("service", CALLS)
def test_a_throttled_call_gets_its_services_own_error_and_an_sdk_tries_again(
    aws: Account, cloud: server.Handle, injected: Injected, service: str
) -> None:
    with injected("throttling", service=service):
        with pytest.raises(ClientError) as caught:
            CALLS[service](client(cloud, service, retries={"total_max_attempts": 1}))
        code = caught.value.response["Error"]["Code"]
        assert code == THROTTLED.get(service, "ThrottlingException")
    with injected("throttling", service=service):
        answer = CALLS[service](client(cloud, service, retries={"mode": "standard"}))
        assert answer["ResponseMetadata"]["RetryAttempts"] == 1


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("service", CALLS)
def test_a_server_error_has_its_status_and_an_sdk_tries_again(
    aws: Account, cloud: server.Handle, injected: Injected, service: str, status: int
) -> None:
    with injected("server-error", service=service, status=status):
        with pytest.raises(ClientError) as caught:
            CALLS[service](client(cloud, service, retries={"total_max_attempts": 1}))
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    with injected("server-error", service=service, status=status):
        answer = CALLS[service](client(cloud, service, retries={"mode": "standard"}))
        assert answer["ResponseMetadata"]["RetryAttempts"] == 1


@pytest.mark.parametrize("service", CALLS)
def test_expired_credentials_are_told_at_once_and_never_retried(
    aws: Account, cloud: server.Handle, injected: Injected, service: str
) -> None:
    with injected("expired-credentials"), pytest.raises(ClientError) as caught:
        CALLS[service](client(cloud, service, retries={"mode": "standard"}))
    assert "xpired" in caught.value.response["Error"]["Code"]
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_a_lost_response_ends_the_connection_after_the_call_took_effect(
    aws: Account, cloud: server.Handle, injected: Injected
) -> None:
    once = client(cloud, "ec2", retries={"total_max_attempts": 1})
    before = len(aws.ec2.describe_vpcs()["Vpcs"])
    with injected("lost-response", call="CreateVpc"), pytest.raises(ConnectionClosedError):
        once.create_vpc(CidrBlock="10.0.0.0/16")
    assert len(aws.ec2.describe_vpcs()["Vpcs"]) == before + 1


def test_an_sdk_that_repeats_a_creation_without_a_token_leaves_a_second_one_as_at_aws(
    aws: Account, cloud: server.Handle, injected: Injected
) -> None:
    before = len(aws.ec2.describe_vpcs()["Vpcs"])
    with injected("lost-response", call="CreateVpc"):
        client(cloud, "ec2", retries={"mode": "standard"}).create_vpc(CidrBlock="10.0.0.0/16")
    assert len(aws.ec2.describe_vpcs()["Vpcs"]) == before + 2


@pytest.mark.parametrize("service", ["ec2", "efs"])
def test_an_exhausted_quota_has_the_calls_own_error_until_the_command_ends(
    aws: Account, injected: Injected, refused: Any, service: str
) -> None:
    call, code, create, given = {
        "ec2": ("CreateVpc", "VpcLimitExceeded", aws.ec2.create_vpc, {"CidrBlock": "10.0.0.0/16"}),
        "efs": (
            "CreateFileSystem",
            "FileSystemLimitExceeded",
            aws.efs.create_file_system,
            {"CreationToken": "a"},
        ),
    }[service]
    with injected("quota", service=service, call=call):
        refused(code, create, **given)
        refused(code, create, **given)
    create(**given)


REST = [
    ("s3", "CreateBucket", lambda a: a.bucket("one")),
    (
        "s3",
        "PutBucketTagging",
        lambda a: a.s3.put_bucket_tagging(Bucket="b", Tagging={"TagSet": []}),
    ),
    ("s3", "PutObject", lambda a: a.s3.put_object(Bucket="b", Key="deep/key", Body=b"x")),
    ("s3", "ListObjectsV2", lambda a: a.s3.list_objects_v2(Bucket="b")),
    ("s3", "HeadBucket", lambda a: a.s3.head_bucket(Bucket="b")),
    (
        "s3",
        "PutBucketLifecycleConfiguration",
        lambda a: a.s3.put_bucket_lifecycle_configuration(
            Bucket="b", LifecycleConfiguration={"Rules": []}
        ),
    ),
    ("eks", "DescribeCluster", lambda a: a.eks.describe_cluster(name="main")),
    (
        "eks",
        "DescribeNodegroup",
        lambda a: a.eks.describe_nodegroup(clusterName="m", nodegroupName="n"),
    ),
    ("efs", "DescribeFileSystems", lambda a: a.efs.describe_file_systems()),
    ("efs", "DescribeBackupPolicy", lambda a: a.efs.describe_backup_policy(FileSystemId="fs-1")),
]


@pytest.mark.parametrize(("service", "call", "make"), REST, ids=[one[1] for one in REST])
def test_a_call_without_its_name_in_the_request_is_known_by_its_method_and_path(
    aws: Account, injected: Injected, service: str, call: str, make: Callable[[Account], Any]
) -> None:
    with injected("throttling", service=service, call=call), pytest.raises(ClientError) as caught:
        make(aws)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in {429, 503}


def test_what_stands_for_the_inside_of_aws_meets_no_fault(
    aws: Account, cloud: server.Handle, injected: Injected
) -> None:
    with injected("throttling", probability=1.0):
        inside = client(cloud, "ec2", user_agent_extra=INTERNAL, retries={"total_max_attempts": 1})
        assert "Vpcs" in inside.describe_vpcs()
