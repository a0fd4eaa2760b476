"""A kill of any process at any moment: one more command converges, nothing is lost or doubled.

Each kill hits one of three operations at a random moment: an update that deploys, one that switches
the storage back end, a destroy. The operation is then run once more and must succeed, the
emulated account must hold exactly what the state lists, and a further update must change nothing.

They take about 90 seconds a kill, so that they run only where KILLS is set; `test_kills` has kills
at chosen moments, which run always.

Environment variables: KILLS is the number of kills of each process, KILL_SEED repeats a run, and
KILL_RESULTS names a file to which a line of JSON is added for each kill.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.stacks.clone import Clone

KILLS = int(os.environ.get("KILLS", "0"))
pytestmark = [
    pytest.mark.rehearsal,
    pytest.mark.skipif(not KILLS, reason="KILLS is not set: about 90 seconds a kill"),
]
SEED = int(os.environ.get("KILL_SEED", time.time()))
STACK = "dev"
PROCESSES: dict[str, tuple[bytes, ...]] = {
    "command": (b"-m\0rehearsal\0up\0", b"-m\0rehearsal\0destroy\0"),  # and so its engine
    "engine": (b"/pulumi\0",),
    "emulated AWS": (b"-m\0rehearsal.aws\0",),
    "API server": (b"/cluster\0kube-apiserver\0",),
    "controllers": (b"-m\0rehearsal.kubernetes.controllers\0",),
}
"""Parts of the command line of each process."""


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    found = Clone.under(tmp_path)
    yield found
    found.rehearsal("cloud", "stop", "-s", STACK)


def kill(clone: Clone, process: str) -> int:
    """Kill a process of this clone's rehearsal; return the number that was killed."""
    killed = 0
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            variables = (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes()
            ours = f"REHEARSAL_HOME={clone.home}\0".encode() in variables
            if ours and any(part in command for part in PROCESSES[process]):
                os.kill(int(folder.name), signal.SIGKILL)
                killed += 1
    return killed


def begin(clone: Clone, operation: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "rehearsal", operation, "-s", STACK, "--yes", "--skip-preview"],
        cwd=clone.root,
        env=os.environ | clone.variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def run(clone: Clone, operation: str, *flags: str) -> str:
    return clone.rehearsal(operation, "-s", STACK, "--yes", "--skip-preview", *flags)


def deploy(clone: Clone) -> str:
    clone.edit(STACK, storage={"backend": "efs"})
    return "up"


def switch(clone: Clone) -> str:
    clone.edit(STACK, storage={"backend": "fsx"})
    return "up"


def destroy(_: Clone) -> str:
    return "destroy"


OPERATIONS: tuple[Callable[[Clone], str], ...] = (deploy, switch, destroy)


@pytest.mark.parametrize("process", PROCESSES)
def test_one_more_command_converges_after_a_kill_at_any_moment(clone: Clone, process: str) -> None:
    print(f"KILL_SEED={SEED}")  # shown with a failure, to repeat it
    moments = random.Random(f"{SEED} {process}")
    seconds = dict.fromkeys(OPERATIONS, 25.0)
    clone.rehearsal("preview", "-s", STACK)  # which starts the processes
    for number in range(KILLS):
        kind = OPERATIONS[number % len(OPERATIONS)]
        operation = kind(clone)
        command = begin(clone, operation)
        moment = moments.uniform(0.5, seconds[kind])
        with contextlib.suppress(subprocess.TimeoutExpired):
            command.wait(moment)
        killed = kill(clone, process)
        command.wait()
        began = time.monotonic()
        said = run(clone, operation)
        seconds[kind] = max(5.0, time.monotonic() - began)
        converged(clone, operation)
        record(process, kind.__name__, moment, killed, said)
    if operation != "destroy":
        run(clone, "destroy")
        converged(clone, "destroy")


def converged(clone: Clone, operation: str) -> None:
    """Assert that the account holds what the state lists, and nothing is left to be done."""
    if operation == "destroy":
        assert clone.inventory(STACK) == {}, "what a killed update made is known to the next"
        assert clone.left_in_the_cluster(STACK) == set()
    else:
        run(clone, "up", "--expect-no-changes")


def record(process: str, operation: str, moment: float, killed: int, said: str) -> None:
    """Add a line about a kill to the file of results, if one is asked for."""
    if file := os.environ.get("KILL_RESULTS"):
        line = {
            "process": process,
            "operation": operation,
            "moment": round(moment, 1),
            "killed": killed,
            "warnings": said.count("warning"),
        }
        with Path(file).open("a") as results:
            results.write(json.dumps(line) + "\n")
