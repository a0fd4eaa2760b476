"""Each provider server as a process, as an environment starts it."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from rehearsal.paths import Environment
from rehearsal.processes import services
from rehearsal.processes.services import SERVICES

NAMES = ("aws", "kubernetes", "eks")
LONG = 60.0
"""Seconds until a process counts as one that never does it; far more than it takes."""


@pytest.mark.parametrize("name", NAMES)
def test_an_idle_provider_server_ends_on_an_interrupt(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path))
    environment = Environment.of("dev")
    service = next(one for one in SERVICES if one.name == name)
    env = services.variables(environment)
    process = subprocess.Popen(service.command, env=env, start_new_session=True)
    try:
        ends = time.monotonic() + LONG
        while not service.ready(environment):
            assert process.poll() is None
            assert time.monotonic() < ends
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(LONG) == 0
    finally:
        process.kill()
        process.wait()
