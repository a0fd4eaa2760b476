import errno
import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner
from pulumi import automation

from rehearsal.cli import faults, main, results, updates
from rehearsal.faults import active, files, seeds
from rehearsal.paths import Environment, RehearsalError
from rehearsal.pulumi.engine import Deployment, StackError


class Interrupted(automation.CommandError):
    """Error of the Automation API when the engine was ended by a signal."""

    def __init__(self) -> None:
        Exception.__init__(self, "code: -2\nstdout: \nstderr: ")


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(updates.lifecycle, "save", lambda _: None)
    return Environment.of("dev")


@pytest.mark.parametrize("interrupted", [True, False])
def test_only_a_ctrl_c_is_told_as_a_cancellation_and_not_as_a_failure(
    environment: Environment, capsys: pytest.CaptureFixture[str], interrupted: bool
) -> None:
    command = SimpleNamespace(interrupted=False)

    def up(**_: Any) -> None:
        command.interrupted = interrupted
        raise Interrupted

    deployment = cast(Deployment, SimpleNamespace(environment=environment, command=command))
    with pytest.raises(SystemExit if interrupted else automation.CommandError) as ended:
        updates.run(deployment, up)
    said = capsys.readouterr().err
    assert ("the next update goes on" in said) is interrupted
    assert "stderr" not in said
    if interrupted:
        assert cast(SystemExit, ended.value).code == 130, "shells know a Ctrl-C by it"


def test_results_take_the_names_of_the_stacks_file_and_tell_which_there_are(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = {"jobs": automation.OutputValue({"digits": "dev-digits-1a2b"}, secret=False)}
    asked: list[str] = []

    def await_jobs(_: Environment, __: str, names: list[str], *___: Any) -> list[Any]:
        asked.extend(names)
        if "nix" in names:
            said = {"Error": {"Code": "ValidationException", "Message": "Resource not found."}}
            raise ClientError(said, "DescribeTrainingJob")
        return []

    monkeypatch.setattr(results, "await_jobs", await_jobs)
    monkeypatch.setattr(results.lifecycle, "start", lambda *_, **__: None)
    stack = SimpleNamespace(outputs=lambda: outputs)
    deployment = cast(Deployment, SimpleNamespace(environment=environment, stack=stack))
    results.outcomes(deployment, ["digits", "dev-digits-3c4d"])
    assert asked == ["dev-digits-1a2b", "dev-digits-3c4d"]
    with pytest.raises(StackError, match=r"nix: Resource not found\..* are: dev-digits-1a2b"):
        results.outcomes(deployment, ["nix"])


@pytest.mark.parametrize("arguments", [[], ["bucket"], ["--json"]])
def test_the_output_of_a_stack_that_is_not_deployed_is_not_an_empty_success(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    undeployed = SimpleNamespace(environment=environment, stack=SimpleNamespace(outputs=dict))
    monkeypatch.setattr(results, "Deployment", lambda _: undeployed)
    done = CliRunner().invoke(results.output, ["--stack", "dev", *arguments])
    assert done.exit_code != 0
    assert isinstance(done.exception, StackError)
    assert "stack dev is not deployed: `python -m rehearsal up -s dev`" in str(done.exception)


def test_wrong_faults_are_refused_before_anything_is_started(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text("faults: [{kind: none-such}]")
    monkeypatch.setattr(updates, "opened", lambda _: pytest.fail("it was started"))
    for command in updates.COMMANDS:
        done = CliRunner().invoke(command, ["--stack", "dev", "--faults", str(file)])
        assert isinstance(done.exception, RehearsalError)
        assert "faults[0].kind" in str(done.exception)


def test_a_command_with_a_seed_tells_its_faults_how_to_replay_them_and_what_was_injected(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def opened(_: str, **__: Any) -> Any:
        active.follow(environment)
        for one in seeds.drawn(3).faults:
            active.applied(one.kind, one.service, one.call, "a/b")
        raise StackError("it failed")

    monkeypatch.setattr(faults, "environment_of", lambda _: environment)
    monkeypatch.setattr(updates, "opened", opened)
    done = CliRunner().invoke(updates.preview, ["--stack", "dev", "--faults", "3"])
    active.follow(None)
    assert isinstance(done.exception, StackError)
    said = capsys.readouterr().err + done.output
    file = environment.root / "faults" / "seed-3.yaml"
    assert f"--faults {os.path.relpath(file)}" in said
    assert files.read(file) == seeds.drawn(3)
    told = said.partition("faults injected:")[2]
    assert seeds.drawn(3).faults[0].kind in told
    assert not active.are_active()


def test_a_full_disk_is_a_sentence_with_the_folder_and_the_remedy(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: str) -> Environment:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(results, "environment_of", full)
    done = CliRunner().invoke(main, ["output"])
    home = environment.root.parents[1]
    assert done.exit_code == 1
    assert done.output.startswith(f"Error: {home}: No space left on device. Free some space")


def test_the_second_ctrl_c_is_passed_on_too(capsys: pytest.CaptureFixture[str]) -> None:
    class Command:
        interrupted = 0

        def interrupt(self) -> None:
            self.interrupted += 1

    command = Command()
    deployment = cast(Deployment, SimpleNamespace(command=command))
    with updates.interruptible(deployment):
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)
    assert command.interrupted == 2
    assert capsys.readouterr().err == f"{updates.IN_ORDER}\n{updates.AT_ONCE}\n"
