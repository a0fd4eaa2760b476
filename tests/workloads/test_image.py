"""Tests of the workload image: its packages, and how it is pushed."""

import ast
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[2]
WORKLOADS = PROJECT / "workloads"
AT_HOME_ONLY = {"sklearn", "polars"}
"""Packages that only `workloads.dataset` needs, which runs on the user's own machine."""


def locked() -> set[str]:
    """Return the packages of the image; tests/test_locks.py tests their versions."""
    lock = (WORKLOADS / "requirements.txt").read_text()
    return {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}


def imported() -> set[str]:
    """Return the third-party modules that the workloads import."""
    names: set[str] = set()
    for path in WORKLOADS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
    tops = {name.partition(".")[0] for name in names}
    return tops - set(sys.stdlib_module_names) - {"workloads"} - AT_HOME_ONLY


def test_the_image_has_every_module_that_is_imported() -> None:
    providers = metadata.packages_distributions()
    for module in imported():
        names = {canonicalize_name(name) for name in providers[module]}
        assert names & locked(), f"{module} is imported and not in the image"


def test_the_image_is_nobody_s_root_and_its_base_is_one_release() -> None:
    lines = (WORKLOADS / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER")] == ["USER 1000:1000"]
    (base,) = (line for line in lines if line.startswith("ARG BASE="))
    assert re.search(r":2023\.\d+\.\d{8}\.\d+$", base)


AWS = """#!/bin/sh
echo "aws $AWS_REGION $*" >> "$CALLS"
case "$1 $2" in
    "ecr describe-repositories") test -e "$CALLS.repository" && cat "$CALLS.repository" ;;
    "ecr create-repository") echo 1.dkr.ecr.nowhere.amazonaws.com/name | tee "$CALLS.repository" ;;
    "ecr describe-images") grep -qs "$(echo "$*" | sed 's/.*imageTag=//')" "$CALLS.pushed" ;;
    "ecr get-login-password") echo secret ;;
esac
"""

# The real one takes seconds to import Pulumi.
PYTHON = """#!/bin/sh
case "$*" in
    "-m components.pods.image --repository") echo repository-of-the-program ;;
    "-m components.pods.image --tag") echo tag-of-the-program ;;
    *) exit 1 ;;
esac
"""

DOCKER = """#!/bin/sh
echo "docker $*" >> "$CALLS"
case $1 in
    login) grep -q secret ;;
    buildx)
        case $2 in
            inspect) test -e "$CALLS.builder" ;;
            create) touch "$CALLS.builder" ;;
            build)
                test ! -e "$CALLS.broken" || exit 1
                for one in "$@"; do case $one in *:*) echo "$one" >> "$CALLS.pushed" ;; esac; done
                ;;
        esac
        ;;
esac
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put programs named aws and docker first on the PATH, and return the file of their calls."""
    for name, text in (("aws", AWS), ("docker", DOCKER), ("python-of-tests", PYTHON)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHON", "python-of-tests")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    return tmp_path / "calls"


def push() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROJECT / "tools" / "push_image", "nowhere"], capture_output=True, text=True, check=False
    )


def test_exactly_the_image_that_the_program_expects_is_pushed_once(calls: Path) -> None:
    address = "1.dkr.ecr.nowhere.amazonaws.com/name:tag-of-the-program"
    first = push()
    assert first.returncode == 0, first.stderr
    said = calls.read_text().splitlines()
    both = "--platform linux/amd64,linux/arm64"
    assert said[-1].startswith("docker buildx build")
    assert said[-1].endswith(f"{both} --tag {address} --push workloads")
    assert sum("buildx create" in line for line in said) == 1
    assert all(line.startswith("aws nowhere ecr") for line in said if line.startswith("aws"))
    created = next(line for line in said if "create-repository" in line)
    assert "--repository-name repository-of-the-program " in created
    calls.unlink()
    assert push().stdout == f"{address} is there\n"
    assert "docker" not in calls.read_text()


def test_nothing_is_pushed_of_a_build_that_failed(calls: Path) -> None:
    Path(f"{calls}.broken").touch()
    assert push().returncode != 0
    assert not Path(f"{calls}.pushed").exists()
