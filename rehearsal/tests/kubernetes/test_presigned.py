"""The bearer token of `aws eks get-token`, good and bad."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.kubernetes import presigned
from rehearsal.kubernetes.presigned import CLUSTER_HEADER, PREFIX, RefusedError

HOST = "127.0.0.1:4566"


def presigned_url(cluster: str = "main", key: str = "rehearsal") -> str:
    """Return a URL presigned by botocore as awscli does, with the cluster's name signed."""
    client = boto3.client(
        "sts",
        region_name="us-west-2",
        endpoint_url=f"http://{HOST}",
        aws_access_key_id=key,
        aws_secret_access_key="rehearsal",
    )

    def add_header(request, **_):
        request.headers[CLUSTER_HEADER] = cluster

    client.meta.events.register("before-sign.sts.GetCallerIdentity", add_header)
    return client.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")


def bearer(url: str) -> str:
    return PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def read(url: str, now: datetime | None = None) -> str:
    return presigned.read(bearer(url), {HOST}, now)


def test_a_token_is_a_question_to_sts() -> None:
    assert read(presigned_url()) == presigned_url()


def test_a_token_lasts_fifteen_minutes_whatever_its_url_says() -> None:
    url, now = presigned_url(), datetime.now(UTC)
    assert read(url, now + timedelta(minutes=14))
    with pytest.raises(RefusedError, match="expired 15 minutes after"):
        read(url, now + timedelta(minutes=16))


def test_a_token_from_the_future_is_refused() -> None:
    with pytest.raises(RefusedError, match="signed in the future"):
        read(presigned_url(), datetime.now(UTC) - timedelta(hours=1))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (HOST, "evil.example.com", "is not STS"),
        ("GetCallerIdentity", "AssumeRole", "asks for AssumeRole"),
        (f"host%3B{CLUSTER_HEADER}", "host", "not among the headers it signs"),
        ("X-Amz-Expires=60", "X-Amz-Expires=901", "must be 0 to 900, got: 901"),
        ("X-Amz-Expires=60", "X-Amz-Expires=soon", "missing or malformed"),
        ("X-Amz-Date=", "X-Amz-Date=x", "missing or malformed"),
        ("X-Amz-Signature=", "X-Amz-Signature=&x=", "parameter x that is not for signing"),
        ("Version=", "Action=GetCallerIdentity&Version=", "Action twice"),
        ("Version=", "RoleArn=a&Version=", "parameter RoleArn"),
        ("%2Fsts%2F", "%2Fs3%2F", "not one for STS"),
    ],
)
def test_a_url_that_is_no_question_to_sts_is_refused(old: str, new: str, reason: str) -> None:
    url = presigned_url()
    assert old in url
    with pytest.raises(RefusedError, match=reason):
        read(url.replace(old, new))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "doesn't begin with"),
        ("eyJhbGciOiJSUzI1NiJ9.e30.x", "doesn't begin with"),
        (PREFIX + "*" * 8, "not URL-safe base64"),
        (PREFIX + "A" * 5000, "longer than 4096"),
    ],
)
def test_what_is_no_token_is_refused(text: str, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        presigned.read(text, {HOST})


@given(st.text(max_size=200))
def test_no_text_at_all_makes_the_reader_fail_otherwise(text: str) -> None:
    with pytest.raises(RefusedError):
        presigned.read(bearer(text), {HOST})
