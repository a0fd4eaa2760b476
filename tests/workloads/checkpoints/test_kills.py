"""Killed at random moments: a hundred real processes, ended by SIGKILL, against an S3 on loopback.

A fork server that has boto3 imported makes each process in a few milliseconds.
"""

import multiprocessing
import random
import signal
import threading
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.workloads.checkpoints import killed
from workloads.checkpoint_sync import main
from workloads.checkpoints.packing import digest

KILLS = 100
BUCKET = "data"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(credentials: None, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


class Trainer(threading.Thread):
    """Makes checkpoints as a trainer does, files and directories, until it is stopped."""

    def __init__(self, directory: Path) -> None:
        super().__init__(daemon=True)
        self.directory = directory
        self.stopped = threading.Event()
        self.digests: dict[str, str] = {}
        """SHA-256 of each checkpoint that was ever complete."""

    def run(self) -> None:
        step = 0
        while not self.stopped.wait(random.uniform(0.005, 0.06)):
            step += 1
            self.make(f"checkpoint-{step:08}", directory=step % 3 == 0)

    def make(self, name: str, *, directory: bool) -> None:
        draft = self.directory / f"{name}.partial"
        content = random.randbytes(random.choice([10, 1000, 300_000]))
        if directory:
            draft.mkdir()
            (draft / "model").write_bytes(content)
            (draft / "state").write_bytes(content[:7])
        else:
            draft.write_bytes(content)
        self.digests[name] = digest(draft)
        draft.rename(self.directory / name)


class Bucket:
    """What the bucket lists below a prefix; an object that did not change is read once."""

    def __init__(self, s3: Any, prefix: str) -> None:
        self.s3 = s3
        self.prefix = prefix
        self._read: dict[tuple[str, str], str] = {}

    def listed(self) -> dict[str, str]:
        """Each checkpoint by name, and the SHA-256 of what its object holds."""
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=self.prefix).get("Contents", [])
        return {
            entry["Key"].removeprefix(self.prefix).removesuffix(".tar"): self._digest(entry)
            for entry in found
        }

    def _digest(self, entry: dict[str, Any]) -> str:
        version = (entry["Key"], entry["ETag"])
        if version not in self._read:
            body = self.s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
            self._read[version] = sha256(body).hexdigest()
        return self._read[version]

    @property
    def copied(self) -> int:
        """How many objects there ever were."""
        return len(self._read)


def test_a_hundred_kills_leave_only_whole_checkpoints_and_the_newest_is_restored(
    s3: Any, endpoint: str, tmp_path: Path
) -> None:
    scratch, prefix = tmp_path / "scratch", "run/"
    scratch.mkdir()
    trainer = Trainer(scratch)
    trainer.start()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([killed.__name__])
    location, bucket = f"s3://{BUCKET}/{prefix}", Bucket(s3, prefix)
    arguments = ["follow", str(scratch), location, "--interval", "0", "--keep-remote", "4"]
    for number in range(KILLS):
        kill_one(context.Process(target=killed.run, args=(arguments, endpoint)))
        for name, content in bucket.listed().items():
            assert content == trainer.digests[name], f"{name} is partial after kill {number}"
        if number % 10 == 9:
            assert_restored(bucket, location, trainer, tmp_path / f"new-{number}")
    trainer.stopped.set()
    trainer.join()
    assert bucket.copied > KILLS / 4, "the processes lived long enough to copy something"


def kill_one(process: Any) -> None:
    process.start()
    time.sleep(random.uniform(0, 0.1))
    process.kill()
    process.join(10)
    assert process.exitcode == -signal.SIGKILL, "it had not ended by itself"
    process.close()


def assert_restored(bucket: Bucket, location: str, trainer: Trainer, target: Path) -> None:
    newest = max(bucket.listed(), default=None)
    assert main(["restore", str(target), location]) == 0
    brought = {path.name: digest(path) for path in target.iterdir()}
    assert brought == ({newest: trainer.digests[newest]} if newest else {})
