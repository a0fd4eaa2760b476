import json
import os
from pathlib import Path

import pytest

from workloads import directories

MINE = f"{os.geteuid()}:{os.getegid()}"


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """Record changes of owner instead of making them, which needs root."""
    given: list[tuple[str, int, int]] = []
    monkeypatch.setattr(os, "chown", lambda path, *owner: given.append((str(path), *owner)))
    return given


def refuse(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_directories_are_made_with_those_above_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = [tmp_path / "models", tmp_path / "a" / "b"]
    assert directories.main([*map(str, wanted), "--owner", MINE]) == 0
    assert all(each.is_dir() for each in wanted)
    word, _, facts = capsys.readouterr().out.splitlines()[-1].partition(" ")
    assert (word, json.loads(facts)["directories"]) == ("summary", [*map(str, wanted)])


def test_what_belongs_to_another_is_handed_over_for_its_group_too(
    tmp_path: Path, handed_over: list[tuple[str, int, int]]
) -> None:
    models = tmp_path / "models"
    assert directories.main([str(models), "--owner", "4242:4243"]) == 0
    assert handed_over == [(str(models), 4242, 4243)]
    assert models.stat().st_mode & 0o777 == 0o775


def test_a_run_that_was_killed_is_made_good_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    owner = list(MINE.split(":"))

    def chown(path: Path, user: int, group: int) -> None:
        assert path.stat().st_mode & 0o777 == 0o775, "what has its owner is taken for done"
        raise Killed

    monkeypatch.setattr(os, "chown", chown)
    with pytest.raises(Killed):
        directories.main([str(tmp_path / "models"), "--owner", f"1{owner[0]}:1{owner[1]}"])


def test_what_has_its_owner_already_is_left_alone(
    tmp_path: Path, handed_over: list[tuple[str, int, int]]
) -> None:
    tmp_path.chmod(0o700)
    assert directories.main([str(tmp_path), "--owner", MINE]) == 0
    assert handed_over == []
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_where_everybody_is_one_user_nothing_has_to_be_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "chown", refuse)
    assert directories.main([str(tmp_path / "models"), "--owner", "4242:4242"]) == 0


def test_a_directory_that_cannot_be_handed_over_nor_written_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "chown", refuse)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert directories.main([str(tmp_path), "--owner", "4242:4242"]) == os.EX_NOPERM
    assert "Run as root" in capsys.readouterr().err


def test_where_nothing_is_mounted_the_fault_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert directories.main([str(tmp_path / "file" / "models"), "--owner", MINE]) == os.EX_NOINPUT
    assert "Mount the shared volume" in capsys.readouterr().err


@pytest.mark.parametrize("owner", ["1000", "root:root", "1000:", ""])
def test_an_owner_is_two_numbers(owner: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        directories.main([str(tmp_path), "--owner", owner])
    assert ended.value.code == os.EX_USAGE
