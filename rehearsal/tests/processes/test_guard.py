"""A temporary rehearsal ends with the process that made it, however that one ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.paths import HOME_VARIABLE
from rehearsal.processes import guard, sessions
from tests.patience import PATIENCE, until

# Makes a temporary home, with a detached process, a command, and a container's process in it.
OWNER = f"""
import os, subprocess, sys, time
from pathlib import Path
from rehearsal.paths import Environment
from rehearsal.processes import detached, guard, sessions
with guard.temporary_home() as home:
    os.environ["{HOME_VARIABLE}"] = str(home)
    environment = Environment.of("dev")
    sleep = [sys.executable, "-S", "-c", "import time; time.sleep(3600)"]
    lock = environment.root / "run" / "cloud.lock"
    detached.start_detached(lock, sleep, home / "log", os.environ, home)
    command = subprocess.Popen(sleep, start_new_session=True)
    container = sessions.Process(sleep, {{}}, environment.training_jobs / "digits", print)
    note = environment.training_jobs / "digits" / sessions.NOTE
    pid = note.read_text().split(":")[1].split(",")[0].strip()
    print(home, detached.holder(lock), command.pid, pid, flush=True)
    if sys.argv[1] == "wait":
        time.sleep(3600)
"""


def runs(pid: int) -> bool:
    return sessions.started(pid) is not None and "Z" not in sessions._stat(pid)[:1]


def owner(how: str) -> tuple["subprocess.Popen[str]", Path, list[int]]:
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, how], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    home, *pids = process.stdout.readline().split()
    return process, Path(home), [int(pid) for pid in pids]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_runs_and_no_file_is_left_once_the_owner_is_ended(number: signal.Signals) -> None:
    process, home, pids = owner("wait")
    assert all(map(runs, pids))
    process.send_signal(number)
    process.communicate(timeout=PATIENCE)
    until(lambda: not any(map(runs, pids)))
    until(lambda: not home.exists())


def test_all_is_ended_by_the_time_that_the_owner_goes_on() -> None:
    process, home, pids = owner("go on")
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert not any(map(runs, pids))
    assert not home.exists()


def test_the_files_of_a_test_are_kept(tmp_path: Path) -> None:
    guardian = guard.start_guard(tmp_path, keep=True)
    command = subprocess.Popen(
        [sys.executable, "-S", "-c", "import time; time.sleep(3600)"],
        env=os.environ | {HOME_VARIABLE: str(tmp_path)},
    )
    until(Path(f"/proc/{command.pid}/environ").read_bytes)
    guardian.communicate()
    assert command.wait(PATIENCE) == -signal.SIGKILL
    assert tmp_path.exists()


def test_a_home_below_the_folder_is_ended_and_one_beside_it_is_not(tmp_path: Path) -> None:
    begun = {}
    for name in ("tests/a/home", "tests-of-another"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        begun[name] = subprocess.Popen(
            [sys.executable, "-S", "-c", "import time; time.sleep(3600)"],
            env=os.environ | {HOME_VARIABLE: str(folder)},
        )
        until(Path(f"/proc/{begun[name].pid}/environ").read_bytes)
    guard.start_guard(tmp_path / "tests", keep=True).communicate()
    assert begun["tests/a/home"].wait(PATIENCE) == -signal.SIGKILL
    other = begun["tests-of-another"]
    assert other.poll() is None
    other.kill()
    other.wait(PATIENCE)
