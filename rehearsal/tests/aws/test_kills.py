"""A killed cloud: whatever was answered is there when it is started again."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import requests

from rehearsal.paths import Environment, project
from tests.aws.served import Clients, Record, found, kill_among_calls, make_role, running
from tests.patience import PATIENCE

KILLS = 20


@pytest.fixture
def environment(tmp_path, monkeypatch) -> Environment:
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path))
    made = Environment.of("dev")
    monkeypatch.setenv("REHEARSAL_ENVIRONMENT", str(made.root))
    return made


def test_after_each_of_twenty_kills_everything_that_was_answered_is_there(environment):
    aws, record = Clients(environment), Record()
    with running(environment):
        aws.s3.create_bucket(Bucket="data")
    for seed in range(KILLS):
        with running(environment) as process:
            there = found(aws)
            missing = {kind: record.made[kind] - there[kind] for kind in there}
            assert not any(missing.values()), f"after kill {seed}"
            assert not record.gone & there["role"], f"back after kill {seed}"
            kill_among_calls(process, aws, record, seed)
    with running(environment):
        for key in record.made["object"]:
            body = aws.s3.get_object(Bucket="data", Key=key)["Body"].read()
            assert body == key.encode() * 1000
    assert all(record.made.values()), "each kind was made"
    assert record.gone


def test_a_process_that_is_asked_to_end_ends_well_and_one_with_a_damaged_file_tells(environment):
    with running(environment) as process:
        make_role(Clients(environment), "reader")
        process.terminate()
        process.join(PATIENCE)
        assert process.exitcode == 0
    half = environment.account.read_bytes()[: environment.account.stat().st_size // 2]
    environment.account.write_bytes(half)
    command = [sys.executable, "-m", "rehearsal.aws"]
    ended = subprocess.run(
        command, cwd=project(), env=os.environ, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"The emulated account in {environment.account} can't be read")
    assert "delete it to begin with an empty account" in ended.stderr
    with pytest.raises(requests.ConnectionError):
        requests.get(environment.cloud_url, timeout=PATIENCE)
