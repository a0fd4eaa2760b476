"""Fixtures of the controllers' tests: an emulated account, empty for each test, and a cluster."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.aws.server import Handle, start
from rehearsal.clients.aws import Cloud
from rehearsal.file_systems.contents import Contents
from rehearsal.kubernetes import kwok
from rehearsal.kubernetes.controllers.drivers import REGION_LABEL
from rehearsal.paths import Environment
from tests.accounts import OWN, VARIABLES, environment_of
from tests.kubernetes.controllers.account import REGION, Account
from tests.kubernetes.controllers.fake_kube import FakeKube


@pytest.fixture(scope="session")
def served_cloud() -> Iterator[Handle]:
    handle = start(credentials=OWN)
    yield handle
    handle.stop()


@pytest.fixture
def account(served_cloud: Handle, monkeypatch: pytest.MonkeyPatch) -> Account:
    served_cloud.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", served_cloud.url)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    return Account(served_cloud.url)


@pytest.fixture(scope="session")
def clients() -> Cloud:
    return Cloud()


@pytest.fixture
def cloud(account: Account, clients: Cloud) -> Cloud:
    return clients  # each client is made when first asked for, in the account's environment


@pytest.fixture
def kube() -> FakeKube:
    kube = FakeKube()
    labels = {REGION_LABEL: REGION}
    managed = {kwok.MANAGED_ANNOTATION: kwok.MANAGED_VALUE}
    metadata = {"name": "node-1", "labels": labels, "annotations": managed}
    status = {"addresses": [{"type": "InternalIP", "address": "10.0.0.9"}]}
    kube.put("Node", "", "node-1", metadata=metadata, spec={}, status=status)
    return kube


@pytest.fixture
def environment(tmp_path, served_cloud: Handle) -> Environment:
    return environment_of(served_cloud, tmp_path)


@pytest.fixture
def contents(environment: Environment, cloud: Cloud) -> Contents:
    return Contents(environment, cloud)
