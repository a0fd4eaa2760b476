"""A pod's containers from start to end, as real processes."""

import signal
import time
from pathlib import Path

import pytest

from rehearsal.kubernetes.controllers.kubelet import containers, runs
from rehearsal.kubernetes.controllers.kubelet.containers import RunSpec
from rehearsal.kubernetes.controllers.kubelet.probes import Probe, Probes
from rehearsal.kubernetes.controllers.kubelet.progress import Container
from rehearsal.kubernetes.controllers.kubelet.runs import Ending, Run, Terms
from tests.patience import PATIENCE, until


@pytest.fixture
def pod(tmp_path):
    made = []

    def run(*plans, terms=None):
        ended = []
        one = Run([plan(tmp_path) for plan in plans], lambda: None, ended.append, terms)
        one.told = ended
        made.append(one)
        one.start()
        return one

    yield run
    for one in made:
        one.end(0)
        one.join(PATIENCE)


def container(name, script, *, init=False, sidecar=False, **more):
    def plan(folder: Path) -> RunSpec:
        state = Container(name, "image", init, {"waiting": {}}, sidecar)
        restart = {"restart": "Always"} if sidecar else {}
        return RunSpec(
            state,
            ["/bin/sh", "-c", script],
            {"PATH": "/usr/bin:/bin", "DIARY": str(folder / "diary")},
            folder / name,
            folder / f"{name}.log",
            **(restart | more),
        )

    return plan


def diary(folder):
    file = folder / "diary"
    return file.read_text().split() if file.exists() else []


def state(run, name):
    return next(one for one in run.progress.containers if one.name == name)


def ended(run):
    run.join(PATIENCE)
    assert run.ended
    return run.progress


SIDECAR = (
    "trap 'echo {0}-ends >> $DIARY; exit 0' TERM; echo {0} >> $DIARY; while :; do sleep 0.05; done"
)


def test_sidecars_begin_before_the_main_container_and_end_after_it_last_first(pod, tmp_path):
    def up(name):
        return Probes(startup=Probe(lambda: name in diary(tmp_path)))

    run = pod(
        container("a", SIDECAR.format("a"), init=True, sidecar=True, probes=up("a")),
        container("first", "echo first >> $DIARY", init=True),
        container("b", SIDECAR.format("b"), init=True, sidecar=True, probes=up("b")),
        container("main", "echo main >> $DIARY"),
    )
    assert ended(run).phase == "Succeeded"
    assert diary(tmp_path) == ["a", "first", "b", "main", "b-ends", "a-ends"]


FAILS_ONCE = """
echo x >> $DIARY
[ $(wc -l < $DIARY) = 2 ] && exec sleep 600
until [ -e $DIARY.main ]; do sleep 0.05; done
exit 1
"""


def test_a_sidecar_is_started_again_and_its_end_is_not_the_pods(pod, tmp_path):
    run = pod(
        container("beside", FAILS_ONCE, init=True, sidecar=True),
        container("main", "> $DIARY.main; until [ $(wc -l < $DIARY) = 2 ]; do sleep 0.05; done"),
    )
    assert ended(run).phase == "Succeeded"
    assert state(run, "beside").restarts == 1


def test_the_first_restart_comes_at_once_and_the_next_waits(pod, tmp_path):
    run = pod(container("main", "echo x >> $DIARY; exit 3", restart="OnFailure"))
    until(lambda: state(run, "main").state.get("waiting", {}).get("reason") == "CrashLoopBackOff")
    found = state(run, "main")
    assert diary(tmp_path) == ["x", "x"]
    assert (found.restarts, found.last["terminated"]["exitCode"]) == (1, 3)
    assert found.state["waiting"]["message"].startswith("back-off 10s")
    run.end(5)
    assert ended(run).phase == "Failed"
    assert state(run, "main").exit_code == 3, "a wait that was cut short shows the end before it"


def test_a_wait_before_a_restart_grows_and_is_forgiven_in_time(pod, tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "FIRST_BACKOFF", 0.01)
    monkeypatch.setattr(containers, "LONGEST_BACKOFF", 0.04)
    run = pod(container("main", "echo x >> $DIARY; exit 1", restart="Always"))
    until(lambda: len(diary(tmp_path)) > 6)
    assert run.progress.phase == "Running", "such a pod is never over by itself"


def test_always_means_after_a_success_too(pod, tmp_path):
    run = pod(container("main", "echo x >> $DIARY", restart="Always"))
    until(lambda: len(diary(tmp_path)) == 2)
    assert not run.ended


def test_a_container_that_can_not_be_started_says_why(pod, tmp_path):
    def plan(folder):
        made = container("main", "")(folder)
        return RunSpec(made.container, ["/there/is/none"], {}, made.folder, made.log)

    run = pod(plan)
    assert ended(run).phase == "Failed"
    terminated = state(run, "main").state["terminated"]
    assert (terminated["exitCode"], terminated["reason"]) == (128, "StartError")
    assert "/there/is/none" in terminated["message"]


