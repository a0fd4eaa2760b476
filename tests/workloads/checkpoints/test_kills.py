"""Kills at random moments: a hundred real processes, ended by SIGKILL, against S3 on loopback.

A fork server that has boto3 imported starts each process in a few milliseconds. A moment is a
random number of requests and a random pause after the last one, so that the moments spread over
the whole life of a process on machines of any speed.
"""

import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.workloads.checkpoints import killed
from workloads.checkpoint_sync import main
from workloads.checkpoints.packing import digest

KILLS = 100
BUCKET = "data"


class Requests(logging.Handler):
    """Counter of the requests that the server answered."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.answered = 0
        self.changed = threading.Condition()

    def emit(self, record: logging.LogRecord) -> None:
        with self.changed:
            self.answered += 1
            self.changed.notify_all()

    def pass_by(self, number: int, patience: float) -> None:
        """Return after the given number of further requests, or after so many seconds."""
        with self.changed:
            wanted = self.answered + number
            self.changed.wait_for(lambda: self.answered >= wanted, timeout=patience)


@pytest.fixture
def requests() -> Iterator[Requests]:
    logger, handler = logging.getLogger("werkzeug"), Requests()
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.fixture
def s3(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


class Trainer(threading.Thread):
    """Thread that writes checkpoints, files and directories, until it is stopped."""

    def __init__(self, directory: Path, requests: Requests) -> None:
        super().__init__(daemon=True)
        self.requests = requests
        self.directory = directory
        self.stopped = threading.Event()
        self.digests: dict[str, str] = {}
        """SHA-256 of every checkpoint that was ever complete, by name."""

    def run(self) -> None:
        step = 0
        while not self.stopped.is_set():
            self.requests.pass_by(random.randrange(1, 6), patience=0.05)
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
    """Checkpoints below a prefix; unchanged objects are read only once."""

    def __init__(self, s3: Any, prefix: str) -> None:
        self.s3 = s3
        self.prefix = prefix
        self._read: dict[tuple[str, str], str] = {}

    def listed(self) -> dict[str, str]:
        """Return the SHA-256 of the content of each checkpoint, by name."""
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
        """Number of different objects seen so far."""
        return len(self._read)


def test_a_hundred_kills_leave_only_whole_checkpoints_and_the_newest_is_restored(
    s3: Any, requests: Requests, tmp_path: Path
) -> None:
    scratch, prefix = tmp_path / "scratch", "run/"
    scratch.mkdir()
    trainer = Trainer(scratch, requests)
    trainer.start()
    location, bucket = f"s3://{BUCKET}/{prefix}", Bucket(s3, prefix)
    arguments = ["follow", str(scratch), location, "--interval", "0.01", "--keep-remote", "4"]
    server = subprocess.Popen(
        [sys.executable, "-m", killed.__name__, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    for number in range(KILLS):
        kill_one(server, requests)
        for name, content in bucket.listed().items():
            assert content == trainer.digests[name], f"{name} is partial after kill {number}"
        if number % 10 == 9:
            assert_restored(bucket, location, trainer, tmp_path / f"new-{number}")
    server.communicate()
    trainer.stopped.set()
    trainer.join()
    assert bucket.copied > KILLS / 4, "the processes lived long enough to copy something"


def kill_one(server: subprocess.Popen[str], requests: Requests) -> None:
    assert server.stdin
    assert server.stdout
    server.stdin.write("\n")
    server.stdin.flush()
    number = int(server.stdout.readline())
    requests.pass_by(int(random.expovariate(1 / 6)), patience=1)
    time.sleep(random.uniform(0, 0.01))
    os.kill(number, signal.SIGKILL)
    assert int(server.stdout.readline()) == signal.SIGKILL, "it had not ended by itself"


def assert_restored(bucket: Bucket, location: str, trainer: Trainer, target: Path) -> None:
    newest = max(bucket.listed(), default=None)
    assert main(["restore", str(target), location]) == 0
    brought = {path.name: digest(path) for path in target.iterdir()}
    assert brought == ({newest: trainer.digests[newest]} if newest else {})
