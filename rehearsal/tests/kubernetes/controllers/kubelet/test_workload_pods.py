"""Pods of a program's own workloads: what a kubelet would do with them, done."""

import socket
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import yaml

from rehearsal import records
from rehearsal.kubernetes.controllers.kubelet import read_only
from rehearsal.kubernetes.controllers.kubelet.network import Addresses
from rehearsal.kubernetes.controllers.kubelet.pod_spec import PodSpecBuilder, owners
from rehearsal.kubernetes.controllers.kubelet.pods import Pods
from rehearsal.paths import UserCluster
from tests.kubernetes.controllers.account import REGION
from tests.kubernetes.controllers.kubelet.samples import AWS_CLI, POD, log, main, schedule, settle

IMAGE = "123456789012.dkr.ecr.us-west-2.amazonaws.com/main-sample:0a1b2c"
LABELS = {"app.kubernetes.io/name": "sample"}
SHELL = {"name": "main", "image": AWS_CLI}


def workload(at, *command, restart="Never", **spec):
    """A pod that no Job owns."""
    schedule(at, ["python", "-m", *command], image=IMAGE, restart=restart, **spec)
    ours = [{"kind": "ReplicaSet", "name": "w-5f"}]
    at.kube.patch(POD, {"metadata": {"labels": LABELS, "ownerReferences": ours}})


def shell(at, script, **container):
    """A pod that says what a program finds."""
    workload(at, "sample.none")
    mounts = at.kube.get(POD)["spec"]["containers"][0]["volumeMounts"]
    one = {**SHELL, "command": ["sh", "-c", script], "volumeMounts": mounts, **container}
    at.kube.patch(POD, {"spec": {"containers": [one]}})


def conditions(status):
    return {one["type"]: one["status"] for one in status["conditions"]}


def test_a_workload_really_runs_whatever_its_image_is_called_and_leaves_a_record(at):
    (at.folder / "mine.csv").parent.mkdir(parents=True, exist_ok=True)
    (at.folder / "mine.csv").write_text("1,2\n")
    arguments = ["/data/mine.csv", "/data/made"]
    workload(at, "sample.copy", *arguments)
    assert settle(at)["phase"] == "Succeeded", log(at)
    assert (at.folder / "made" / "mine.csv").read_text() == "1,2\n"
    (record,) = records.read(at.environment, "pod")
    assert record.name == "team/load"
    assert record.detail["command"] == ["python", "-m", "sample.copy", *arguments]
    assert (record.detail["image"], record.detail["exitCode"]) == (IMAGE, 0)


def test_the_sentence_a_workload_fails_with_is_the_pods_message_and_its_code_the_pods(at):
    workload(at, "sample.copy", "/data/none.csv", "/data/made")
    spec = at.kube.get(POD)["spec"]
    spec["containers"][0]["terminationMessagePolicy"] = "FallbackToLogsOnError"
    at.kube.patch(POD, {"spec": spec})
    terminated = main(settle(at))["state"]["terminated"]
    assert terminated["message"].startswith("error: ")
    assert "/data/none.csv: there is no such file" in terminated["message"]
    assert str(at.folder) not in terminated["message"], "paths are those of the container"
    (record,) = records.read(at.environment, "pod")
    assert record.detail["exitCode"] == terminated["exitCode"] == 3


def test_a_workload_that_python_does_not_find_fails_as_it_would_in_the_image(at):
    workload(at, "sample.none")
    assert settle(at)["phase"] == "Failed"
    assert "No module named sample.none" in log(at)


def test_a_pod_with_the_workloads_image_and_another_program_is_not_run(at):
    workload(at, "http.server")
    at.controller.reconcile(POD)
    assert main(at.kube.get(POD)["status"])["state"]["waiting"]["reason"] == "ImageNotRunnable"
    (said,) = at.kube.said("ImageNotRunnable")
    assert "python -m sample..." in said


