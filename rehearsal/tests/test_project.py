from pathlib import Path

import pytest

from rehearsal import project
from rehearsal.paths import PROJECT_VARIABLE, RehearsalError


def read(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> project.Settings:
    (folder / "pyproject.toml").write_text(text)
    monkeypatch.setenv(PROJECT_VARIABLE, str(folder))
    return project.settings.__wrapped__()


def test_a_program_without_the_table_or_the_file_has_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read(tmp_path, monkeypatch, "[project]\nname = 'x'\n") == project.Settings()
    (tmp_path / "pyproject.toml").unlink()
    assert project.settings.__wrapped__() == project.Settings()


def test_the_keys_of_the_table_are_written_with_hyphens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read(tmp_path, monkeypatch, '[tool.rehearsal]\nworkload-packages = ["jobs"]\n')
    assert found.workload_packages == ["jobs"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("workload_packages = []", "no key workload_packages. It has workload-packages"),
        ('workload-packages = "jobs"', "workload-packages must be a list of texts, not 'jobs'"),
        ("training-jobs-output = 1", "training-jobs-output must be a text, not 1"),
        ("config = []", "config must be a table"),
        ("config", "is not TOML"),
    ],
)
def test_a_fault_in_the_table_is_named_with_its_file_and_the_rule(
    line: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RehearsalError, match=message) as failed:
        read(tmp_path, monkeypatch, f"[tool.rehearsal]\n{line}\n")
    assert "pyproject.toml" in str(failed.value)
