"""One emulated account for each test process, emptied before each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.retries import standard

from rehearsal.aws import server
from rehearsal.paths import Environment
from tests import injection
from tests.accounts import CLIENT, OWN
from tests.aws.account import Account

REGION = "us-west-2"
Injected = Callable[..., Any]
"""Function that injects one fault, with a kind and its keys, in a `with` block."""


@pytest.fixture(scope="session")
def running() -> Iterator[server.Handle]:
    handle = server.start(credentials=OWN)
    yield handle
    handle.stop()


@pytest.fixture(scope="session")
def clients(running: server.Handle) -> Callable[[str], Any]:
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = boto3.client(
                service,
                endpoint_url=running.url,
                region_name=REGION,
                **CLIENT,
                config=Config(retries={"total_max_attempts": 1}),
            )
        return made[service]

    return client


@pytest.fixture
def cloud(running: server.Handle) -> server.Handle:
    running.reset()
    return running


@pytest.fixture
def aws(cloud: server.Handle, clients: Callable[[str], Any]) -> Account:
    return Account(clients)


@pytest.fixture
def refused() -> Callable[..., Any]:
    """Return whether a call is refused with a code, for a reason that names something."""

    def check(code: str, call: Callable[..., Any], naming: str = "", **arguments: Any) -> None:
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        error = caught.value.response["Error"]
        assert error["Code"] == code, error
        assert naming in error["Message"]

    return check


@pytest.fixture
def injected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Injected:
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path / "home"))
    # The pauses of an SDK are not waited for here.
    monkeypatch.setattr(standard.ExponentialBackoff, "delay_amount", lambda *_: 0.0)
    return partial(injection.injected, Environment.of("dev"))
