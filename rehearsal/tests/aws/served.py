"""The emulated AWS in a process of its own that can be killed, and a client that keeps creating.

Its processes are forked from one that has imported moto, so that a start takes no second.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.parsers import ResponseParserError
from moto.moto_api._internal import mock_random

from rehearsal.aws import __main__ as cloud
from rehearsal.paths import ENVIRONMENT_VARIABLE, Environment
from tests.patience import PATIENCE, until

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["rehearsal.aws.__main__"])
KILLED = (BotoCoreError, ResponseParserError, KeyError)
"""Errors of a call whose answer does not arrive, or not as a whole."""
TRUST = '{"Version": "2012-10-17", "Statement": []}'


def serve(root: Path) -> None:
    """Be the emulated AWS of an environment, until a signal ends it."""
    os.environ[ENVIRONMENT_VARIABLE] = str(root)
    mock_random.seed(os.urandom(16))  # a forked process would repeat the ids of the one before
    cloud.main()


@contextmanager
def running(environment: Environment) -> Iterator[Any]:
    """Yield a process that serves an environment; kill it in the end."""
    process = _processes.Process(target=serve, args=(environment.root,))
    process.start()

    def ready() -> bool:
        assert process.is_alive(), "it ended before it was ready"
        try:
            url = f"{environment.cloud_url}/rehearsal/ready"
            headers = environment.credentials.admin_headers
            return requests.get(url, headers=headers, timeout=PATIENCE).ok
        except requests.ConnectionError:
            return False

    try:
        until(ready)
        yield process
    finally:
        process.kill()
        process.join()


class Clients:
    """Clients of an environment, one for each service, which try a call once."""

    def __init__(self, environment: Environment) -> None:
        self._made = {
            service: boto3.client(
                service,
                endpoint_url=environment.cloud_url,
                region_name="us-east-1",
                aws_access_key_id=environment.credentials.access_key,
                aws_secret_access_key=environment.credentials.secret_key,
                config=Config(retries={"total_max_attempts": 1}),
            )
            for service in ("ec2", "iam", "s3", "sqs")
        }

    def __getattr__(self, service: str) -> Any:
        return self._made[service]


@dataclass
class Record:
    """Resources whose creation or deletion was answered, by kind."""

    made: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in MAKERS})
    gone: set[str] = field(default_factory=set)
    answers: int = 0
    """Number of answers."""
    lock: threading.Lock = field(default_factory=threading.Lock)


def make_role(aws: Clients, name: str) -> str:
    aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    return name


def make_queue(aws: Clients, name: str) -> str:
    return str(aws.sqs.create_queue(QueueName=name)["QueueUrl"])


def make_object(aws: Clients, name: str) -> str:
    aws.s3.put_object(Bucket="data", Key=name, Body=name.encode() * 1000)
    return name


def make_vpc(aws: Clients, _: str) -> str:
    return str(aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


MAKERS: dict[str, Callable[[Clients, str], str]] = {
    "role": make_role,
    "queue": make_queue,
    "object": make_object,
    "vpc": make_vpc,
}


def found(aws: Clients) -> dict[str, set[str]]:
    """Return the resources of the account by kind."""
    objects = aws.s3.get_paginator("list_objects_v2").paginate(Bucket="data")
    roles = aws.iam.get_paginator("list_roles").paginate()
    return {
        "role": {role["RoleName"] for page in roles for role in page["Roles"]},
        "queue": set(aws.sqs.list_queues().get("QueueUrls", [])),
        "object": {one["Key"] for page in objects for one in page.get("Contents", [])},
        "vpc": {vpc["VpcId"] for vpc in aws.ec2.describe_vpcs()["Vpcs"]},
    }


def create_until_killed(aws: Clients, record: Record, number: int) -> None:
    """Create one resource after the other, and delete some roles, until nothing answers."""
    dice = random.Random(number)
    while True:
        kind = dice.choice([*MAKERS])
        try:
            made = MAKERS[kind](aws, f"{kind}-{dice.getrandbits(48):x}")
            with record.lock:
                record.made[kind].add(made)
                record.answers += 1
            if kind == "role" and dice.random() < 0.3:
                delete(aws, record, made)
        except KILLED:
            return


def delete(aws: Clients, record: Record, role: str) -> None:
    with record.lock:
        record.made["role"].remove(role)  # from now on it may be there or not
    aws.iam.delete_role(RoleName=role)
    with record.lock:
        record.gone.add(role)


def kill_among_calls(process: Any, aws: Clients, record: Record, seed: int) -> None:
    """Kill the process with calls in flight, after a random number of further answers."""
    enough = record.answers + random.Random(seed).randint(1, 12)
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(create_until_killed, aws, record, seed * 10 + n) for n in range(3)]
        until(lambda: record.answers >= enough)
        process.kill()
        for call in calls:
            call.result(PATIENCE)
    process.join()
