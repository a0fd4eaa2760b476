"""Locks of the file back end: a dead engine's is removed, a living one's is respected."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rehearsal.paths import Environment, RehearsalError, pulumi_state
from rehearsal.pulumi import back_end
from rehearsal.pulumi.command import OWNER_VARIABLE
from tests.patience import PATIENCE, until

Start = Callable[..., int]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    (tmp_path / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    monkeypatch.setenv("REHEARSAL_PROJECT", str(tmp_path))
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path / "home"))
    return Environment.of("dev")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a process of a name that sleeps; it is a `sleep` of another name."""
    begun = []

    def started(name: str = "pulumi", **variables: str) -> int:
        program = tmp_path / name
        if not program.exists():
            program.symlink_to(shutil.which("sleep") or "")
        begun.append(subprocess.Popen([program, "3600"], env=os.environ | variables))
        pid = begun[-1].pid
        until(Path(f"/proc/{pid}/environ").read_bytes)  # empty until the kernel has replaced it
        return pid

    yield started
    for one in begun:
        one.kill()
        one.wait(PATIENCE)


def lock(pid: int, host: str | None = None, text: str | None = None) -> Path:
    """Write a lock as the engine does."""
    folder = pulumi_state() / ".pulumi/locks/organization/tiny/dev"
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "pid": pid,
        "username": "root",
        "hostname": host or socket.gethostname(),
        "timestamp": "2026-11-29T21:00:00.123456789Z",
    }
    file = folder / "0a1b.json"
    file.write_text(json.dumps(content) if text is None else text)
    file.with_name(f"{file.name}.attrs").write_text("{}")
    return file


def dead() -> int:
    """Return the id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait(PATIENCE)
    return process.pid


def test_the_lock_of_a_dead_engine_is_removed_and_told_once(environment: Environment) -> None:
    pid, said = dead(), []
    file = lock(pid)
    back_end.clear_locks(environment, said.append)
    assert list(file.parent.iterdir()) == []
    assert said == [f"removed the lock of an update that was killed (pid {pid})"]
    back_end.clear_locks(environment, said.append)
    assert len(said) == 1


def test_another_program_that_has_the_id_by_now_holds_no_lock(
    environment: Environment, start: Start
) -> None:
    file = lock(start("editor"))
    back_end.clear_locks(environment, lambda _: None)
    assert not file.exists()


@pytest.mark.parametrize("text", ["", '{"pid": '])
def test_a_lock_that_was_half_written_is_removed(environment: Environment, text: str) -> None:
    file = lock(1, text=text)
    back_end.clear_locks(environment, lambda _: None)
    assert not file.exists()


def test_a_second_update_is_refused_with_the_process_of_the_first(
    environment: Environment, start: Start
) -> None:
    pid = start()
    file = lock(pid)
    with pytest.raises(RehearsalError, match=f"stack dev: another update runs .pid {pid}, since "):
        back_end.clear_locks(environment, lambda _: None)
    assert file.exists()


def test_an_update_whose_command_runs_is_refused_too(
    environment: Environment, start: Start
) -> None:
    lock(start(**{OWNER_VARIABLE: str(os.getpid())}))
    with pytest.raises(RehearsalError, match="another update runs"):
        back_end.clear_locks(environment, lambda _: None)


def test_the_lock_of_another_machine_is_left_and_named(environment: Environment) -> None:
    file = lock(1, "elsewhere")
    with pytest.raises(RehearsalError, match=f"pid 1 on elsewhere.*remove {file}"):
        back_end.clear_locks(environment, lambda _: None)
    assert file.exists()


def test_the_engine_of_a_killed_command_is_waited_for(
    environment: Environment, start: Start
) -> None:
    pid, said = start(**{OWNER_VARIABLE: str(dead())}), []
    file = lock(pid)

    def told(line: str) -> None:
        said.append(line)
        if "waiting" in line:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, os.WNOHANG)

    back_end.clear_locks(environment, told)
    assert said[0] == f"waiting for the engine of a killed command (pid {pid}) to end in order"
    assert not file.exists()


def test_an_engine_of_a_killed_command_that_does_not_end_is_ended(
    environment: Environment, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(back_end, "END_SECONDS", 0)
    file = lock(start(**{OWNER_VARIABLE: str(dead())}))
    back_end.clear_locks(environment, lambda _: None)
    assert not file.exists()


def test_pending_operations_are_seen_in_the_state_file(environment: Environment) -> None:
    assert not back_end.has_pending_operations("dev")
    folder = pulumi_state() / ".pulumi/stacks/tiny"
    folder.mkdir(parents=True)
    (folder / "dev.json").write_text('{"checkpoint": {"latest": {"resources": []}}}')
    assert not back_end.has_pending_operations("dev")
    (folder / "dev.json").write_text('{"checkpoint": {"latest": {"pending_operations": [{}]}}}')
    assert back_end.has_pending_operations("dev")
