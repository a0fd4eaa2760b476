"""The command that checks a stack file: no engine and no account."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings.__main__ import main
from tests.settings.configs import Changes, changed
from tests.settings.test_pattern_rules import distributed

PROJECT = "eks-ml-storage"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
    for variable in ("AWS_ACCESS_KEY_ID", "PULUMI_BACKEND_URL"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def stack_file(project: Path, changes: Changes, **more: Any) -> str:
    """Write a valid config with changes as a stack file."""
    own = {f"{PROJECT}:{key}": value for key, value in changed(changes).items()}
    file = project / "Pulumi.test.yaml"
    file.write_text(yaml.safe_dump({"config": {"aws:region": "us-west-2", **own, **more}}))
    return str(file)


def test_a_file_without_errors_passes_in_silence(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([stack_file(project, {})]) == 0
    assert capsys.readouterr() == ("", "")


def test_all_errors_are_reported_at_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = stack_file(project, {"storage.backend": "nfs", "network.cidr": "10.0.0.0/8"})
    assert main([file]) == 1
    said = capsys.readouterr().err
    assert "The config of stack test has 2 errors" in said
    assert f"{PROJECT}:storage.backend" in said
    assert f"{PROJECT}:network.cidr" in said


def test_rules_that_need_the_account_are_left_out(project: Path) -> None:
    assert main([stack_file(project, {"network.zones": ["us-west-2x", "us-west-2y"]})]) == 0


def test_a_rule_about_what_the_last_update_decided_is_left_out(project: Path) -> None:
    """The file system of a deployed stack stays in its zone when another becomes the first."""
    changes = {**distributed(), "nodeGroups.cpu.zones": ["us-west-2b"]}
    assert main([stack_file(project, changes)]) == 0
    assert main([stack_file(project, {**changes, "storage.fsx.zone": "us-west-2a"})]) == 1


def test_a_section_with_a_secret_is_not_checked_and_the_others_are(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = {"tags": {"Name": {"secure": "v1:x:y"}}, "storage.backend": "nfs"}
    assert main([stack_file(project, changes)]) == 1
    said = capsys.readouterr().err
    assert "storage.backend" in said
    assert f"{PROJECT}:tags" not in said


def test_a_key_without_a_namespace_is_the_projects_own(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([stack_file(project, {}, protect=3)]) == 1
    assert f"{PROJECT}:protect" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["config: [1]", "config:\n\t- 1", "", "half", b"\xff"])
def test_a_broken_file_is_one_sentence(
    project: Path, capsys: pytest.CaptureFixture[str], text: str | bytes
) -> None:
    file = project / "Pulumi.test.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert main([str(file)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(str(file))
    assert said.count("\n") == 1


def test_it_is_a_command_that_imports_no_provider(project: Path) -> None:
    code = (
        "import sys; from settings.__main__ import main; status = main(sys.argv[1:]); "
        "assert not {'pulumi_aws', 'pulumi_kubernetes', 'boto3'} & {*sys.modules}; sys.exit(status)"
    )
    command = [sys.executable, "-c", code, stack_file(project, {})]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2])
