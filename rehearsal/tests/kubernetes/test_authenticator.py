"""Bearer tokens, and the STS that tells who made them."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from rehearsal.aws.server import Handle, start
from rehearsal.kubernetes import authenticator
from rehearsal.kubernetes.clusters import CloudUnreachableError, ClusterView
from rehearsal.kubernetes.presigned import CLUSTER_HEADER, RefusedError
from tests.accounts import CLIENT, OWN

MAIN = ClusterView("main", "us-west-2", "")


@pytest.fixture(scope="module")
def cloud() -> Iterator[Handle]:
    handle = start(credentials=OWN)
    yield handle
    handle.stop()


def url(cloud: Handle, cluster: str = "main", **keys: str) -> str:
    """Return a URL presigned as by `aws eks get-token`."""
    client = boto3.client("sts", region_name="us-west-2", endpoint_url=cloud.url, **(CLIENT | keys))

    def add_header(request, **_):
        request.headers[CLUSTER_HEADER] = cluster

    client.meta.events.register("before-sign.sts.GetCallerIdentity", add_header)
    return client.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")


def test_sts_tells_who_made_a_token(cloud: Handle) -> None:
    caller = authenticator._caller(url(cloud), MAIN)
    assert caller.arn == "arn:aws:iam::123456789012:user/rehearsal"
    assert caller.account == "123456789012"


def test_a_session_of_a_role_is_told_by_its_token(cloud: Handle) -> None:
    sts = boto3.client("sts", region_name="us-west-2", endpoint_url=cloud.url, **CLIENT)
    arn = "arn:aws:iam::210987654321:role/reader"
    made = sts.assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    keys = {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
        "aws_session_token": made["SessionToken"],
    }
    assert authenticator._caller(url(cloud, **keys), MAIN).arn.endswith("assumed-role/reader/me")


def test_a_token_for_another_cluster_is_refused(cloud: Handle) -> None:
    with pytest.raises(RefusedError, match="not for cluster main: The request signature we"):
        authenticator._caller(url(cloud, "another"), MAIN)


def test_a_token_by_another_secret_or_key_is_refused(cloud: Handle) -> None:
    with pytest.raises(RefusedError, match="forged"):
        authenticator._caller(url(cloud, aws_secret_access_key="guessed"), MAIN)
    with pytest.raises(RefusedError, match="security token included in the request is invalid"):
        authenticator._caller(url(cloud, aws_access_key_id="AKIAIOSFODNN7EXAMPLE"), MAIN)


def test_a_changed_token_is_refused(cloud: Handle) -> None:
    changed = url(cloud).replace("X-Amz-Expires=60", "X-Amz-Expires=900")
    with pytest.raises(RefusedError, match="forged"):
        authenticator._caller(changed, MAIN)


def test_without_the_account_nobody_is_refused_for_good(cloud: Handle) -> None:
    nowhere = url(cloud).replace(cloud.url, "http://127.0.0.1:1")
    with pytest.raises(CloudUnreachableError, match="does not answer"):
        authenticator._caller(nowhere, MAIN)
