"""The processes of an environment: started once, found again, ended. Little servers act as them."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rehearsal.paths import Environment, RehearsalError, project
from rehearsal.processes import detached, lifecycle, services
from rehearsal.processes.services import Service, listening
from tests.patience import PATIENCE

FAKE = Path(__file__).with_name("fake_service.py")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path))
    monkeypatch.setattr(lifecycle, "_STOP_SECONDS", 1)
    place = Environment.of("test")
    yield place
    locks = (place.root / "run").glob("*.lock") if (place.root / "run").exists() else ()
    detached.stop(locks, 0)


def fake(place: Environment, name: str, flaw: str = "") -> Service:
    def port(lifecycle: Environment) -> int:
        return int(getattr(lifecycle.ports, name))

    command = [sys.executable, "-S", str(FAKE), str(port(place)), *([flaw] if flaw else [])]
    return Service(name, command, port, listening(port))


def pids(place: Environment, chosen: list[Service]) -> dict[str, int | None]:
    return {one.name: one.pid for one in lifecycle.status(place, chosen)}


def quiet(_: str) -> None:
    """Hears of no progress."""


def eventually(true: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    ends = time.monotonic() + seconds
    while not true() and time.monotonic() < ends:
        time.sleep(0.02)
    return true()


def test_a_started_environment_answers_and_a_stopped_one_is_gone(place: Environment) -> None:
    chosen = [fake(place, "aws"), fake(place, "eks")]
    lifecycle.start(place, quiet, chosen)
    assert all(pids(place, chosen).values())
    assert all(one.ready(place) for one in chosen)
    lifecycle.stop(place, chosen)
    assert set(pids(place, chosen).values()) == {None}
    assert not any(one.ready(place) for one in chosen)


def test_what_runs_is_left_running(place: Environment) -> None:
    chosen = [fake(place, "aws")]
    lifecycle.start(place, quiet, chosen)
    before, said = pids(place, chosen), []
    lifecycle.start(place, said.append, chosen)
    assert pids(place, chosen) == before
    assert said == [], "nothing happened, so there is nothing to say"


def test_what_was_killed_is_started_again_and_the_rest_is_not(place: Environment) -> None:
    chosen = [fake(place, "aws"), fake(place, "eks")]
    lifecycle.start(place, quiet, chosen)
    before = pids(place, chosen)
    assert before["aws"]
    os.kill(before["aws"], signal.SIGKILL)
    assert eventually(lambda: pids(place, chosen)["aws"] is None), "a killed process shows at once"
    lifecycle.start(place, quiet, chosen)
    after = pids(place, chosen)
    assert after["aws"] not in {None, before["aws"]}
    assert after["eks"] == before["eks"]


def test_a_lock_file_left_behind_names_nobody(place: Environment) -> None:
    """A process id in a file could by now be another's, and a stop would kill that one."""
    service = fake(place, "aws")
    lock = service.lock(place)
    lock.parent.mkdir(parents=True)
    lock.write_text(str(os.getpid()))
    assert pids(place, [service]) == {"aws": None}
    lifecycle.stop(place, [service])
    lifecycle.start(place, quiet, [service])
    assert pids(place, [service])["aws"] not in {None, os.getpid()}


def test_two_commands_at_once_start_one_of_each(place: Environment) -> None:
    chosen = [fake(place, "aws"), fake(place, "eks")]
    said: list[str] = []
    starts = [
        threading.Thread(target=lifecycle.start, args=(place, said.append, chosen))
        for _ in range(3)
    ]
    for one in starts:
        one.start()
    for one in starts:
        one.join(PATIENCE)
    assert len([line for line in said if line.startswith("starting")]) == 1
    assert all(pids(place, chosen).values())


