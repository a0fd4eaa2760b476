"""An environment with an emulated account, a runner that works in it, and jobs to run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.aws.server import Handle, start
from rehearsal.clients.aws import Cloud
from rehearsal.clients.training_status import StatusFeed
from rehearsal.file_systems.contents import Contents
from rehearsal.paths import Environment
from rehearsal.sagemaker.run import Context
from rehearsal.sagemaker.runner import Runner
from tests.accounts import OWN, VARIABLES, environment_of
from tests.kubernetes.controllers.account import Account
from tests.patience import PATIENCE
from tests.sagemaker.jobs import Jobs


@pytest.fixture(scope="session")
def served_cloud() -> Iterator[Handle]:
    handle = start(credentials=OWN)
    yield handle
    handle.stop()


@pytest.fixture(scope="session")
def clients() -> Cloud:
    return Cloud()


@pytest.fixture
def cloud(served_cloud: Handle, clients: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    served_cloud.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", served_cloud.url)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return clients


@pytest.fixture
def environment(tmp_path: Any, served_cloud: Handle) -> Environment:
    return environment_of(served_cloud, tmp_path)


@pytest.fixture
def context(environment: Environment, cloud: Cloud) -> Context:
    contents = Contents(environment, cloud)
    return Context(cloud, contents, StatusFeed(environment))


@pytest.fixture
def jobs(cloud: Cloud, served_cloud: Handle, context: Context, environment: Environment) -> Jobs:
    return Jobs(Account(served_cloud.url), context.contents, environment)


@pytest.fixture
def runner(environment: Environment, context: Context) -> Iterator[Runner]:
    runner, stop = Runner(environment, context, wait_seconds=0.5), threading.Event()
    thread = threading.Thread(target=runner.serve, args=(stop,), daemon=True)
    thread.start()
    yield runner
    stop.set()
    runner.end()
    thread.join(PATIENCE)
