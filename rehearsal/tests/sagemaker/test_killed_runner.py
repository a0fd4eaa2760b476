"""Processes that a killed runner leaves, and their end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from rehearsal.paths import project
from rehearsal.processes import sessions
from rehearsal.sagemaker.runner import Runner
from tests.patience import until
from tests.sagemaker.jobs import Jobs
from tests.sagemaker.test_script_mode import code

RUNNER = """
import sys
from pathlib import Path
from rehearsal.processes import sessions

def work():
    program = "import subprocess, time; subprocess.Popen(['sleep', '600']); time.sleep(600)"
    sessions.Process([sys.executable, "-c", program], {}, Path(sys.argv[1]), print).wait(600)

work()
"""

FOLLOWED = """
    import subprocess, sys
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    sys.exit(f"done with it: {child.pid}.")
"""


def session(leader: int) -> list[int]:
    return list(sessions._in_session(leader))


def test_what_a_killed_runners_program_started_is_ended_by_whoever_comes_next(
    tmp_path: Path,
) -> None:
    runner = subprocess.Popen([sys.executable, "-c", RUNNER, str(tmp_path)], cwd=project())
    pids: list[int] = []
    until(lambda: pids.extend(_pids(tmp_path / "process.json")) or pids)
    until(lambda: len(session(pids[0])) == 2)
    os.kill(runner.pid, signal.SIGKILL)
    runner.wait()
    assert session(pids[0]), "the program's own child is still there"
    sessions.end_left_over(tmp_path)
    assert session(pids[0]) == []


def _pids(note: Path) -> list[int]:
    text = note.read_text() if note.exists() else ""
    return [sessions.json.loads(text)["pid"]] if text else []


def test_a_job_ends_though_what_it_started_lives_on_and_holds_its_output(
    jobs: Jobs, runner: Runner
) -> None:
    jobs.create(hyperparameters=code(jobs, textwrap.dedent(FOLLOWED)))
    reason = jobs.until()["FailureReason"]
    found = re.search(r"done with it: (\d+)", reason)
    assert found, reason
    os.kill(int(found[1]), signal.SIGKILL)  # raises if it were not there any more
