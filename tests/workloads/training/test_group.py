import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from xgboost.core import XGBoostError

from tests.patience import PATIENCE
from tests.workloads.training.conftest import Channels, Training
from tests.workloads.training.test_train import rounds_of
from workloads.errors import UnavailableError
from workloads.training.channel_reader import read_channel
from workloads.training.group import WorkerGroup, start_tracker, wait_for_leader
from workloads.training.table import Shard

Process = subprocess.Popen[str]


@pytest.fixture
def free_port() -> Callable[[], int]:
    def find() -> int:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            return int(listener.getsockname()[1])

    return find


@pytest.fixture
def group(
    training: Training, image: dict[str, str], free_port: Callable[[], int]
) -> Iterator["Workers"]:
    workers = Workers(training, image, free_port())
    yield workers
    for process in workers.processes:
        process.kill()
        process.communicate()


class Workers:
    """Processes that train one model together, as the pods of an indexed Job do."""

    def __init__(self, training: Training, environment: dict[str, str], port: int) -> None:
        self.training = training
        self.environment = environment
        self.port = port
        self.processes: list[Process] = []

    def start(self, index: int, *more: object, rounds: int = 6) -> Process:
        told = ["--workers", 2, "--tracker-port", self.port, "--patience", 30]
        process = subprocess.Popen(
            [sys.executable, "-m", "workloads.train",
             *self.training.arguments(*told, *more, rounds=rounds)],
            env={**self.environment, "JOB_COMPLETION_INDEX": str(index)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.processes.append(process)
        return process


def wait_for(process: Process, line: str) -> None:
    assert process.stdout
    for said in process.stdout:
        if said.startswith(line):
            return


def test_two_workers_make_one_model(group: Workers) -> None:
    follower, leader = group.start(1, rounds=10), group.start(0, rounds=10)
    told = [process.communicate(timeout=PATIENCE) for process in (leader, follower)]
    assert [leader.returncode, follower.returncode] == [0, 0], told
    first, second = (json.loads(out.splitlines()[-1].partition(" ")[2]) for out, _ in told)
    assert first["accuracy"] == second["accuracy"] > 0.93, "both measure all of the data"
    assert first["metrics"] == second["metrics"]
    assert "[9]#011" in told[0][0]
    assert "[9]#011" not in told[1][0], "one of them reports"
    assert rounds_of(group.training.model) == 10


def survived(group: Workers, killed: int) -> str:
    """Kill one worker during the training, and return the error output of the other."""
    workers = [group.start(index, "--checkpoint-every", 1, rounds=5000) for index in (0, 1)]
    wait_for(workers[0], "[3]")
    workers[killed].send_signal(signal.SIGKILL)
    began = time.monotonic()
    _, error = workers[1 - killed].communicate(timeout=PATIENCE)
    assert time.monotonic() - began < 30, "the wait for an answer was not sat out"
    assert workers[1 - killed].returncode == os.EX_TEMPFAIL, "another try may go through"
    assert not group.training.model.exists()
    return error


def test_when_the_leader_is_killed_the_other_ends_with_an_error(group: Workers) -> None:
    assert "worker 1 of 2 lost the others: one of them failed or never started" in survived(
        group, 0
    )


def test_when_a_follower_is_killed_all_go_on_from_the_leaders_checkpoint(
    group: Workers, free_port: Callable[[], int]
) -> None:
    assert "worker 0 of 2 lost the others: one of them failed or never started" in survived(
        group, 1
    )
    done = int(max(path.name for path in group.training.checkpoints.iterdir()).rpartition("-")[2])
    group.port = free_port()
    again = [group.start(index, rounds=done + 2) for index in (0, 1)]
    told = [process.communicate(timeout=PATIENCE) for process in again]
    assert [process.returncode for process in again] == [0, 0], told
    assert f"resuming from a checkpoint of {done} rounds" in told[0][0]
    assert rounds_of(group.training.model) == done + 2


def test_what_is_wrong_with_one_workers_data_all_of_them_say(
    group: Workers, tmp_path: Path
) -> None:
    spoilt = tmp_path / "spoilt"
    spoilt.mkdir()
    (spoilt / "a.csv").write_text("1,2\n3,red\n")
    workers = [group.start(0), group.start(1, "--train", spoilt)]
    told = [process.communicate(timeout=PATIENCE) for process in workers]
    assert [process.returncode for process in workers] == [os.EX_DATAERR, os.EX_DATAERR]
    for _, error in told:
        assert "a.csv: line 2 holds 'red'" in error
    assert "worker 1: " in told[0][1], "the others say whose data it is"


def test_a_worker_that_never_comes_is_not_waited_for_forever(group: Workers) -> None:
    leader = group.start(0, "--patience", 1)
    _, error = leader.communicate(timeout=PATIENCE)
    assert leader.returncode == os.EX_TEMPFAIL, error


def test_a_leader_that_never_comes_is_not_waited_for_forever(free_port: Callable[[], int]) -> None:
    with pytest.raises(UnavailableError, match=r"does not answer .* headless Service"):
        wait_for_leader(WorkerGroup(workers=2, index=1, port=free_port(), timeout=0))


def test_a_port_that_an_earlier_try_holds_is_waited_for(free_port: Callable[[], int]) -> None:
    leader = WorkerGroup(workers=2, port=free_port(), timeout=20)
    earlier = socket.create_server(("127.0.0.1", leader.port))
    timer = threading.Timer(0.5, earlier.close)
    timer.start()
    tracker = start_tracker(leader, "127.0.0.1")
    timer.join()
    assert tracker.worker_args()["dmlc_tracker_port"] == leader.port
    with pytest.raises(XGBoostError):
        tracker.free()  # which complains that no worker came


@pytest.mark.parametrize("files", [1, 2, 5])
def test_workers_share_the_rows_between_them(digits: Channels, tmp_path: Path, files: int) -> None:
    rows = (digits.train / "part.csv").read_text().splitlines(keepends=True)
    for number in range(files):
        (tmp_path / f"{number}.csv").write_text("".join(rows[number::files]))
    parts = [read_channel(tmp_path, "text/csv", Shard(index, 2)) for index in (0, 1)]
    pairs = [pair for part in parts for pair in zip(part.labels, part.features, strict=True)]
    seen = [(label, *cells) for label, cells in pairs]
    expected = [tuple(map(float, row.split(","))) for row in rows]
    assert sorted(seen) == sorted(expected), "each row is read once"
