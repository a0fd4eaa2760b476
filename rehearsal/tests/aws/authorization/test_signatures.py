"""Calls that no key of the account has signed: refused as AWS refuses them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import boto3
import pytest
import requests
from botocore.config import Config

from rehearsal.aws.authorization import signatures
from tests.accounts import CLIENT, OWN
from tests.aws.conftest import REGION
from tests.patience import PATIENCE

FORGED = CLIENT | {"aws_secret_access_key": "guessed"}
UNKNOWN = FORGED | {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}
# By the format of the service's errors, a call of each.
CALLS = {
    "s3": "list_buckets",
    "sts": "get_caller_identity",
    "ec2": "describe_vpcs",
    "sagemaker": "list_training_jobs",
    "eks": "list_clusters",
}


@pytest.fixture
def signed_with(running):
    def client(service: str, keys: dict[str, str], **settings: object):
        config = Config(retries={"total_max_attempts": 1}, **settings)
        return boto3.client(
            service, endpoint_url=running.url, region_name=REGION, config=config, **keys
        )

    return client


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("s3", "InvalidAccessKeyId"),
        ("sts", "InvalidClientTokenId"),
        ("ec2", "AuthFailure"),
        ("sagemaker", "UnrecognizedClientException"),
        ("eks", "UnrecognizedClientException"),
    ],
)
def test_an_access_key_that_does_not_exist_is_refused(signed_with, refused, service, code):
    refused(code, getattr(signed_with(service, UNKNOWN), CALLS[service]))


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("s3", "SignatureDoesNotMatch"),
        ("sts", "SignatureDoesNotMatch"),
        ("ec2", "AuthFailure"),
        ("sagemaker", "InvalidSignatureException"),
        ("eks", "InvalidSignatureException"),
    ],
)
def test_a_signature_by_another_secret_is_refused(signed_with, refused, service, code):
    refused(code, getattr(signed_with(service, FORGED), CALLS[service]))


@pytest.mark.parametrize(
    ("headers", "data", "said"),
    [
        ({}, None, "<Code>AccessDenied</Code>"),
        ({"X-Amz-Target": "SageMaker.ListHubs"}, "{}", "MissingAuthenticationTokenException"),
        ({}, {"Action": "GetCallerIdentity"}, "<Code>MissingAuthenticationToken</Code>"),
        ({}, {"Action": "AssumeRoleWithWebIdentity"}, "<Code>MissingAuthenticationToken</Code>"),
        ({"Authorization": "Bearer x"}, None, "<Code>AccessDenied</Code>"),
        ({"Authorization": "AWS4-HMAC-SHA256 Credential=x"}, None, "<Code>AccessDenied</Code>"),
    ],
)
def test_a_call_without_a_signature_is_refused(cloud, headers, data, said):
    method = "POST" if data else "GET"
    answer = requests.request(method, cloud.url, headers=headers, data=data, timeout=PATIENCE)
    assert answer.status_code in {400, 403}
    assert said in answer.text


def test_a_body_that_was_changed_after_it_was_signed_is_refused(cloud, signed_with):
    client, sent = signed_with("sagemaker", CLIENT), []
    client.meta.events.register("before-send.sagemaker", lambda request, **_: sent.append(request))
    client.list_training_jobs()
    request = sent[0]
    for body, status in ((request.body, 200), (b'{"MaxResults": 1}', 400)):
        answer = requests.post(cloud.url, body, headers=dict(request.headers), timeout=PATIENCE)
        assert answer.status_code == status, answer.text


def test_a_signature_of_last_hour_or_of_the_next_is_refused(monkeypatch, aws, refused):
    there = signatures._now()
    for shift in (-3600, 3600):
        monkeypatch.setattr(signatures, "_now", lambda shift=shift: there + shift)
        refused("RequestTimeTooSkewed", aws.s3.list_buckets)
        refused("InvalidSignatureException", aws.eks.list_clusters)


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_presigned_url_reads_one_object_until_it_expires(aws, signed_with, monkeypatch, version):
    aws.bucket("data")
    aws.s3.put_object(Bucket="data", Key="a b/ü", Body=b"content")
    asked = {"Bucket": "data", "Key": "a b/ü"}
    url = signed_with("s3", CLIENT, signature_version=version).generate_presigned_url(
        "get_object", asked, ExpiresIn=60
    )
    forged = signed_with("s3", FORGED, signature_version=version).generate_presigned_url(
        "get_object", asked, ExpiresIn=60
    )
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"content"
    for refused in (forged, url.replace("a%20b", "a")):
        assert "SignatureDoesNotMatch" in _refused(refused)
    later = signatures._now() + 61
    monkeypatch.setattr(signatures, "_now", lambda: later)
    assert "Request has expired" in _refused(url)


def _refused(url: str) -> str:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url)
    return caught.value.read().decode()


def test_odd_names_and_values_are_signed_right(aws):
    """Paths, queries and headers are signed with the escapes that they are sent with."""
    aws.bucket("data")
    for key in ("a//b", "a/../b", "100%", "a+b=c&d", "~ü€", "a?b#c"):
        metadata = {"of_it": "  two   spaces "}
        aws.s3.put_object(Bucket="data", Key=key, Body=b"x", Metadata=metadata)
        found = aws.s3.list_objects_v2(Bucket="data", Prefix=key, StartAfter="")["Contents"]
        assert [one["Key"] for one in found] == [key]
        assert aws.s3.get_object(Bucket="data", Key=key)["Body"].read() == b"x"


def test_a_session_is_known_by_its_token_too(aws, signed_with, refused):
    arn = aws.role("reader", "pods.eks.amazonaws.com")
    made = aws.sts.assume_role(RoleArn=arn, RoleSessionName="pod")["Credentials"]
    keys = {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
    }
    whole = signed_with("sts", keys | {"aws_session_token": made["SessionToken"]})
    assert whole.get_caller_identity()["Arn"].endswith("assumed-role/reader/pod")
    refused("InvalidClientTokenId", signed_with("sts", keys).get_caller_identity)
    another = signed_with("sts", keys | {"aws_session_token": "another"})
    refused("InvalidClientTokenId", another.get_caller_identity)


def test_the_key_of_a_user_is_good_while_it_is_active(aws, signed_with, refused):
    aws.iam.create_user(UserName="ada")
    made = aws.iam.create_access_key(UserName="ada")["AccessKey"]
    ada = signed_with(
        "sts",
        {
            "aws_access_key_id": made["AccessKeyId"],
            "aws_secret_access_key": made["SecretAccessKey"],
        },
    )
    assert ada.get_caller_identity()["Arn"].endswith(":user/ada")
    which = {"UserName": "ada", "AccessKeyId": made["AccessKeyId"]}
    aws.iam.update_access_key(**which, Status="Inactive")
    refused("InvalidClientTokenId", ada.get_caller_identity)
    aws.iam.update_access_key(**which, Status="Active")
    ada.get_caller_identity()
    aws.iam.delete_access_key(**which)
    refused("InvalidClientTokenId", ada.get_caller_identity)


def test_the_keys_are_not_in_a_text_about_them():
    assert OWN.secret_key not in repr(OWN)
    assert OWN.admin_token not in repr(OWN)
    assert json.dumps(OWN.access_key)[1:5] == "AKIA"
