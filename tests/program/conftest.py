"""The shipped stacks, each deployed once for all the tests that look at it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.mocks import Deployment, deploy_stack

Deploy = Callable[..., Deployment]


def prefix(deployment: Deployment) -> str:
    """The prefix of the digits in the data bucket, which tells their content."""
    key: str = deployment.one(":BucketObjectv2", "data-digits-train").inputs["key"]
    return key.removesuffix("/train/train.csv")


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Deploy:
    """Deploys a shipped stack, with settings changed by their paths, on a dataset of two lines."""
    folder = tmp_path_factory.mktemp("digits")
    files = {channel: folder / f"{channel}.csv" for channel in ("train", "validation")}
    files["train"].write_text("7,0,16,8\n3,1,15,9\n")
    files["validation"].write_text("7,0,15,8\n3,2,15,9\n")
    digits = {channel: str(path) for channel, path in files.items()}

    done: dict[str, Deployment] = {}

    def deploy(stack: str, changes: dict[str, Any] | None = None) -> Deployment:
        key = json.dumps([stack, changes])
        if key not in done:
            overrides = {"datasets": {"digits": {"files": digits}}, **(changes or {})}
            done[key] = deploy_stack(stack, overrides)
        return done[key]

    return deploy


@pytest.fixture(scope="session")
def dev(deployed: Deploy) -> Deployment:
    """The dev stack: EFS."""
    return deployed("dev")


@pytest.fixture(scope="session")
def prod(deployed: Deploy) -> Deployment:
    """The prod stack: FSx for Lustre linked to S3, protected."""
    return deployed("prod")


@pytest.fixture(scope="session")
def patterns(deployed: Deploy) -> Deployment:
    """The stack of the three patterns of storage."""
    return deployed("patterns")


@pytest.fixture(params=["dev", "prod", "patterns"])
def stack(request: pytest.FixtureRequest) -> Deployment:
    """Each of the shipped stacks."""
    deployment: Deployment = request.getfixturevalue(request.param)
    return deployment
