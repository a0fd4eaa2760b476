"""Measure what it costs to save the emulated account with every change."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys
from rehearsal.aws import (
    backends,
    extension,
    offerings,  # noqa: F401 - before the rest brings moto's EC2 in
)
from rehearsal.aws.application import Application
from rehearsal.aws.snapshot import Account
from rehearsal.credentials import Credentials
from werkzeug.test import Client

TRUST = '{"Version": "2012-10-17", "Statement": []}'
Call = Callable[[Client], None]
OWN = Credentials.random()
KEYS = Keys(OWN.access_key, OWN.secret_key)
HOST, REGION = "localhost:80", "us-east-1"
_numbers = count()


@dataclass(frozen=True)
class Cost:
    """CPU time of one kind of call, in milliseconds, without and with saving."""

    call: str
    unsaved: float
    saved: float

    @property
    def ratio(self) -> float:
        """Time with saving over time without."""
        return self.saved / self.unsaved


def _call(client: Client, service: str, method: str, path: str, body: bytes) -> None:
    """Make a signed call, which must succeed."""
    request = AWSRequest(method, f"http://{HOST}{path}", {"Host": HOST}, body)
    if service != "s3":
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(KEYS, service, REGION).add_auth(request)
    answer = client.open(path, method=method, data=body, headers=dict(request.headers.items()))
    assert answer.status_code == 200, answer.text


def _query(client: Client, service: str, **form: str) -> None:
    _call(client, service, "POST", "/", urlencode(form).encode())


def create_role(client: Client) -> None:
    """Create a role of IAM."""
    name = f"role-{next(_numbers)}"
    _query(client, "iam", Action="CreateRole", RoleName=name, AssumeRolePolicyDocument=TRUST)


def create_vpc(client: Client) -> None:
    """Create a VPC."""
    _query(client, "ec2", Action="CreateVpc", CidrBlock="10.0.0.0/16")


def create_queue(client: Client) -> None:
    """Create a queue of SQS."""
    _query(client, "sqs", Action="CreateQueue", QueueName=f"queue-{next(_numbers)}")


def put_object(client: Client) -> None:
    """Put an object of 10 KB into the bucket."""
    _call(client, "s3", "PUT", f"/data/object-{next(_numbers)}", b"x" * 10_000)


def describe_vpcs(client: Client) -> None:
    """Describe a VPC, which changes nothing."""
    _query(client, "ec2", Action="DescribeVpcs", MaxResults="5")


CALLS: dict[str, Call] = {
    "iam CreateRole": create_role,
    "ec2 CreateVpc": create_vpc,
    "sqs CreateQueue": create_queue,
    "s3 PutObject": put_object,
    "ec2 DescribeVpcs": describe_vpcs,
}


@contextmanager
def account(*, saved: bool) -> Iterator[Client]:
    """Yield a client of an account with an empty bucket."""
    extension.install()
    backends.clear()
    with tempfile.TemporaryDirectory() as folder:
        file = Account(Path(folder) / "account.sqlite") if saved else None
        client = Client(Application(file, OWN))
        _call(client, "s3", "PUT", "/data", b"")
        yield client
        if file:
            file.close()
    backends.clear()


def cpu_of(call: Call, calls: int, before: int, *, saved: bool) -> float:
    """Return the CPU time of a call in ms, in an account where it was made before."""
    with account(saved=saved) as client:
        for _ in range(before):
            call(client)
        began = time.process_time()
        for _ in range(calls):
            call(client)
        return 1000 * (time.process_time() - began) / calls


def costs(before: int, calls: int = 50) -> list[Cost]:
    """Measure each kind of call, in an account where it was made a number of times before."""
    return [
        Cost(
            name,
            cpu_of(call, calls, before, saved=False),
            cpu_of(call, calls, before, saved=True),
        )
        for name, call in CALLS.items()
    ]