def test_a_program_finds_the_cluster_its_name_and_its_temporary_folder(at):
    names = "$HOSTNAME $KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT $TMPDIR"
    shell(at, f"echo {names}; echo $POD_IP; echo $WHO")
    spec = at.kube.get(POD)["spec"]
    spec["volumes"].append({"name": "tmp", "emptyDir": {}})
    spec["containers"][0]["volumeMounts"].append({"name": "tmp", "mountPath": "/tmp"})
    ip = {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    spec["containers"][0]["env"] = [ip, {"name": "WHO", "value": "1000:1000"}]
    spec["securityContext"] = {"runAsUser": 1000, "runAsGroup": 1000}
    at.kube.patch(POD, {"spec": spec})
    status = settle(at)
    first, address, who = log(at).splitlines()
    name, server, temporary = first.split()
    assert (name, server) == ("load", f"127.0.0.1:{at.environment.ports.api_server}")
    assert temporary.endswith("/volumes/tmp")
    assert address.startswith("127.18.")
    assert status["podIP"] == "198.18" + address.removeprefix("127.18")
    assert who != "1000:1000", "a pod runs as who runs the rehearsal, and hands files to them"


def confines(folder):
    """Return whether this machine lets a user mount a folder read-only for a program."""
    folder.mkdir()
    script = [sys.executable, "-I", "-S", read_only.__file__, str(folder), "", "--"]
    tried = subprocess.run([*script, "touch", folder / "x"], capture_output=True, check=False)
    return tried.returncode != 0


def test_what_is_mounted_read_only_can_not_be_written_but_what_is_mounted_in_it_can(at, tmp_path):
    if not confines(tmp_path / "tried"):
        pytest.skip("this machine lets no user mount anything")
    shell(at, "echo x > /data/file; echo y > /out/file")
    spec = at.kube.get(POD)["spec"]
    spec["containers"][0]["volumeMounts"] = [
        {"name": "data", "mountPath": "/data", "readOnly": True},
        {"name": "data", "mountPath": "/out", "subPath": "out"},
    ]
    at.kube.patch(POD, {"spec": spec})
    assert settle(at)["phase"] == "Succeeded"
    assert "Read-only file system" in log(at)
    assert not (at.folder / "file").exists()
    assert (at.folder / "out" / "file").read_text() == "y\n"


def test_a_directory_that_its_owner_may_not_write_is_written_by_no_pod(at, tmp_path):
    if not confines(tmp_path / "tried"):
        pytest.skip("this machine lets no user mount anything")
    at.contents.mount(at.folder.name, REGION).chmod(0o555)
    shell(at, "echo x > /data/file")
    settle(at)
    assert "Read-only file system" in log(at) or "Permission denied" in log(at)
    assert not (at.folder / "file").exists()


def test_the_pods_of_an_indexed_job_find_each_other_by_name(at):
    at.kube.put("Service", "team", "workers", spec={"clusterIP": "None"})
    shell(at, "echo $0 $TRACKER", args=["train-0.workers.team.svc:9091"])
    spec = at.kube.get(POD)["spec"]
    spec |= {"hostname": "train-0", "subdomain": "workers"}
    name = {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    tracker = {"name": "TRACKER", "value": "$(NAME)-0.workers"}
    spec["containers"][0]["env"] = [name, tracker]
    at.kube.patch(POD, {"spec": spec})
    settle(at)
    first, other = log(at).split()
    own = at.kube.get(POD)["status"]["podIP"].replace("198.18.", "127.18.")
    assert first == f"{own}:9091"
    assert other != own
    assert other.startswith("127.18.")


SERVER = (
    "exec python -c 'import http.server as h; "
    'h.test(h.SimpleHTTPRequestHandler, port=8080, bind="0.0.0.0")\''
)


def test_a_server_listens_on_its_own_address_and_is_ready_once_it_answers(at):
    probe = {"httpGet": {"path": "/", "port": 8080}}
    shell(at, SERVER, readinessProbe=probe)
    at.controller.reconcile(POD)
    status = settle(at, lambda status: conditions(status).get("Ready") == "True")
    address = status["podIP"].replace("198.18.", "127.18.")
    socket.create_connection((address, 8080), 5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.18.250.1", 8080), 1)
    assert address in at.kube.said("Started")[0]
    assert (status["phase"], status["hostIP"]) == ("Running", "10.0.0.9")


def test_a_deleted_server_is_no_longer_ready_while_it_ends_and_then_gone(at):
    shell(at, "trap 'sleep 1; exit 0' TERM; echo up; sleep 60 & wait")
    settle(at, lambda status: conditions(status).get("Ready") == "True")
    while "up" not in log(at):
        time.sleep(0.05)
    deleted = {"deletionTimestamp": "2026-01-01T00:00:00Z", "deletionGracePeriodSeconds": 20}
    at.kube.patch(POD, {"metadata": {**deleted, "finalizers": ["keeps/it"]}})
    assert at.controller.reconcile(POD) > 0
    assert conditions(at.kube.get(POD)["status"])["Ready"] == "False"
    while at.controller.reconcile(POD):
        time.sleep(0.05)
    status = at.kube.get(POD)["status"]
    assert (status["phase"], main(status)["state"]["terminated"]["exitCode"]) == ("Succeeded", 0)
    at.kube.patch(POD, {"metadata": {"finalizers": []}})
    assert at.kube.get(POD) is None
    assert list((at.environment.root / "pods").iterdir()) == []
    assert at.controller.find(POD) is None


def test_a_server_that_was_running_when_the_controllers_ended_is_taken_up_again(at):
    shell(at, "exec sleep 60")
    at.kube.patch(POD, {"spec": {"restartPolicy": "Always"}})
    settle(at, lambda status: conditions(status).get("Ready") == "True")
    before = at.kube.get(POD)["status"]["podIP"]
    at.controller.stop()
    at.controller = at.new_controller()
    at.controller.reconcile(POD)
    status = settle(at, lambda status: main(status)["restartCount"] == 1 and main(status)["ready"])
    assert main(status)["lastState"]["terminated"]["exitCode"] == 137
    assert status["podIP"] == before


def test_a_job_need_not_count_a_pod_that_the_controllers_ended(at):
    shell(at, "exec sleep 60")
    settle(at, lambda status: status["phase"] == "Running")
    at.controller.stop()
    at.controller = at.new_controller()
    status = settle(at)
    assert (status["phase"], status["reason"]) == ("Failed", "Terminated")
    assert conditions(status)["DisruptionTarget"] == "True"


def test_a_pods_logs_are_one_for_each_container_and_say_whose_pod_it_was(at):
    shell(at, "echo main")
    beside = {**SHELL, "name": "beside", "command": ["sh", "-c", "echo beside"]}
    spec = at.kube.get(POD)["spec"]
    at.kube.patch(POD, {"spec": {"containers": [*spec["containers"], beside]}})
    settle(at)
    assert (log(at), log(at, "beside")) == ("main\n", "beside\n")
    assert (at.environment.logs / "pods" / "team" / "load" / "owners").read_text() == "w-5f"


def test_a_pod_of_a_deployment_belongs_to_it_as_to_its_replica_set():
    metadata = {
        "labels": {"pod-template-hash": "5f7"},
        "ownerReferences": [{"kind": "ReplicaSet", "name": "server-5f7"}],
    }
    assert owners({"metadata": metadata}) == ["server-5f7", "server"]
    metadata["ownerReferences"] = [{"kind": "Job", "name": "load"}]
    assert owners({"metadata": metadata}) == ["load"]


@pytest.mark.parametrize(("module", "lazy"), [("restore", True), ("copy", False)])
def test_only_what_restores_files_by_itself_finds_them_released(at, module, lazy):
    workload(at, f"sample.{module}", "/data")
    planner = PodSpecBuilder(
        at.kube, at.cloud, at.contents, at.environment, Addresses(at.folder / "x")
    )
    assert planner.plan(at.kube.get(POD)).place.lazy is lazy


def test_on_a_cluster_of_the_users_a_token_is_taken_to_that_cluster(at, tmp_path):
    file = tmp_path / "kubeconfig"
    context = {"name": "kind", "context": {"cluster": "one", "user": "me"}}
    cluster = {"name": "one", "cluster": {"server": "https://127.0.0.1:6443"}}
    file.write_text(yaml.safe_dump({"contexts": [context], "clusters": [cluster]}))
    shell(at, "echo $KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT")
    at.environment = replace(at.environment, user_cluster=UserCluster(str(file), "kind"))
    at.controller = Pods(at.kube, at.cloud, at.contents, at.environment)
    settle(at)
    assert log(at) == "127.0.0.1:6443\n"


def test_a_service_accounts_token_is_a_file_where_the_program_is_told_to_look(at):
    path = "/var/run/secrets/kubernetes.io/serviceaccount"
    shell(at, f"cat {path}/token {path}/namespace")
    spec = at.kube.get(POD)["spec"]
    name = {"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}
    sources = [{"serviceAccountToken": {"path": "token"}}, {"downwardAPI": {"items": [name]}}]
    spec["volumes"].append({"name": "token", "projected": {"sources": sources}})
    spec["containers"][0]["volumeMounts"].append({"name": "token", "mountPath": path})
    at.kube.patch(POD, {"spec": spec})
    settle(at)
    assert log(at).startswith("loader/load/")
    assert log(at).endswith("team")
