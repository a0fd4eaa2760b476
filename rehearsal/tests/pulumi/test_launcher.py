"""Plain `pulumi` in a rehearsal's environment leaves the user's stack files as they are."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from rehearsal import project as program
from rehearsal.cli import main
from rehearsal.paths import binaries
from rehearsal.pulumi import launcher
from rehearsal.tools import build

COPY = ["--config-file", "/copies/Pulumi.dev.yaml"]
THERE = ["--cwd", "/copies"]


@pytest.mark.parametrize(
    ("given", "arranged"),
    [
        ("up --yes", ["up", *COPY, "--yes"]),
        ("-C /x -v 3 up -s dev", ["-C", "/x", "-v", "3", "up", *COPY, "-s", "dev"]),
        ("preview --save-plan p.json", ["preview", *COPY, "--save-plan", "p.json"]),
        ("refresh", ["refresh", *COPY]),
        ("destroy --remove", ["destroy", *COPY, "--remove"]),
        ("config", ["config", *COPY]),
        ("config -s dev get a:b", ["config", *COPY, "-s", "dev", "get", "a:b"]),
        ("config set a:b c", ["config", "set", "a:b", "c"]),
        ("up --config-file mine.yaml", ["up", "--config-file", "mine.yaml"]),
        ("stack", ["stack"]),
        ("stack output bucket", ["stack", "output", "bucket"]),
        ("stack export --file s.json", ["stack", "export", "--file", "s.json"]),
        ("stack select dev --create", ["stack", *THERE, "select", "dev", "--create"]),
        ("-C /x stack rm dev", ["-C", "/x", "stack", *THERE, "rm", "dev"]),
        ("cancel --yes", ["cancel", "--yes"]),
        ("--version", ["--version"]),
        ("", []),
    ],
)
def test_commands_that_read_a_stack_file_read_the_copy(given: str, arranged: list[str]) -> None:
    assert launcher.arranged(given.split(), Path("/copies"), "dev") == arranged


@pytest.mark.parametrize("given", ["-s prod", "--stack prod", "--stack=prod"])
def test_the_stack_is_the_one_of_the_option_or_of_the_environment(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(launcher.STACK_VARIABLE, "dev")
    assert launcher.stack_of(["up", *given.split()]) == "prod"
    assert launcher.stack_of(["up"]) == "dev"


def test_a_command_for_another_program_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, other = tmp_path, tmp_path / "examples" / "other"
    other.mkdir(parents=True)
    for folder in (ours, other):
        (folder / "Pulumi.yaml").write_text("name: x")
    monkeypatch.setenv("REHEARSAL_PROJECT", str(ours))
    monkeypatch.chdir(ours / "examples")
    assert launcher.is_of_the_program(["up"])
    assert not launcher.is_of_the_program(["up", "--cwd", "other"])
    assert not launcher.is_of_the_program(["-C", str(other), "stack", "init"])


Run = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program without resources, in a project of its own with a home of its own."""
    built = binaries().resolve()
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("# mine\nconfig:\n    tiny:greeting: hello\n")
    (folder / "__main__.py").write_text(
        "import pulumi\npulumi.export('greeting', pulumi.Config().require('greeting'))\n"
        "pulumi.export('hush', pulumi.Output.secret('hush'))\n"
    )
    home = tmp_path / "home"
    home.mkdir()
    (home / "bin").symlink_to(built)
    monkeypatch.setenv("REHEARSAL_PROJECT", str(folder))
    monkeypatch.setenv("REHEARSAL_HOME", str(home))
    program.settings.cache_clear()
    yield folder
    program.settings.cache_clear()


@pytest.fixture
def pulumi(folder: Path) -> Run:
    """Run `pulumi` as in a shell with the variables that `rehearsal env` prints."""
    printed = CliRunner().invoke(main, ["env", "-s", "dev"], catch_exceptions=False).output
    environment = {name: value for name, value in os.environ.items() if name != "REHEARSAL_HOME"}

    def run(command: str, ok: bool = True) -> str:
        done = subprocess.run(
            ["bash", "-c", f"{printed}\n{command}"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) == ok, done.stdout + done.stderr
        return done.stdout

    return run


def test_a_broken_stack_file_is_a_sentence_for_plain_pulumi_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(build, "engine", lambda: Path("/bin/echo"))
    printed = CliRunner().invoke(main, ["env", "-s", "dev"], catch_exceptions=False).output
    monkeypatch.chdir(folder)
    said = subprocess.check_output(["bash", "-c", f"{printed}\npulumi up"], text=True)
    copy = tmp_path / "home/environments/dev/project/Pulumi.dev.yaml"
    assert said == f"up --config-file {copy}\n"
    (folder / "Pulumi.dev.yaml").write_text("config: [1]")
    done = subprocess.run(
        ["bash", "-c", f"{printed}\npulumi up"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {folder / 'Pulumi.dev.yaml'}, line 1: ")
    assert done.stderr.count("\n") == 1


def test_the_launcher_is_not_taken_for_a_pulumi_of_the_users(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "home/environments/dev/bin"
    own.mkdir(parents=True)
    for name in ("pulumi", build.LANGUAGE_HOST):
        (own / name).write_text("#!/bin/sh\necho v99.0.0\n")
        (own / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{own}{os.pathsep}/usr/bin{os.pathsep}/bin")
    assert build.users_engine() is None


@pytest.mark.rehearsal
def test_no_command_writes_into_the_users_stack_file(folder: Path, pulumi: Run) -> None:
    file = folder / "Pulumi.dev.yaml"
    before = file.read_bytes()
    for command in (
        "stack select dev --create",
        "config",
        "preview",
        "up --yes --skip-preview",
        "config get greeting",
        "config --show-secrets",
        "stack output --show-secrets",
        "stack export --file state.json",
        "stack import --file state.json",
        "stack history --show-secrets",
        "refresh --yes",
        "cancel --yes",
        "up --yes",
        "destroy --yes",
        "stack rm --yes",
        "stack init dev",
        "preview",
    ):
        pulumi(f"pulumi {command}")
        assert file.read_bytes() == before, command
    names = {"Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py", "state.json"}
    assert {one.name for one in folder.iterdir()} - {"__pycache__"} == names


@pytest.mark.rehearsal
def test_a_config_that_a_person_sets_is_in_their_file_and_counts(folder: Path, pulumi: Run) -> None:
    pulumi("pulumi config set greeting good-day")
    found = yaml.safe_load((folder / "Pulumi.dev.yaml").read_text())
    assert found == {"config": {"tiny:greeting": "good-day"}}
    pulumi("pulumi up --yes --skip-preview")
    assert pulumi("pulumi stack output greeting") == "good-day\n"
    pulumi("pulumi config set --secret password hush")
    pulumi("pulumi up --yes --skip-preview")
    assert pulumi("pulumi config get password") == "hush\n"
