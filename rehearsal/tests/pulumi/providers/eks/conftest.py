from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi.runtime import rpc

from rehearsal.pulumi.providers.eks import server
from tests.patience import PATIENCE
from tests.pulumi.providers.eks.engine import INPUTS, Update, update


@pytest.fixture(scope="module", autouse=True)
def _a_process_of_its_own() -> Iterator[None]:
    """Stands for the server's own process: there the SDK's classes of eks are not imported."""
    before = rpc._RESOURCE_MODULES.pop("eks:index", None)
    yield
    rpc._RESOURCE_MODULES.pop("eks:index", None)
    if before:
        rpc._RESOURCE_MODULES["eks:index"] = before


@pytest.fixture(scope="module")
def port(_a_process_of_its_own: None) -> Iterator[int]:
    """The eks provider server, on an event loop of its own for the tests of a file."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    served, bound = asyncio.run_coroutine_threadsafe(server.start(), loop).result(PATIENCE)
    yield bound
    asyncio.run_coroutine_threadsafe(served.stop(0), loop).result(PATIENCE)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(PATIENCE)
    loop.close()


@pytest.fixture
def up(port: int) -> Iterator[Update]:
    """An update."""
    with update(port) as one:
        yield one


@pytest.fixture
def preview(port: int) -> Iterator[Update]:
    """A preview, in which nothing that AWS computes is known."""
    with update(port) as one:
        one.engine.preview = True
        yield one


@pytest.fixture
def inputs() -> dict[str, Any]:
    """The usual inputs of a cluster, for a test to change."""
    return dict(INPUTS)
