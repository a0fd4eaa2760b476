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
SECRET = "rehearsal"


def presigned_url(cluster: str = "main", secret: str = SECRET) -> str:
    """Return a URL presigned by botocore as awscli does, with the cluster's name signed."""
    client = boto3.client(
        "sts",
        region_name="us-west-2",
        endpoint_url=f"http://{HOST}",
        aws_access_key_id="rehearsal",
        aws_secret_access_key=secret,
    )

    def add_header(request, **_):
        request.headers[CLUSTER_HEADER] = cluster

    client.meta.events.register("before-sign.sts.GetCallerIdentity", add_header)
    return client.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")


def bearer(url: str) -> str:
    return PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def read(url: str, now: datetime | None = None) -> presigned.Token:
    return presigned.read(bearer(url), {HOST}, now)


def test_a_token_tells_who_signed_it_and_where() -> None:
    token = read(presigned_url())
    assert (token.access_key, token.region, token.expires_seconds) == ("rehearsal", "us-west-2", 60)


def test_a_signature_is_good_for_its_own_cluster_only() -> None:
    token = read(presigned_url("main"))
    assert token.signed_with(SECRET, "main")
    assert not token.signed_with(SECRET, "another")


def test_a_signature_by_another_secret_is_forged() -> None:
    assert not read(presigned_url(secret="guessed")).signed_with(SECRET, "main")


def test_changing_a_signed_parameter_breaks_the_signature() -> None:
    url = presigned_url().replace("X-Amz-Expires=60", "X-Amz-Expires=900")
    assert not read(url).signed_with(SECRET, "main")


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
