"""Pods of a program's own workloads on a real API server, with Kubernetes' own controllers."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path

import pytest

from rehearsal import records
from rehearsal.processes import lifecycle
from tests.kubernetes.controllers import real_cluster
from tests.kubernetes.controllers.real_cluster import NEEDED
from tests.patience import until

pytestmark = pytest.mark.rehearsal

LABELS = {"app.kubernetes.io/name": "sample"}
IMAGE = "123456789012.dkr.ecr.us-west-2.amazonaws.com/main-sample:0"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with real_cluster.started(tmp_path_factory.mktemp("home")) as cluster:
        yield cluster


def container(*args, name="main", **more):
    return {"name": name, "image": IMAGE, "command": ["python", "-m", *args], **more}


def template(*containers, app, **spec):
    labels = LABELS | {"app": app}
    return {"metadata": {"labels": labels}, "spec": {"containers": list(containers), **spec}}


def named(kind, api, name, **spec):
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}


@pytest.fixture(scope="module")
def served(cluster):
    """A Deployment of servers, and its Service."""
    pod = template(
        container(
            "sample.serve",
            "0.0.0.0",
            ports=[{"name": "http", "containerPort": 8080}],
            readinessProbe={"httpGet": {"path": "/ping", "port": "http"}},
        ),
        app="server",
    )
    selector = {"app": "server"}
    cluster.apply(
        named(
            "Deployment", "apps/v1", "server",
            replicas=1, selector={"matchLabels": selector}, template=pod,
        ),
        named(
            "Service", "v1", "server", selector=selector, ports=[{"port": 80, "targetPort": "http"}]
        ),
    )  # fmt: skip
    await_replicas(cluster, 1)
    return cluster


def await_replicas(cluster, number):
    cluster.until(
        lambda found: (
            found["status"].get("readyReplicas", 0) == found["status"].get("replicas", 0) == number
        ),
        *("deployment", "server"),
    )


def endpoints(cluster):
    found = cluster.get("endpointslices", "-l", "kubernetes.io/service-name=server")["items"]
    return [
        address
        for one in found
        for endpoint in one["endpoints"] or []
        if endpoint["conditions"]["ready"]
        for address in endpoint["addresses"]
    ]


def ask(address):
    local = address.replace("198.18.", "127.18.")
    with urllib.request.urlopen(f"http://{local}:8080/ping", timeout=5) as answer:
        return answer.status


def test_a_deployment_serves_behind_a_service_as_many_times_as_it_is_asked_to(served):
    served.program("kubectl", "scale", "deployment", "server", "--replicas=3")
    await_replicas(served, 3)
    served.until(lambda _: len(endpoints(served)) == 3, "service", "server")
    addresses = endpoints(served)
    assert [ask(address) for address in addresses] == [200, 200, 200]
    served.program("kubectl", "scale", "deployment", "server", "--replicas=1")
    await_replicas(served, 1)
    served.until(lambda _: len(endpoints(served)) == 1, "service", "server")
    served.until(lambda pods: len(pods["items"]) == 1, "pods", "-l", "app=server")
    assert len(running(served)) == 1


def has_ended(pid):
    """Return True if a process has ended, even if nobody has asked for its exit status yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def running(cluster):
    """The processes of this cluster's pods."""
    notes = cluster.environment.root.glob("pods/*/containers/*/process.json")
    return [json.loads(note.read_text())["pid"] for note in notes]


def test_kubectl_shows_what_a_container_printed(served):
    said = served.program("kubectl", "logs", "deployment/server", "--tail=1")
    assert "127.18." in said


def test_a_killed_server_is_started_again_and_the_next_controllers_take_pods_up(served):
    await_replicas(served, 1)
    (first,) = running(served)
    served.kill_controllers()
    lifecycle.start(served.environment, lambda _: None, NEEDED)
    pods = served.until(
        lambda pods: pods["items"][0]["status"]["containerStatuses"][0]["restartCount"] == 1,
        *("pods", "-l", "app=server"),
    )
    assert len(pods["items"]) == 1
    await_replicas(served, 1)
    assert first not in running(served)
    until(lambda: has_ended(first))


def test_a_workers_index_its_retries_and_its_record_are_the_jobs(cluster):
    """Two workers of an indexed Job, of which one can't succeed."""
    pod = template(
        container(
            "sample.copy",
            *("/data/worker-$(JOB_COMPLETION_INDEX).csv", "/data/made"),
            volumeMounts=[{"name": "data", "mountPath": "/data"}],
            terminationMessagePolicy="FallbackToLogsOnError",
        ),
        app="workers",
        restartPolicy="Never",
        subdomain="workers",
        volumes=[{"name": "data", "emptyDir": {}}],
    )
    cluster.apply(
        named("Service", "v1", "workers", clusterIP="None", selector={"app": "workers"}),
        named(
            "Job", "batch/v1", "workers",
            completions=2, parallelism=2, completionMode="Indexed", backoffLimit=1, template=pod,
        ),
    )  # fmt: skip
    done = cluster.until(lambda job: job["status"].get("conditions"), "job", "workers")
    assert done["status"]["failed"] >= 2
    found = [one for one in records.read(cluster.environment, "pod") if "/workers-" in one.name]
    assert len(found) >= 2
    assert {one.detail["exitCode"] for one in found} == {found[0].detail["exitCode"]}
    pods = cluster.get("pods", "-l", "app=workers")["items"]
    said = [
        one["status"]["containerStatuses"][0]["state"]["terminated"]["message"]
        for one in pods
        if one["status"]["phase"] == "Failed"
    ]
    assert any("worker-0.csv: there is no such file" in one for one in said)
    assert any("worker-1.csv: there is no such file" in one for one in said)


def test_a_deleted_pod_is_ended_before_it_goes(cluster):
    script = "trap 'sleep 1; echo saved; exit 0' TERM; echo up; sleep 60 & wait"
    slow = {
        "name": "main",
        "image": "public.ecr.aws/aws-cli/aws-cli:2.31.0",
        "command": ["sh", "-c", script],
    }
    pod = template(slow, app="slow")
    pod = named("Pod", "v1", "slow", **pod["spec"]) | {"metadata": pod["metadata"]}
    pod["metadata"] |= {"name": "slow", "namespace": "default"}
    cluster.apply(pod)
    cluster.until(lambda one: one["status"]["phase"] == "Running", "pod", "slow")
    log = cluster.environment.logs / "pods" / "default" / "slow" / "main.log"
    while "up" not in log.read_text():
        time.sleep(0.1)
    cluster.program("kubectl", "delete", "pod", "slow", "--timeout=30s")
    assert log.read_text() == "up\nsaved\n"


def test_a_stopped_environment_leaves_no_process_behind(tmp_path):
    """Even when its controllers were killed before."""
    with real_cluster.started(tmp_path) as cluster:
        pod = template(container("sample.serve", "0.0.0.0"), app="server")
        cluster.apply(
            named(
                "Deployment", "apps/v1", "server",
                replicas=1, selector={"matchLabels": {"app": "server"}}, template=pod,
            )
        )  # fmt: skip
        await_replicas(cluster, 1)
        (pid,) = running(cluster)
        assert Path(f"/proc/{pid}").exists()
        cluster.kill_controllers()
        assert Path(f"/proc/{pid}").exists()
    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text()