def test_a_second_process_of_a_kind_gives_way(place: Environment) -> None:
    service = fake(place, "aws")
    lifecycle.start(place, quiet, [service])
    first = pids(place, [service])
    log = place.logs / "second.log"
    detached.start_detached(service.lock(place), service.command, log, dict(os.environ), place.root)
    assert pids(place, [service]) == first
    assert detached.tail(log) == "", "the second never became the command"


def test_a_service_that_ends_is_reported_with_the_end_of_its_log(place: Environment) -> None:
    with pytest.raises(RehearsalError, match="aws ended while it started") as caught:
        lifecycle.start(place, quiet, [fake(place, "aws", "ends")])
    assert "the frobnicator is missing" in str(caught.value)


def test_an_old_failure_is_not_told_as_the_new_one(place: Environment) -> None:
    with pytest.raises(RehearsalError):
        lifecycle.start(place, quiet, [fake(place, "aws", "ends")])
    lifecycle.start(place, quiet, [fake(place, "aws")])
    log = place.logs / "aws.log"
    assert eventually(lambda: detached.tail(log) == "serving")


def test_a_service_that_never_answers_is_named_with_what_to_do(
    place: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    lifecycle.start(place, quiet, [fake(place, "aws")])
    monkeypatch.setattr(lifecycle, "_START_SECONDS", 0.5)
    with pytest.raises(RehearsalError, match=r"Not ready after 0.5 s: eks\.") as caught:
        lifecycle.start(place, quiet, [fake(place, "aws"), fake(place, "eks", "mute")])
    assert "python -m rehearsal cloud stop -s test" in str(caught.value)


def test_a_service_that_will_not_end_is_killed(place: Environment) -> None:
    service = fake(place, "aws", "stubborn")
    lifecycle.start(place, quiet, [service])
    lifecycle.stop(place, [service])
    assert pids(place, [service]) == {"aws": None}
    assert not service.ready(place)


def test_a_stop_ends_what_a_killed_service_left_behind(place: Environment) -> None:
    """As the cluster leaves etcd where the kernel can't end a process with its parent."""
    orphan = fake(place, "etcd_client")
    lifecycle.start(place, quiet, [orphan])
    lifecycle.stop(place, [fake(place, "aws")])
    assert pids(place, [orphan]) == {"etcd_client": None}


def test_a_stop_ends_what_works_for_a_file_system(place: Environment) -> None:
    """Such a process is begun by whoever asks for bytes, and would outlive the cloud it asks."""
    lock = place.file_systems / ".state" / "fs-1" / "worker.lock"
    command = ["sleep", "60"]
    detached.start_detached(lock, command, place.logs / "worker.log", os.environ, project())
    assert detached.holder(lock)
    lifecycle.stop(place, [])
    assert detached.holder(lock) is None


def test_a_service_has_a_session_of_its_own(place: Environment) -> None:
    """So that a Ctrl-C at the terminal, which goes to a whole session's foreground, spares it."""
    service = fake(place, "aws")
    lifecycle.start(place, quiet, [service])
    pid = pids(place, [service])["aws"]
    assert pid
    assert os.getsid(pid) == pid != os.getsid(0)


def test_a_command_that_does_not_exist_is_reported(place: Environment) -> None:
    service = Service("aws", ["/no/such/program"], lambda w: w.ports.aws, lambda _: True)
    with pytest.raises(RehearsalError, match=r"No such file"):
        lifecycle.start(place, quiet, [service])


def test_without_the_kubernetes_programs_the_remedy_is_named(place: Environment) -> None:
    with pytest.raises(RehearsalError, match=r"Run `python -m rehearsal\.tools` once"):
        lifecycle.start(place, quiet)
    assert not any(one.running for one in lifecycle.status(place)), "nothing else was started"


def test_a_stop_saves_the_account_first(place: Environment) -> None:
    cloud = fake(place, "cloud")
    lifecycle.start(place, quiet, [cloud])
    lifecycle.stop(place, [cloud])
    assert '"POST /rehearsal/save' in (place.logs / "cloud.log").read_text()


def test_a_cloud_that_can_not_save_is_stopped_all_the_same_and_told(
    place: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "_SAVE_SECONDS", 0.2)
    cloud = fake(place, "cloud", "mute")
    monkeypatch.setattr(lifecycle, "_START_SECONDS", 0)
    with pytest.raises(RehearsalError, match="Not ready"):
        lifecycle.start(place, quiet, [cloud])
    with pytest.raises(RehearsalError, match="has ended: nothing answers"):
        lifecycle.stop(place, [cloud])
    assert pids(place, [cloud]) == {"cloud": None}


def test_saving_a_stopped_environment_says_how_to_start_it(place: Environment) -> None:
    with pytest.raises(RehearsalError, match="python -m rehearsal cloud start -s test"):
        lifecycle.save(place)


def test_a_cloud_on_a_full_disk_is_told_in_its_own_words(place: Environment) -> None:
    cloud = fake(place, "cloud", "full")
    lifecycle.start(place, quiet, [cloud])
    with pytest.raises(RehearsalError, match=r"^Make room on that disk\.$"):
        lifecycle.stop(place, [cloud])
    assert pids(place, [cloud]) == {"cloud": None}


def test_nothing_of_the_users_aws_account_reaches_a_service(
    place: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.us-west-2.amazonaws.com")
    given = services.variables(place)
    aws = {name: value for name, value in given.items() if name.startswith("AWS_")}
    assert aws["AWS_ENDPOINT_URL"] == place.cloud_url
    files = {aws["AWS_CONFIG_FILE"], aws["AWS_SHARED_CREDENTIALS_FILE"]}
    assert files == {str(place.aws_configuration)}, "the environment's own, not the user's"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & set(aws)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_a_program_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    lock = tmp_path / "child.lock"
    script = (
        "import os, subprocess, sys, time\n"
        "from pathlib import Path\n"
        "from rehearsal.processes.detached import launch_command\n"
        f"command = launch_command(Path({str(lock)!r}), os.getpid(), ['sleep', '60'])\n"
        "subprocess.Popen(command)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script])
    assert eventually(lambda: detached.holder(lock) is not None)
    parent.kill()
    parent.wait()
    assert eventually(lambda: detached.holder(lock) is None)


def test_a_log_that_has_grown_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detached, "_LOG_LIMIT_BYTES", 100)
    log = tmp_path / "aws.log"
    log.write_text("x" * 101)
    with detached.open_log(log) as file:
        file.write(b"fresh\n")
    assert log.stat().st_size < 100
    assert detached.tail(log) == "fresh"


def test_a_cloud_that_does_not_answer_is_not_ready(place: Environment) -> None:
    assert not services.cloud_ready(place)
    with pytest.raises((OSError, http.client.HTTPException)):
        services.ask_cloud(place, "GET", "/rehearsal/ready", 0.2)


def test_a_service_without_a_port_is_ready_once_it_has_noted_that_it_works(
    place: Environment,
) -> None:
    lock = place.root / "run" / "quiet.lock"
    note = (
        "import sys, time; from pathlib import Path; from rehearsal.processes import detached;"
        "sys.stdin.read(); detached.attend(Path(sys.argv[1])) if sys.argv[2:] else None;"
        "time.sleep(60)"
    )

    def started(*words: str) -> Service:
        command = [sys.executable, "-c", note, str(lock), *words]
        return Service("quiet", command, lambda _: None, lambda _: detached.attends(lock))

    lifecycle.start(place, quiet, [started("attend")])
    assert pids(place, [started()])["quiet"] == detached.holder(lock)
    lifecycle.stop(place, [started()])
    assert not detached.attends(lock), "what an ended process noted counts for nothing"
    detached.start_detached(lock, started().command, place.root / "log", {}, project())
    assert not detached.attends(lock), "another one holds the lock, and has noted nothing"
