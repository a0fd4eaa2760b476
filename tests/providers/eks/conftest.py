from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.providers.eks import server
from tests.providers.eks.engine import INPUTS, Update, update


@pytest.fixture(scope="session")
def port() -> Iterator[int]:
    """The eks provider server, on an event loop of its own for all tests."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    served, bound = asyncio.run_coroutine_threadsafe(server.start(), loop).result(30)
    yield bound
    asyncio.run_coroutine_threadsafe(served.stop(0), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30)
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
