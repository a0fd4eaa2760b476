"""The program's own check of a stack file runs before anything is started."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from rehearsal import project as program
from rehearsal.cli import main, updates
from rehearsal.processes import lifecycle

CHECK = """
import sys
from pathlib import Path
text = Path(sys.argv[1]).read_text()
if "nfs" in text:
    print("storage: must be fsx or efs")
    print("remedy:  set fsx", file=sys.stderr)
    sys.exit(1)
if "192.31.196.1/32" not in text:
    sys.exit("what a rehearsal adds is not there")
"""
PYPROJECT = """
[tool.rehearsal]
check-command = "checks"
config = { "tiny:address" = "192.31.196.1/32" }
"""


class StartedError(Exception):
    """Something was started."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def start(*_: object, **__: object) -> None:
        raise StartedError

    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    (folder / "checks.py").write_text(CHECK)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    monkeypatch.setenv("REHEARSAL_PROJECT", str(folder))
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(lifecycle, "start", start)
    monkeypatch.setattr(updates, "clear_locks", lambda *_: None)
    program.settings.cache_clear()
    yield folder
    program.settings.cache_clear()


@pytest.mark.parametrize("command", [["up", "--yes"], ["preview"]])
def test_a_config_with_an_error_is_refused_before_anything_is_started(
    project: Path, command: list[str]
) -> None:
    (project / "Pulumi.dev.yaml").write_text("config:\n  tiny:storage: nfs\n")
    done = CliRunner().invoke(main, [*command, "-s", "dev"])
    assert done.exit_code == 1
    assert done.output == "Error: storage: must be fsx or efs\nremedy:  set fsx\n"


@pytest.mark.parametrize("command", [["up", "--yes"], ["preview"]])
def test_the_check_sees_what_a_rehearsal_adds_and_the_command_goes_on(
    project: Path, command: list[str]
) -> None:
    (project / "Pulumi.dev.yaml").write_text("config: {}\n")
    done = CliRunner().invoke(main, [*command, "-s", "dev"])
    assert isinstance(done.exception, StartedError)


@pytest.mark.parametrize("command", ["destroy", "refresh"])
def test_a_stack_can_be_destroyed_whatever_its_config_says(project: Path, command: str) -> None:
    (project / "Pulumi.dev.yaml").write_text("config:\n  tiny:storage: nfs\n")
    done = CliRunner().invoke(main, [command, "--yes", "-s", "dev"])
    assert isinstance(done.exception, StartedError)


def test_a_program_without_a_check_is_not_checked(project: Path) -> None:
    (project / "pyproject.toml").unlink()
    (project / "Pulumi.dev.yaml").write_text("config:\n  tiny:storage: nfs\n")
    done = CliRunner().invoke(main, ["up", "--yes", "-s", "dev"])
    assert isinstance(done.exception, StartedError)
