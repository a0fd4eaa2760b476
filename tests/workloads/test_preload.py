"""Tests with a program `lfs` that behaves as Lustre's: bytes arrive some time after a request."""

import json
import os
from pathlib import Path

import pytest

from workloads import lustre, preload
from workloads.errors import UnavailableError
from workloads.preload import main

LFS = """#!/bin/sh
# A file is released while FILE.released is there; a request makes FILE.coming, which two questions
# later is done.
command=$1; shift
echo "$command $#" >> "$LFS_STATE/calls"
for file in "$@"; do
    mark="$LFS_STATE/$(basename "$file")"
    case $command in
        getname) test -e "$LFS_STATE/lustre" || exit 19; echo "fsx-client $file" ;;
        hsm_state)
            if test -e "$mark.released"
            then echo "$file: (0x0000000d) released exists archived, archive_id:1"
            elif test -e "$mark.plain"; then echo "$file: (0x00000000)"
            else echo "$file: (0x00000009) exists archived, archive_id:1"; fi ;;
        hsm_restore)
            test ! -e "$LFS_STATE/denied" || { echo "lfs: Operation not permitted" >&2; exit 1; }
            test ! -e "$mark.released" || echo 2 > "$mark.coming" ;;
        hsm_action)
            if test "$(cat "$mark.coming" 2>/dev/null)" = 2
            then echo 1 > "$mark.coming"; echo "$file: RESTORE waiting (from 0 to EOF)"
            elif test -e "$mark.coming"
            then rm "$mark.coming"; test -e "$mark.lost" || rm "$mark.released"
                echo "$file: RESTORE running (5242880 bytes moved)"
            else echo "$file: NOOP"; fi ;;
    esac
done
"""


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the program `lfs` on the PATH, and return the directory of its state."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "lfs"
    program.write_text(LFS)
    program.chmod(0o755)
    state = tmp_path / "state"
    state.mkdir()
    (state / "lustre").touch()
    monkeypatch.setenv("LFS_STATE", str(state))
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(preload, "POLL_SECONDS", (0, 0))
    return state


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data set: one"
    folder.mkdir()
    for number in range(7):
        (folder / f"file {number}").write_bytes(bytes(10))
    return folder


def release(state: Path, *numbers: int) -> None:
    for number in numbers:
        (state / f"file {number}.released").touch()


def summary_of(output: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(output.splitlines()[-1].removeprefix("summary "))
    return found


@pytest.mark.parametrize("seconds", [0.15, 0.35, 0.75, 1.6, 3.2, 60.0])
def test_a_batch_is_noticed_soon_after_it_is_here(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed: list[float] = []
    busy = {Path("train.csv")}
    lustre = "workloads.preload.lustre.in_progress"
    monkeypatch.setattr(lustre, lambda _: busy if sum(passed) < seconds else set())
    monkeypatch.setattr("workloads.preload.time.sleep", passed.append)
    preload.wait_until_idle(busy)
    assert sum(passed) - seconds <= min(0.1 + 0.5 * seconds, 2.0)


def test_only_released_files_are_restored_in_batches(
    state: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release(state, 0, 2, 3, 4, 6)
    (state / "file 1.plain").touch()
    assert main([str(data), "--batch", "2", "--workers", "2"]) == 0
    assert not list(state.glob("*.released")), "it returns when the bytes are here"
    found = summary_of(capsys.readouterr().out)
    assert (found["method"], found["files"], found["bytes"]) == ("lustre", 5, 50)
    assert found["already_there"] == 2
    asked = [line for line in (state / "calls").read_text().splitlines() if "restore" in line]
    assert sorted(asked) == ["hsm_restore 1", "hsm_restore 2", "hsm_restore 2"]


def test_links_are_left_out_for_lustre_refuses_them(
    state: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "link").symlink_to("file 0")
    release(state, 0)
    (state / "link.released").touch()
    assert main([str(data), "--workers", "1"]) == 0
    assert summary_of(capsys.readouterr().out)["files"] == 1
    assert (state / "link.released").exists()


def test_a_second_run_asks_for_nothing(
    state: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(data)]) == 0
    assert summary_of(capsys.readouterr().out)["already_there"] == 7
    assert "hsm_restore" not in (state / "calls").read_text()


def test_a_file_that_stays_released_is_named(
    state: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release(state, 0, 3)
    (state / "file 3.lost").touch()
    assert main([str(data)]) == 75
    said = capsys.readouterr().err
    assert "file 3 and 0 more stay released after 3 requests. Check that their objects" in said


def test_a_user_that_may_not_ask_is_told(
    state: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release(state, 0)
    (state / "denied").touch()
    assert main([str(data)]) == 77
    assert "Operation not permitted. Run it as a user with permission" in capsys.readouterr().err


def test_elsewhere_the_files_are_read(
    state: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (state / "lustre").unlink()
    assert main([str(data)]) == 0
    found = summary_of(capsys.readouterr().out)
    assert (found["method"], found["bytes"], found["files"]) == ("read", 70, 7)


def test_without_the_program_the_files_are_read(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main([str(data)]) == 0
    assert summary_of(capsys.readouterr().out)["method"] == "read"


def test_an_answer_of_another_form_is_an_error_and_no_guess(
    state: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (state.parent / "bin" / "lfs").write_text("#!/bin/sh\necho hello\n")
    with pytest.raises(UnavailableError, match="lfs hsm_state printed an unknown line: 'hello'"):
        lustre.released([data / "file 0"])


def test_silence_about_a_file_is_an_error(state: Path, data: Path) -> None:
    (state.parent / "bin" / "lfs").write_text("#!/bin/sh\n")
    with pytest.raises(UnavailableError, match="lfs hsm_action printed no line for"):
        lustre.in_progress([data / "file 0"])


def test_a_missing_mount_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "no")]) == 66
    assert "Mount the shared volume" in capsys.readouterr().err
