"""A pod's status as a kubelet writes it."""

from dataclasses import replace

import pytest

from rehearsal.kubernetes.controllers.kubelet import progress, status
from rehearsal.kubernetes.controllers.kubelet.conditions import ENFORCED
from rehearsal.kubernetes.controllers.kubelet.progress import Progress

POD = {
    "metadata": {"name": "pod", "namespace": "team", "uid": "1"},
    "spec": {
        "initContainers": [
            {"name": "first", "image": "i"},
            {"name": "beside", "image": "i", "restartPolicy": "Always"},
        ],
        "containers": [{"name": "main", "image": "i"}],
    },
    "status": {},
}
FIRST, BESIDE, MAIN = progress.containers(POD)


def up(container):
    return replace(container.running(), started=True, ready=True)


def told(first, beside, main, phase="Running", **more):
    return status.pod_status(POD, Progress((first, beside, main), phase, **more), "198.18.0.1")


def conditions(found):
    return {
        one["type"]: (one["status"], one.get("reason"), one.get("message"))
        for one in found["conditions"]
    }


def test_a_pod_begins_by_initialising():
    found = told(FIRST.running(), BESIDE, MAIN, "Pending")
    assert MAIN.state == {"waiting": {"reason": "PodInitializing"}}
    message = "containers with incomplete status: [first beside]"
    assert conditions(found)["Initialized"] == ("False", "ContainersNotInitialized", message)
    message = "containers with unready status: [beside main]"
    assert conditions(found)["Ready"] == ("False", "ContainersNotReady", message)
    assert conditions(found)["PodReadyToStartContainers"] == ("True", None, None)


def test_a_pod_is_ready_when_its_containers_and_sidecars_are():
    done = FIRST.terminated(0)
    waits = told(done, up(BESIDE), MAIN.running())
    assert conditions(waits)["ContainersReady"][0] == "False"
    found = told(done, up(BESIDE), up(MAIN))
    for kind in ("Initialized", "ContainersReady", "Ready"):
        assert conditions(found)[kind] == ("True", None, None)
    assert [(one["ready"], one["started"]) for one in found["initContainerStatuses"]] == [
        (True, False),
        (True, True),
    ]


def test_a_pod_that_is_over_is_not_ready_and_says_how_it_ended():
    done = FIRST.terminated(0)
    found = told(done, BESIDE.terminated(143), MAIN.terminated(0), "Succeeded")
    assert conditions(found)["Ready"][:2] == ("False", "PodCompleted")
    assert conditions(found)["Initialized"][:2] == ("True", "PodCompleted")
    assert conditions(found)["PodReadyToStartContainers"][0] == "False"
    found = told(done, BESIDE.terminated(143), MAIN.terminated(1), "Failed")
    assert conditions(found)["Ready"][:2] == ("False", "PodFailed")


def test_a_pod_that_was_ended_by_no_fault_of_its_own_says_so_to_its_job():
    found = told(FIRST, BESIDE, MAIN, "Failed", reason="Terminated", message="m", disrupted=True)
    assert conditions(found)["DisruptionTarget"] == ("True", "TerminationByKubelet", "m")
    assert "DisruptionTarget" not in conditions(told(FIRST, BESIDE, MAIN, "Failed"))


def test_a_pod_that_is_being_ended_is_asked_for_nothing_any_more():
    running = Progress((FIRST.terminated(0), up(BESIDE), up(MAIN)), "Running")
    found = status.pod_status(POD, running, leaving=True)
    assert conditions(found)["Ready"][0] == "False"
    assert found["containerStatuses"][0]["ready"] is False


def test_conditions_of_others_stay_and_times_change_only_with_the_condition():
    before = told(FIRST.terminated(0), up(BESIDE), up(MAIN))
    for one in before["conditions"]:
        one["lastTransitionTime"] = "2020-01-01T00:00:00Z"
    others = [{"type": "PodScheduled", "status": "True"}]
    pod = POD | {"status": {**before, "conditions": others + before["conditions"]}}
    after = status.pod_status(
        pod, Progress((FIRST.terminated(0), up(BESIDE), MAIN.running()), "Running")
    )
    times = {one["type"]: one.get("lastTransitionTime") for one in after["conditions"]}
    assert times["Initialized"] == "2020-01-01T00:00:00Z"
    assert times["Ready"] != "2020-01-01T00:00:00Z"
    assert after["conditions"][0] == others[0]
    assert after["startTime"] == before["startTime"]


def test_a_restart_keeps_how_the_container_ended_before():
    ended = up(MAIN).terminated(3, message="why")
    waiting = ended.waiting("CrashLoopBackOff")
    again = waiting.restarted().running()
    assert again.last == waiting.last == ended.state
    assert (again.restarts, again.started, again.ready) == (1, False, False)


def test_a_container_that_other_controllers_had_running_counts_a_restart():
    pod = POD | {"status": told(FIRST.terminated(0), BESIDE, up(MAIN))}
    found = progress.resumed(pod, MAIN)
    assert found.restarts == 1
    assert found.last["terminated"]["exitCode"] == 137
    assert progress.resumed(pod, BESIDE).restarts == 0, "it had not run"


def test_what_the_api_server_adds_to_a_status_is_no_difference():
    wanted = told(FIRST, BESIDE, MAIN, "Pending")
    stored = {
        **wanted,
        "conditions": [{**one, "lastProbeTime": None} for one in wanted["conditions"]],
    }
    del stored["reason"], stored["message"]
    assert not status.differs(stored, wanted)
    assert status.differs(stored, {**wanted, "phase": "Running"})


@pytest.mark.difference(
    of="Kubernetes",
    what=(
        "Limits of CPU and memory and network policies hold nobody back, and security groups hold "
        "back only those who mount a file system."
    ),
    direction="kinder",
    why="Pods are processes of the user on this machine.",
    told=(
        "The condition rehearsal/enforces-limits-and-networks of every pod that runs, "
        "in kubectl describe."
    ),
)
def test_a_pod_says_that_limits_and_networks_are_not_enforced():
    found = conditions(told(FIRST.running(), BESIDE, MAIN, "Pending"))
    said = (
        "limits of CPU and memory, network policies, security groups except those of file systems, "
        "and the owners of files are not enforced in a rehearsal"
    )
    assert found[ENFORCED] == ("False", "NotEmulated", said)
