"""Tests of the shared modules: errors, signals, atomic files, counters."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.patience import PATIENCE
from workloads import errors, files, parallel
from workloads.arguments import Parser, add_workers_option, seconds
from workloads.files import atomic_write, list_files, remove
from workloads.parallel import for_each
from workloads.summary import Progress, format_bytes


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, os.EX_IOERR),
        (errno.EDQUOT, os.EX_IOERR),
        (errno.EROFS, os.EX_NOPERM),
        (errno.ENOENT, os.EX_NOINPUT),
        (errno.ESTALE, os.EX_TEMPFAIL),
        (errno.EMLINK, os.EX_SOFTWARE),
    ],
)
def test_the_system_s_errors_have_an_exit_code_and_a_sentence(
    number: int, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        raise OSError(number, os.strerror(number), "/mnt/a")

    assert errors.run(work) == code
    assert capsys.readouterr().err.startswith(f"error: /mnt/a: {os.strerror(number)}")


def test_what_nobody_foresaw_keeps_its_traceback() -> None:
    def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        errors.run(work)


def test_sigterm_ends_a_process_at_once_whatever_its_threads_do() -> None:
    program = (
        "import time; from workloads import errors, parallel\n"
        "def wait(_): print('begun', flush=True); time.sleep(60)\n"
        "errors.run(lambda: parallel.for_each(wait, [1], workers=1))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as output:
        assert output.readline() == "begun\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM


def test_a_wrong_command_line_is_hopeless(capsys: pytest.CaptureFixture[str]) -> None:
    parser = Parser("consume", None)
    add_workers_option(parser)
    for wrong in (["--workers", "0"], ["--worker", "x"], ["more"]):
        with pytest.raises(SystemExit) as ended:
            parser.parse_args(wrong)
        assert ended.value.code in errors.NON_RETRYABLE_EXIT_CODES
        assert "error: " in capsys.readouterr().err


@pytest.mark.parametrize("text", ["-1", "nan", "inf"])
def test_a_time_is_a_number_of_seconds(text: str) -> None:
    with pytest.raises(Exception, match="is not a number of seconds"):
        seconds(text)


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")

    def die() -> None:
        with atomic_write(target) as stream:
            stream.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        die()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert target.read_bytes() == b"old"
    with atomic_write(target) as stream:
        stream.write(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"


def test_two_that_write_the_same_file_wait_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, begun, waits = tmp_path / "a", Event(), Event()
    said: list[str] = []
    monkeypatch.setattr(files, "say", lambda text: (said.append(text), waits.set()))

    def write_slowly() -> None:
        with atomic_write(target) as stream:
            begun.set()
            stream.write(b"slow " * 100_000)
            assert waits.wait(PATIENCE)
            stream.write(b"end")

    with ThreadPoolExecutor() as pool:
        slow = pool.submit(write_slowly)
        assert begun.wait(PATIENCE)
        with atomic_write(target) as stream:
            assert target.read_bytes() == b"slow " * 100_000 + b"end"
            stream.write(b"fast")
        slow.result()
    assert target.read_bytes() == b"fast"
    assert said == [f"waiting for another process that has locked {tmp_path / '.a.part'}"]


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_a_file_system_without_locks_is_written_to_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with atomic_write(tmp_path / "a") as stream:
        stream.write(b"1")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_removing_what_has_gone_is_no_error(tmp_path: Path) -> None:
    remove(tmp_path / "no")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a").touch()
    remove(tmp_path / "d")
    assert list(tmp_path.iterdir()) == []


def test_drafts_are_no_data(tmp_path: Path) -> None:
    for name in ("b", "a", ".draft", "c.part", "d.partial"):
        (tmp_path / name).touch()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "e").touch()
    assert [path.name for path in list_files(tmp_path)] == ["a", "b"]


def test_the_first_failure_leaves_undone_what_had_not_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed, later = Event(), []

    def work(number: int) -> None:
        if number == 3:
            raise RuntimeError(str(number))
        if failed.is_set():
            later.append(number)

    class Noted(Event):
        def set(self) -> None:
            super().set()
            failed.set()

    monkeypatch.setattr(parallel, "Event", Noted)
    with pytest.raises(RuntimeError, match="3"):
        for_each(work, range(10_000_000), workers=2)
    assert len(later) <= 1, "only what had begun goes on"


def test_things_are_taken_when_their_turn_comes() -> None:
    taken = []

    def things() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    waiting: list[int] = []
    for_each(lambda number: waiting.append(len(taken) - number), things(), workers=4)
    assert len(waiting) == 1000, "all were worked on"
    assert max(waiting) < 100, "a million things that wait must not fill the memory"


def test_progress_is_said_at_most_once_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    progress = Progress("download", files=400, size=4000, clock=lambda: now[0])
    for _ in range(400):
        now[0] += 0.01
        progress.add(files=1, size=10)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) in {3, 4}
    assert lines[0].startswith("download: 100 of 400 files, 1000 B of 3.9 KiB, ")


@given(st.integers(0, 2**60))
def test_a_size_is_readable(size: int) -> None:
    number, unit = format_bytes(size).split()
    factor = 1024 ** ["B", "KiB", "MiB", "GiB", "TiB"].index(unit)
    assert abs(float(number) * factor - size) <= factor * 0.06
