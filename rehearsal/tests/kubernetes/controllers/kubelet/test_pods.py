import json
import os
import signal
import subprocess
import time
from dataclasses import replace

import pytest

from rehearsal.kubernetes import kwok
from rehearsal.kubernetes.controllers.kube import Key
from rehearsal.kubernetes.controllers.kubelet.pods import Pods
from rehearsal.paths import UserCluster
from rehearsal.processes import sessions
from tests.kubernetes.controllers.kubelet.samples import AWS_CLI, POD, log, main, schedule, settle


def test_a_sync_from_the_bucket_really_brings_its_files_onto_the_claim(at):
    schedule(at, args=["s3", "sync", "s3://data/sets", "/data/datasets"])
    status = settle(at)
    assert status["phase"] == "Succeeded", log(at)
    assert main(status)["state"]["terminated"]["exitCode"] == 0
    assert (at.folder / "datasets" / "digits" / "train").read_text() == "1,2"


def test_a_sync_that_the_role_does_not_allow_fails_in_awss_words(at):
    at.folder.mkdir(parents=True)
    (at.folder / "model").write_text("1")
    schedule(at, args=["s3", "sync", "/data", "s3://data/out"])
    status = settle(at)
    assert status["phase"] == "Failed"
    assert main(status)["state"]["terminated"]["exitCode"] == 1
    assert "(AccessDenied) when calling the PutObject operation: User: arn:aws:sts::" in log(at)


def test_a_pod_without_an_association_finds_no_credentials(at):
    schedule(at, args=["s3", "ls", "s3://data"], serviceAccountName="nobody")
    assert settle(at)["phase"] == "Failed"
    assert "Unable to locate credentials" in log(at)


def test_a_program_sees_its_own_variables_with_paths_of_this_machine(at):
    schedule(at, command=["sh", "-c", 'echo "$TARGET" && echo x > "$TARGET"'])
    pod = at.kube.get(POD)
    pod["spec"]["containers"][0]["env"] = [{"name": "TARGET", "value": "/data/written"}]
    at.kube.patch(POD, {"spec": pod["spec"]})
    settle(at)
    assert log(at).strip() == str(at.folder / "written")
    assert (at.folder / "written").exists()


def test_an_exit_code_is_the_pods(at):
    schedule(at, command=["sh", "-c", "exit 3"])
    status = settle(at)
    terminated = main(status)["state"]["terminated"]
    assert (status["phase"], terminated["exitCode"], terminated["reason"]) == ("Failed", 3, "Error")


def test_a_pod_is_ended_at_its_deadline(at):
    schedule(at, command=["sh", "-c", "sleep 60"], activeDeadlineSeconds=1)
    status = settle(at)
    assert (status["phase"], status["reason"]) == ("Failed", "DeadlineExceeded")


def test_an_init_container_that_fails_ends_the_pod_before_the_others_start(at):
    init = {"name": "first", "image": AWS_CLI, "command": ["sh", "-c", "exit 1"]}
    schedule(at, command=["sh", "-c", "echo ran"], initContainers=[init])
    status = settle(at)
    assert status["phase"] == "Failed"
    assert "waiting" in main(status)["state"]


@pytest.mark.difference(
    of="Kubernetes",
    what=("A pod of an image that has no equivalent on this machine is scheduled and never runs."),
    direction="other",
    why="Images do not run here. The pod says why in its status.",
)
def test_an_image_without_an_equivalent_is_never_reported_as_having_run(at):
    schedule(at, image="python:3.12")
    for _ in range(3):
        at.controller.reconcile(POD)
    status = at.kube.get(POD)["status"]
    assert status["phase"] == "Pending"
    assert main(status)["state"]["waiting"]["reason"] == "ImageNotRunnable"
    (said,) = at.kube.said("ImageNotRunnable")
    assert "python:3.12 has no equivalent on this machine" in said


def test_a_pod_of_the_software_that_serves_the_cluster_is_left_to_kwok():
    def pod(namespace, owner):
        return {"metadata": {"namespace": namespace, "ownerReferences": [{"kind": owner}]}}

    assert not kwok.leaves_to_controllers(pod("kube-system", "ReplicaSet"))
    assert kwok.leaves_to_controllers(pod("kube-system", "Job")), "a program that should end"
    assert kwok.leaves_to_controllers(pod("training", "ReplicaSet")), "somebody's own program"


def test_a_server_whose_image_cannot_run_here_never_looks_as_if_it_ran(at):
    schedule(at, image="vllm/vllm-openai:v0.9.0")
    at.kube.patch(POD, {"metadata": {"ownerReferences": [{"kind": "ReplicaSet"}]}})
    assert at.controller.reconcile(POD) is None
    status = at.kube.get(POD)["status"]
    assert status["phase"] == "Pending"
    assert main(status)["state"]["waiting"]["reason"] == "ImageNotRunnable"


def test_a_pod_waits_for_a_claim_that_is_not_bound(at):
    claim = Key("PersistentVolumeClaim", "team", "shared")
    at.kube.patch(claim, {"status": {"phase": "Pending"}})
    schedule(at, command=["sh", "-c", "true"])
    assert at.controller.reconcile(POD) > 0
    assert at.kube.said("FailedMount") == [
        'persistentvolumeclaim "shared" is not bound to a volume'
    ]
    at.kube.patch(claim, {"status": {"phase": "Bound"}})
    assert settle(at)["phase"] == "Succeeded"


