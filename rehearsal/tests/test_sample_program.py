"""The sample program, deployed as a user would deploy it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.paths import HOME_VARIABLE, PROJECT_VARIABLE, binaries, project

pytestmark = pytest.mark.rehearsal


class Stack:
    """Stack dev of the sample program, with files in a home of its own."""

    def __init__(self, home: Path) -> None:
        self.variables = {**os.environ, HOME_VARIABLE: str(home)}
        del self.variables[PROJECT_VARIABLE]

    def run(self, *words: str, exit_status: int = 0) -> str:
        """Return what a command prints."""
        ran = subprocess.run(
            [sys.executable, "-m", "rehearsal", *words, "--stack", "dev"],
            cwd=project(),
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert ran.returncode == exit_status, ran.stdout
        return ran.stdout


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("home")
    (home / "bin").symlink_to(binaries())
    stack = Stack(home)
    yield stack
    stack.run("cloud", "stop")


def test_a_program_goes_up_is_as_it_was_the_second_time_and_leaves_nothing(stack: Stack) -> None:
    files = {file: file.read_bytes() for file in project().glob("Pulumi*")}
    stack.run("up", "--yes", "--skip-preview")
    outputs = json.loads(stack.run("output", "--json"))
    assert outputs["bucket"].startswith("data-")
    assert outputs["cluster"] == {"version": "1.36", "publicAccessCidrs": ["192.31.196.1/32"]}
    assert "create" not in stack.run("preview")
    stack.run("destroy", "--yes", "--skip-preview")
    assert "stack dev is not deployed" in stack.run("output", exit_status=1)
    assert {file: file.read_bytes() for file in project().glob("Pulumi*")} == files
