"""tools/training_status ends with how a stack's training jobs ended on AWS."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[1] / "tools" / "training_status"
PULUMI = """#!/bin/sh
case "$1" in
config) echo us-west-2 ;;
stack) echo '{"digits": "dev-digits-1", "sparse": "dev-sparse-2"}' ;;
esac
"""


def run(folder: Path, aws: str) -> subprocess.CompletedProcess[str]:
    for name, text in (("pulumi", PULUMI), ("aws", aws)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "INTERVAL": "0"}
    command = [str(TOOL), "dev"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("status", "code"), [("Completed", 0), ("Failed", 1), ("Stopped", 1)])
def test_it_ends_as_the_jobs_ended(status: str, code: int, tmp_path: Path) -> None:
    done = run(tmp_path, f'#!/bin/sh\nprintf "{status}\\tAlgorithmError: no luck\\n"\n')
    assert done.returncode == code
    assert done.stdout.splitlines() == [
        f"digits (dev-digits-1): {status}: AlgorithmError: no luck",
        f"sparse (dev-sparse-2): {status}: AlgorithmError: no luck",
    ]


def test_a_job_that_still_runs_is_waited_for(tmp_path: Path) -> None:
    once = f"test -f {tmp_path}/asked && s=Completed || s=InProgress; touch {tmp_path}/asked"
    done = run(tmp_path, f'#!/bin/sh\n{once}\nprintf "$s\\tTraining\\n"\n')
    assert done.returncode == 0
    assert "InProgress" not in done.stdout


def test_a_job_that_is_not_there_ends_it(tmp_path: Path) -> None:
    done = run(tmp_path, "#!/bin/sh\necho 'no such job' >&2\nexit 254\n")
    assert done.returncode != 0
    assert "no such job" in done.stderr
