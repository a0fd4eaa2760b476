"""An emulated account and an environment whose file systems nothing has looked at yet."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from rehearsal.aws.server import Handle
from rehearsal.file_systems.contents import Contents
from rehearsal.file_systems.store import Store
from rehearsal.paths import Environment
from tests.accounts import environment_of
from tests.kubernetes.controllers.account import REGION
from tests.kubernetes.controllers.conftest import (  # noqa: F401 - fixtures
    account,
    clients,
    cloud,
    contents,
    served_cloud,
)


@pytest.fixture
def environment(tmp_path, served_cloud: Handle) -> Environment:  # noqa: F811
    """One that other processes can find, too."""
    made = environment_of(served_cloud, tmp_path)
    record = {
        "stack": made.stack,
        "ports": asdict(made.ports),
        "credentials": asdict(made.credentials),
    }
    (tmp_path / "environment.json").write_text(json.dumps(record))
    return made


class Lustre:
    """A linked file system: its bucket, its folder, and what is known of its files."""

    def __init__(self, contents: Contents, environment: Environment, s3, system_id: str) -> None:  # noqa: F811
        self.contents = contents
        self.environment = environment
        self.s3 = s3
        self.id = system_id
        self.store = Store(environment.file_systems, system_id)

    def put(self, key: str, body: bytes, bucket: str = "data") -> None:
        self.s3.put_object(Bucket=bucket, Key=key, Body=body)

    def look(self) -> None:
        self.contents.look(self.id, REGION)

    def mount(self, subpath: str = "", **options):
        return self.contents.mount(self.id, REGION, subpath, **options)

    def state(self, path: str) -> int:
        entry = self.store.entry(path)
        return entry.state((self.store.folder / path).lstat()) if entry else 0


@pytest.fixture
def lustre(account, contents, environment) -> Lustre:  # noqa: F811
    """Linked to s3://data/sets/, which holds three objects, and follows it in everything."""
    account.bucket("data", sets__digits__train=b"1,2", sets__digits__test=b"3,4", sets__note=b"n")
    made = account.lustre(
        ImportPath="s3://data/sets/",
        ExportPath="s3://data/out/",
        AutoImportPolicy="NEW_CHANGED_DELETED",
    )
    return Lustre(contents, environment, account.client("s3"), made["FileSystemId"])