def test_a_volume_does_not_mount_on_a_node_without_its_driver(at):
    at.kube.patch(Key("CSINode", "", "node-1"), {"spec": {"drivers": []}})
    schedule(at, command=["sh", "-c", "true"])
    at.controller.reconcile(POD)
    (said,) = at.kube.said("FailedMount")
    assert said.endswith(
        "driver name efs.csi.aws.com not found in the list of registered CSI drivers"
    )


def test_a_lustre_volume_under_the_wrong_mount_name_does_not_mount(at):
    system = at.account.lustre()
    attributes = {"dnsname": system["DNSName"], "mountname": "fsx"}
    csi = {"driver": "fsx.csi.aws.com", "volumeHandle": system["FileSystemId"]}
    csi |= {"volumeAttributes": attributes}
    at.kube.patch(Key("PersistentVolume", "", "shared"), {"spec": {"csi": csi}})
    schedule(at, command=["sh", "-c", "true"])
    at.controller.reconcile(POD)
    (said,) = at.kube.said("FailedMount")
    assert "Is the MGS specification correct?" in said
    attributes["mountname"] = system["LustreConfiguration"]["MountName"]
    at.kube.patch(Key("PersistentVolume", "", "shared"), {"spec": {"csi": csi}})
    assert settle(at)["phase"] == "Succeeded"


def sleepers(at):
    """The processes of the pod."""
    found = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True)
    return [line.split()[0] for line in found.stdout.splitlines() if nap(at) in line]


def nap(at):
    """A command whose fraction marks this pod, and these tests among others that run meanwhile."""
    return f"sleep 60.{os.getpid()}{at.kube.get(POD)['metadata']['uid'][:8]}"


def sleep(at, restart="Never"):
    schedule(at, restart=restart)
    spec = at.kube.get(POD)["spec"]
    spec["containers"][0]["command"] = ["sh", "-c", f"{nap(at)}; true"]
    at.kube.patch(POD, {"spec": spec})
    settle(at, lambda status: status["phase"] == "Running")
    assert sleepers(at)


def test_a_deleted_pod_is_ended_and_then_confirmed_as_gone(at):
    sleep(at)
    at.kube.patch(POD, {"metadata": {"finalizers": ["batch.kubernetes.io/job-tracking"]}})
    at.kube.delete(POD)
    while at.controller.reconcile(POD):
        time.sleep(0.05)
    assert not sleepers(at)
    at.kube.patch(POD, {"metadata": {"finalizers": []}})
    assert at.kube.get(POD) is None


def kill(at):
    """Forget a run, as killed controllers do, whose processes run on."""
    run = at.controller._known.pop(POD).run
    at.controller = at.new_controller()
    return run


def test_a_pod_that_was_running_when_the_controllers_died_fails_and_its_process_ends(at):
    sleep(at)
    kill(at)
    status = settle(at)
    assert (status["phase"], main(status)["state"]["terminated"]["exitCode"]) == ("Failed", 137)
    assert not sleepers(at)


def test_a_pod_that_may_restart_is_started_once_more_after_the_controllers_died(at):
    sleep(at, restart="OnFailure")
    before = sleepers(at)
    kill(at).end()
    settle(at, lambda status: status["phase"] == "Running" and main(status)["started"])
    after = sleepers(at)
    assert after
    assert not set(before) & set(after)
    for pid in after:
        os.kill(int(pid), signal.SIGKILL)


def test_what_is_left_of_a_pod_that_went_meanwhile_is_swept_up(at):
    sleep(at)
    uid = at.kube.get(POD)["metadata"]["uid"]
    kill(at)
    del at.kube.objects[POD]
    at.controller.sweep()
    assert not (at.environment.root / "pods" / uid).exists()


@pytest.mark.parametrize("node", ["theirs", "node-1"])
def test_on_a_cluster_of_the_users_the_pods_of_real_nodes_are_their_kubelets(at, node):
    at.environment = replace(at.environment, user_cluster=UserCluster("/kubeconfig", "kind"))
    at.kube.put("Node", "", "theirs", metadata={"name": "theirs"}, spec={})
    schedule(at, image="unknown", nodeName=node)
    controller = Pods(at.kube, at.cloud, at.contents, at.environment)
    controller.reconcile(POD)
    touched = "containerStatuses" in at.kube.get(POD)["status"]
    assert touched is (node == "node-1"), "kwok's nodes have no kubelet"


def test_a_pod_that_was_ended_while_no_controller_looked_leaves_nothing_running(at):
    schedule(at, command=["sh", "-c", "sleep 60"])
    settle(at, lambda status: "running" in main(status)["state"])
    (note,) = at.environment.root.glob("pods/*/containers/*/process.json")
    pid = json.loads(note.read_text())["pid"]
    at.kube.patch(POD, {"status": {"phase": "Failed"}})
    at.new_controller().reconcile(POD)
    assert sessions.started(pid) is None or sessions._stat(pid)[0] == "Z"
    assert not list(at.environment.root.glob("pods/*"))
