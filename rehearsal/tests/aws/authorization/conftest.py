"""A role, its policies, and clients that call as a session of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

from rehearsal.aws import server
from tests.aws.account import Account

REGION = "us-west-2"


def statement(*actions: str, on: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Role:
    """A role that pods have, with one inline policy, and the sessions of it."""

    def __init__(self, aws: Account, url: str) -> None:
        self._aws, self._url = aws, url
        self.arn = aws.role("reader", "pods.eks.amazonaws.com")

    def may(self, *statements: dict[str, Any]) -> None:
        self._aws.iam.put_role_policy(
            RoleName="reader", PolicyName="inline", PolicyDocument=document(*statements)
        )

    def session(self, **settings: Any) -> dict[str, str]:
        answer = self._aws.sts.assume_role(RoleArn=self.arn, RoleSessionName="pod", **settings)
        keys: dict[str, str] = answer["Credentials"]
        return keys

    def client(self, service: str, signature_version: str | None = None, **settings: Any) -> Any:
        keys = self.session(**settings)
        return boto3.client(
            service,
            endpoint_url=self._url,
            region_name=REGION,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}, signature_version=signature_version),
        )


@pytest.fixture
def role(aws: Account, running: server.Handle) -> Role:
    return Role(aws, running.url)


@pytest.fixture
def bucket(aws: Account) -> str:
    name = aws.bucket("data")
    for key in ("in/a", "in/b", "out/c"):
        aws.s3.put_object(Bucket=name, Key=key, Body=b"content")
    return name


@pytest.fixture
def denied(refused: Callable[..., None]) -> Callable[..., None]:
    """Return whether a call is refused because no policy allows an action on a resource."""

    def check(call: Callable[..., Any], action: str, on: str, **arguments: Any) -> None:
        naming = (
            "User: arn:aws:sts::123456789012:assumed-role/reader/pod is not authorized to "
            f"perform: {action} on resource: {on} because no identity-based policy allows the "
            f"{action} action"
        )
        refused("AccessDenied", call, naming, **arguments)

    return check
