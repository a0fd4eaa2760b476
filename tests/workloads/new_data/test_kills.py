"""Tests that end the command before each of its requests and file changes, and repeat it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.backends import get_backend

from tests.workloads.new_data import killed
from tests.workloads.new_data.bucket import BUCKET, DATASET_PREFIX, INBOX, Data

DATASET = {"train/digits.csv": "0,0\n"}


@pytest.fixture
def services(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    s3, sqs = boto3.client("s3"), boto3.client("sqs")
    for bucket in (BUCKET, INBOX):
        s3.create_bucket(Bucket=bucket)
    return s3, sqs


def visible_again(url: str) -> None:
    """Make messages visible again, as SQS does after the visibility timeout of a killed reader."""
    for regions in get_backend("sqs").values():
        for backend in regions.values():
            for message in backend.get_queue(url.rpartition("/")[2])._messages:
                message.visible_at = 0


@dataclass
class Killer:
    """Client of the fork server."""

    server: subprocess.Popen[str]

    def run(self, data: Data, last: int) -> int:
        """Run the command until it ends before the given step, and return its exit status."""
        assert self.server.stdin
        assert self.server.stdout
        order = [data.arguments(), str(data.cluster.folder), last]
        print(json.dumps(order), file=self.server.stdin, flush=True)
        return int(self.server.stdout.readline())


@pytest.fixture
def killer(services: Any) -> Iterator[Killer]:
    command = [sys.executable, "-m", killed.__name__]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        yield Killer(server)


def test_killed_before_any_step_and_run_again_each_batch_trains_once(
    services: Any, killer: Killer, tmp_path: Path
) -> None:
    before = trained_twice(Data(*services, tmp_path / "before"))
    came = before.put("digits/train/new.csv", "2,2\n")
    steps, status = 0, killed.KILLED
    while status == killed.KILLED:
        folder = shutil.copytree(before.folder, tmp_path / str(steps))
        data = Data(*services, folder, keep=1)
        data.send(came)
        status = killer.run(data, steps)
        assert data.waiting == 1 or len(data.trained) == 3, "no event is lost before its job"
        visible_again(data.url)
        data.run()
        assert len(data.trained) == 3, f"killed before step {steps}"
        assert data.waiting == 0
        new, earlier = sorted(data.batches.iterdir(), key=age)  # the first one is gone, and drafts
        assert data.contents(new.name) == {**DATASET, "train/new.csv": "2,2\n"}
        assert data.contents(earlier.name) == {**DATASET, "train/new.csv": "1,1\n"}
        steps += 1
    assert status == 0
    assert steps > 20, "there were steps to be killed before"


def age(batch: Path) -> int:
    return -batch.stat().st_mtime_ns


def trained_twice(data: Data) -> Data:
    """Create two finished batches; the next one links to their files and removes one of them."""
    data.put(f"{DATASET_PREFIX}train/digits.csv", DATASET["train/digits.csv"], BUCKET)
    for number in range(2):
        data.come_in("train/new.csv", f"{number},1\n")
        data.run()
        for name in data.cluster.jobs():
            data.cluster.say(name, trainingJobStatus="Completed")
    return data
