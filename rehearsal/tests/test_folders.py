"""Modes of an environment's folders and files, whatever the user's umask is."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import CliRunner

from rehearsal import folders, paths
from rehearsal.cli import main
from rehearsal.paths import Environment, Ports
from rehearsal.processes import detached, lifecycle
from tests.patience import until


@pytest.fixture(autouse=True)
def _an_open_handed_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path))
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_keys_of_an_environment_are_random_and_for_its_owner_alone() -> None:
    one, two = Environment.of("one"), Environment.of("two")
    assert Environment.of("one") == one, "they are kept"
    secrets = {*asdict(one.credentials).values(), *asdict(two.credentials).values()}
    assert len(secrets) == 6
    assert mode(one.root / "environment.json") == 0o600
    assert mode(one.root) == mode(one.root.parent) == 0o700
    assert one.aws_environment()["AWS_SECRET_ACCESS_KEY"] == one.credentials.secret_key


def test_folders_that_were_open_are_closed(tmp_path: Path) -> None:
    for name in ("environments", "state"):
        (tmp_path / name).mkdir()
        assert mode(tmp_path / name) == 0o777
    Environment.of("dev")
    assert mode(tmp_path / "environments") == mode(paths.pulumi_state()) == 0o700


def test_an_environment_of_an_earlier_version_gets_keys(tmp_path: Path) -> None:
    root = tmp_path / "environments" / "old"
    root.mkdir(parents=True)
    ports = asdict(Ports.free())
    record = {"stack": "old", "ports": {"gone": 1, "cloud": ports["cloud"]}}
    (root / "environment.json").write_text(json.dumps(record))
    made = Environment.of("old")
    assert made.ports.cloud == ports["cloud"]
    assert made == Environment.of("old")
    assert mode(root / "environment.json") == 0o600
    assert mode(root) == 0o700


def test_a_secret_file_replaces_one_that_was_open(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("old")
    assert mode(file) == 0o666
    folders.write_secret(file, "new")
    assert (file.read_text(), mode(file)) == ("new", 0o600)


def test_a_process_of_an_environment_writes_for_its_owner_alone(tmp_path: Path) -> None:
    made = tmp_path / "made"
    script = f"open({str(made)!r}, 'w').close()"
    command = [sys.executable, "-IS", "-c", script]
    detached.start_detached(tmp_path / "lock", command, tmp_path / "log", {}, tmp_path)
    until(made.exists)
    assert mode(made) == 0o600


def test_the_command_writes_for_its_owner_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    umasks = []
    monkeypatch.setattr(lifecycle, "status", lambda _: umasks.append(os.umask(0)) or [])
    assert CliRunner().invoke(main, ["cloud", "status", "-s", "dev"]).exit_code == 0
    assert umasks == [0o077]
