"""The files that a person writes: what is wrong with one is a sentence with its file and line."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from rehearsal import project as program
from rehearsal.cli import main
from rehearsal.paths import Environment, RehearsalError
from rehearsal.processes import lifecycle
from rehearsal.pulumi import project_files
from rehearsal.pulumi.language_host.config import filled

ADDED = {"tiny:cluster": {"publicAccessCidrs": ["192.31.196.1/32"]}}
PYPROJECT = """
[tool.rehearsal.config."tiny:cluster"]
publicAccessCidrs = ["192.31.196.1/32"]
"""
COMMANDS = (
    ["up", "--yes", "--skip-preview"],
    ["preview"],
    ["destroy", "--yes", "--skip-preview"],
    ["refresh", "--yes"],
    ["output"],
    ["logs", "digits"],
    ["results"],
    ["report"],
    ["env"],
    ["cloud", "start"],
)
BROKEN = {
    "a list": ("config: [1]", 1, "`config` must be a mapping"),
    "tabs": ("config:\n\taws:region: us-west-2", 2, "indented by spaces"),
    "half a key": (
        "config:\n  aws:region: us-west-2\n  tiny:clus",
        3,
        "could not find expected ':'",
    ),
    "a half key alone": ("conf", 1, "the file must be a mapping"),
    "a text": ("config: aws", 1, "`config` must be a mapping"),
    "not UTF-8": (b"# one\nconfig:\n  a: \xff", 3, "byte 0xff is not UTF-8"),
    "a control character": ("config:\n  a: \x01", 2, "is not allowed"),
    "empty": ("", 1, "the file is empty"),
    "only a comment": ("# later\n", 1, "the file is empty"),
    "a key twice": ("config:\n  a:b: 1\n  a:b: 2", 3, "the key a:b is there twice"),
    "two documents": ("config: {}\n---\nconfig: {}", 2, "but found another document"),
    "a number for a key": ("config:\n  1: 2", 2, "the key 1 of `config` must be a text"),
    "a tag": ("config:\n  a:b: !Ref x", 2, "could not determine a constructor"),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program's folder, and a home beside it."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  aws:region: us-west-2\n")
    monkeypatch.setenv("REHEARSAL_PROJECT", str(folder))
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(lifecycle, "start", lambda *_, **__: pytest.fail("something was started"))
    program.settings.cache_clear()
    yield folder
    program.settings.cache_clear()


def write(file: Path, content: str | bytes) -> None:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_stack_file_is_named_with_its_line(
    project: Path, content: tuple[str | bytes, int, str]
) -> None:
    text, line, words = content
    file = project / "Pulumi.dev.yaml"
    write(file, text)
    with pytest.raises(RehearsalError) as refused:
        project_files.stack_config("dev")
    said = str(refused.value)
    assert said.startswith(f"{file}, line {line}: ")
    assert words in said
    assert "\n" not in said


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one[0])
def test_every_command_refuses_a_broken_stack_file_before_it_starts_anything(
    project: Path, tmp_path: Path, command: list[str]
) -> None:
    write(project / "Pulumi.dev.yaml", "config: [1]")
    done = CliRunner().invoke(main, [*command, "-s", "dev"])
    assert done.exit_code == 1
    assert done.output.startswith(f"Error: {project / 'Pulumi.dev.yaml'}, line 1: ")
    assert done.output.count("\n") == 1
    assert not (tmp_path / "home").exists()


def test_a_directory_or_a_file_that_cannot_be_read_is_a_sentence(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = project / "Pulumi.dev.yaml"
    file.unlink()
    file.mkdir()
    with pytest.raises(RehearsalError, match=r"Pulumi.dev.yaml can't be read: Is a directory"):
        project_files.stack_config("dev")
    monkeypatch.setattr(Path, "read_bytes", lambda _: os.open("/proc/1/nothing", os.O_RDONLY))
    with pytest.raises(RehearsalError, match=r"Pulumi.dev.yaml can't be read: No such file"):
        project_files.stack_config("dev")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("name: tiny", 1, "there is no `runtime`"),
        ("runtime: python", 1, "there is no `name`"),
        ("name: tiny\nruntime: [python]", 2, "`runtime` must be a mapping"),
        ("name: tiny\nruntime:\n  options: 3", 3, "`runtime.options` must be a mapping"),
        ("runtime: python\nname: 3", 2, "`name` must be a text"),
        ("- name", 1, "the file must be a mapping"),
        ("", 1, "the file is empty"),
    ],
)
def test_a_broken_pulumi_yaml_is_named_with_its_line(
    project: Path, text: str, line: int, words: str
) -> None:
    write(project / "Pulumi.yaml", text)
    with pytest.raises(RehearsalError, match=rf"Pulumi.yaml, line {line}: .*{words}"):
        project_files.check_files("dev")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[tool.rehearsal\n", "is not TOML: .*line 1"),
        (b"# \n# \xff", "line 2: byte 0xff is not UTF-8"),
        (b"tool = 3", "tool must be a table, not 3"),
        (b"[tool]\nrehearsal = []", r"rehearsal must be a table, not \[\]"),
        (b"[tool.rehearsal]\ncheck-command = 3", "check-command must be a text, not 3"),
    ],
)
def test_a_broken_pyproject_is_a_sentence(project: Path, text: bytes, words: str) -> None:
    write(project / "pyproject.toml", text)
    with pytest.raises(RehearsalError, match=f"pyproject.toml.*{words}"):
        project_files.check_files("dev")


def test_the_salt_of_an_earlier_update_is_kept_in_the_copy_alone(project: Path) -> None:
    write(project / "pyproject.toml", PYPROJECT)
    users = project_files.stack_file("dev")
    before = users.read_bytes()
    environment = Environment.of("dev")
    copy = project_files.prepare_project(environment) / users.name
    copy.write_text(f"{copy.read_text()}{project_files.SALT}: v1:abc\n")
    project_files.prepare_project(environment)
    found = yaml.safe_load(copy.read_text())
    assert found.pop(project_files.SALT) == "v1:abc"
    assert found == {"config": filled(yaml.safe_load(before)["config"], ADDED)}
    assert users.read_bytes() == before
    assert sorted(one.name for one in copy.parent.iterdir()) == [
        "Pulumi.dev.yaml",
        "Pulumi.yaml",
        "program",
    ]


@pytest.mark.parametrize("half", ["", "encryptionsa", "a: [", "- x"])
def test_a_copy_that_was_half_written_is_written_anew(project: Path, half: str) -> None:
    environment = Environment.of("dev")
    copy = project_files.prepare_project(environment) / "Pulumi.dev.yaml"
    copy.write_text(half)
    project_files.prepare_project(environment)
    assert yaml.safe_load(copy.read_text()) == {"config": {"aws:region": "us-west-2"}}


@pytest.mark.parametrize(
    ("settings", "moved"),
    [
        ({"runtime": "python"}, {"runtime": "python", "main": "program"}),
        (
            {"runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": "venv"}}},
            {
                "runtime": {
                    "name": "python",
                    "options": {"toolchain": "pip", "virtualenv": "PROJECT/venv"},
                },
                "main": "program",
            },
        ),
        (
            {"runtime": {"name": "python"}, "main": "infra/"},
            {"runtime": {"name": "python"}, "main": "program/infra"},
        ),
    ],
)
def test_the_folders_that_a_project_names_are_those_of_the_users(
    project: Path, settings: dict[str, Any], moved: dict[str, Any]
) -> None:
    write(project / "Pulumi.yaml", yaml.safe_dump({"name": "tiny", **settings}))
    copy = project_files.prepare_project(Environment.of("dev")) / "Pulumi.yaml"
    found = copy.read_text().replace(str(project), "PROJECT")
    assert yaml.safe_load(found) == {"name": "tiny", **moved}


def test_a_stack_without_a_file_is_named_with_those_there_are(project: Path) -> None:
    write(project / "Pulumi.prod.yaml", "config: {}")
    with pytest.raises(RehearsalError, match=r"no Pulumi\.nowhere\.yaml.*dev, prod"):
        project_files.stack_file("nowhere")
