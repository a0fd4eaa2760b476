"""A world with an emulated account, a runner that works in it, and jobs to run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.clients import Cloud
from rehearsal.cloud.server import Handle, start
from rehearsal.file_systems.contents import Contents
from rehearsal.places import Ports, World
from rehearsal.sagemaker.run import Means
from rehearsal.sagemaker.runner import Runner
from rehearsal.training_jobs import TrainingJobMoves
from tests.cluster.controllers.account import Account
from tests.patience import PATIENCE
from tests.sagemaker.jobs import Jobs


@pytest.fixture(scope="session")
def served_cloud() -> Iterator[Handle]:
    handle = start()
    yield handle
    handle.stop()


@pytest.fixture(scope="session")
def clients() -> Cloud:
    return Cloud()


@pytest.fixture
def cloud(served_cloud: Handle, clients: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    served_cloud.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", served_cloud.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "rehearsal")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "rehearsal")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return clients


@pytest.fixture
def world(tmp_path: Any, served_cloud: Handle) -> World:
    port = int(served_cloud.url.rpartition(":")[2])
    names = Ports.__dataclass_fields__
    return World("test", tmp_path, Ports(**(dict.fromkeys(names, 1) | {"cloud": port})))


@pytest.fixture
def means(world: World, cloud: Cloud) -> Means:
    contents = Contents(world, cloud)
    return Means(cloud, contents, TrainingJobMoves(world.cloud_url))


@pytest.fixture
def jobs(cloud: Cloud, served_cloud: Handle, means: Means, world: World) -> Jobs:
    return Jobs(Account(served_cloud.url), means.contents, world)


@pytest.fixture
def runner(world: World, means: Means) -> Iterator[Runner]:
    runner, stop = Runner(world, means, wait_seconds=0.5), threading.Event()
    thread = threading.Thread(target=runner.serve, args=(stop,), daemon=True)
    thread.start()
    yield runner
    stop.set()
    runner.end()
    thread.join(PATIENCE)