def test_an_ended_pod_has_its_grace_to_end_by_itself(pod, tmp_path):
    script = (
        "trap 'sleep 0.3; echo saved >> $DIARY; exit 0' TERM; echo up >> $DIARY; sleep 60 & wait"
    )
    run = pod(container("main", script, restart="Always"))
    until(lambda: diary(tmp_path) == ["up"])
    run.end(PATIENCE)
    assert ended(run).phase == "Succeeded"
    assert diary(tmp_path) == ["up", "saved"]


def test_one_that_does_not_end_is_killed_after_the_grace_and_a_second_call_shortens_it(
    pod, tmp_path
):
    run = pod(container("main", "trap '' TERM; echo up >> $DIARY; while :; do sleep 0.05; done"))
    until(lambda: diary(tmp_path) == ["up"])
    run.end(60)
    time.sleep(0.2)
    assert not run.ended
    run.end(0.1)
    assert ended(run).phase == "Failed"
    assert state(run, "main").exit_code == 137


def test_a_pod_that_is_ended_while_it_initialises_never_runs_its_main_container(pod, tmp_path):
    run = pod(
        container("first", "trap 'exit 0' TERM; echo up >> $DIARY; sleep 60 & wait", init=True),
        container("main", "echo main >> $DIARY"),
    )
    until(lambda: diary(tmp_path) == ["up"])
    assert run.progress.phase == "Pending"
    run.end(PATIENCE)
    assert ended(run).phase == "Failed"
    assert diary(tmp_path) == ["up"]


def test_a_pod_is_over_at_its_deadline_with_the_reason(pod):
    run = pod(container("main", "sleep 60"), terms=Terms(deadline_seconds=0.2))
    found = ended(run)
    assert (found.phase, found.reason) == ("Failed", "DeadlineExceeded")


def test_a_pod_is_evicted_when_a_volume_grows_past_its_limit(pod, monkeypatch):
    monkeypatch.setattr(runs, "LIMITS_SECONDS", 0.05)
    said = iter(["", "", "too much"])
    run = pod(container("main", "sleep 60"), terms=Terms(exceeded=lambda: next(said)))
    found = ended(run)
    assert (found.phase, found.reason, found.message) == ("Failed", "Evicted", "too much")


def test_a_container_that_fails_its_liveness_is_started_again(pod, tmp_path):
    alive = Probes(liveness=Probe(lambda: len(diary(tmp_path)) != 1, period=0.05, failures=2))
    run = pod(container("main", "echo x >> $DIARY; exec sleep 60", restart="Always", probes=alive))
    until(lambda: state(run, "main").restarts == 1)
    assert state(run, "main").last["terminated"]["exitCode"] == 143


def test_what_a_program_left_running_ends_with_it(pod, tmp_path):
    run = pod(container("main", "sleep 60 & echo $! >> $DIARY"))
    assert ended(run).phase == "Succeeded"
    (pid,) = diary(tmp_path)
    until(lambda: not runs_still(int(pid)))


def runs_still(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_message_is_what_the_program_wrote_or_the_end_of_its_log(pod, tmp_path):
    run = pod(
        container("own", f"echo mine > {tmp_path}/message", message_file=tmp_path / "message"),
        container("log", "echo why; exit 66", message_from_log=True),
        container("none", "echo why; exit 66"),
    )
    assert ended(run).phase == "Failed"
    said = {one.name: one.state["terminated"].get("message") for one in run.progress.containers}
    assert said == {"own": "mine\n", "log": "why", "none": None}
    assert {(one.container.name, one.code, one.output) for one in run.told} >= {
        ("log", 66, "why\n")
    }


def test_an_ending_tells_why(pod):
    run = pod(container("main", "sleep 60"))
    until(lambda: "running" in state(run, "main").state)
    run.end(PATIENCE, Ending("Terminated", "the node shuts down", disrupted=True))
    found = ended(run)
    assert (found.phase, found.reason, found.disrupted) == ("Failed", "Terminated", True)


def test_a_program_that_is_killed_has_its_signals_exit_code(pod):
    run = pod(container("main", "kill -9 $$"))
    assert ended(run).phase == "Failed"
    assert state(run, "main").exit_code == 128 + signal.SIGKILL


def test_a_pod_that_waits_costs_nothing(pod, monkeypatch):
    looks = []
    run = pod(container("main", "exec sleep 60", restart="Always"))
    until(lambda: state(run, "main").ready)
    monkeypatch.setattr(containers.Health, "look", looks.append)
    time.sleep(0.2)
    assert not looks, "nothing is polled"
