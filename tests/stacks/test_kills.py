"""A kill at any moment loses nothing and leaves nothing unknown."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stacks.clone import Clone

pytestmark = pytest.mark.rehearsal

KILLS = 4
LONGEST = 25.0
"""Seconds into an update; on two cores one of dev takes about that."""


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    found = Clone.under(tmp_path)
    yield found
    found.rehearsal("cloud", "stop", "-s", "dev")


def kill_the_engine(clone: Clone) -> None:
    """Kill the engine and what it started, as a machine that loses its power does."""
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            inside = str((folder / "cwd").readlink()).startswith(str(clone.home.parent))
            command = (folder / "cmdline").read_bytes()
            if inside and (b"/pulumi\0" in command or b"language_host" in command):
                os.kill(int(folder.name), signal.SIGKILL)


def test_an_update_killed_at_any_moment_is_taken_up_by_the_next_and_nothing_is_orphaned(
    clone: Clone,
) -> None:
    seed = int(os.environ.get("KILL_SEED", time.time()))
    print(f"KILL_SEED={seed}")  # shown with a failure, to repeat it
    moments = random.Random(seed)
    clone.rehearsal("cloud", "start", "-s", "dev")
    clone.rehearsal("preview", "-s", "dev")  # which makes the stack

    for _ in range(KILLS):
        update = subprocess.Popen(
            [sys.executable, "-m", "rehearsal", "up", "-s", "dev", "--yes", "--skip-preview"],
            cwd=clone.root,
            env=os.environ | clone.variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            update.wait(moments.uniform(1.0, LONGEST))
        update.kill()  # of the command alone, which takes its engine with it, or of both
        if moments.random() < 0.5:
            kill_the_engine(clone)
        update.wait()

    said = clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview")
    assert said.count("removed the lock of an update that was killed") <= 1
    clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview", "--expect-no-changes")
    clone.rehearsal("destroy", "-s", "dev", "--yes", "--skip-preview")
    assert clone.inventory("dev") == {}, "what a killed update made is known to the next"
    assert clone.left_in_the_cluster("dev") == set()
