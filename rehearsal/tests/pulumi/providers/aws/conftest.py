from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.aws import server
from tests.accounts import OWN, VARIABLES
from tests.pulumi.providers.aws.stack import Stack


@pytest.fixture(scope="session", autouse=True)
def cloud() -> Iterator[str]:
    """An emulated AWS, which boto3 finds by its environment."""
    handle = server.start(credentials=OWN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", handle.url)
        for name, value in VARIABLES.items():
            patch.setenv(name, value)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield handle.url
    handle.stop()


@pytest.fixture(scope="session")
def shared() -> Stack:
    """The stack whose boto3 clients all tests use, as they take long to make."""
    return Stack.configured()


@pytest.fixture
def stack(shared: Stack) -> Iterator[Stack]:
    """A stack in us-west-2 whose resources are gone after the test."""
    stack = Stack(shared.provider)
    yield stack
    stack.destroy()


@pytest.fixture
def aws(shared: Stack) -> Any:
    """A boto3 client of a service, to look at (or meddle with) the account directly."""
    return lambda service: shared.provider._clients.get(service, "us-west-2")
