"""kubectl logs, exec and port-forward, as a person uses them, on a real API server."""

import contextlib
import os
import pty
import re
import subprocess
import urllib.request

import pytest

from tests.kubernetes.controllers import real_cluster
from tests.patience import until

pytestmark = pytest.mark.rehearsal

AWS_CLI = "public.ecr.aws/aws-cli/aws-cli:2.31.0"
PYTHON = "docker.io/library/python:3.13"
SERVER = ["python", "-m", "http.server", "8080", "--bind", "0.0.0.0", "--directory", "/data"]


def named(kind, api, name, **spec):
    metadata = {"name": name, "namespace": "default", "labels": {"app": name}}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}


def container(name, image, *command, **more):
    return {"name": name, "image": image, "command": list(command), **more}


def deployment(name, *containers, **spec):
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": containers, **spec}}
    selector = {"matchLabels": {"app": name}}
    return named("Deployment", "apps/v1", name, replicas=1, selector=selector, template=template)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A cluster with a Deployment behind a Service, a pod that is restarted, one not run here."""
    mounts = [{"name": "data", "mountPath": "/data"}]
    probe = {"tcpSocket": {"port": 8080}}
    ports = [{"name": "http", "containerPort": 8080}]
    web = container("web", PYTHON, *SERVER, volumeMounts=mounts, ports=ports, readinessProbe=probe)
    again = container("main", AWS_CLI, "sh", "-c", "echo run; sleep 1; exit 1")
    port = {"port": 80, "targetPort": "http"}
    with real_cluster.started(tmp_path_factory.mktemp("home")) as cluster:
        cluster.apply(
            deployment("web", web, volumes=[{"name": "data", "emptyDir": {}}]),
            named("Service", "v1", "web", selector={"app": "web"}, ports=[port]),
            named("Pod", "v1", "again", containers=[again]),
            named("Pod", "v1", "other", containers=[container("main", "nginx:1.29")]),
        )
        cluster.program("kubectl", "rollout", "status", "deployment/web", "--timeout=120s")
        yield cluster


def execute(cluster, *words, given=""):
    return cluster.ran("kubectl", "exec", *words, given=given)


def test_a_command_runs_where_the_containers_process_runs_and_sees_what_it_sees(cluster):
    ran = execute(cluster, "deploy/web", "--", "sh", "-c", "echo hello > /data/hello.txt; env")
    assert ran.returncode == 0, ran.stderr
    variables = dict(line.partition("=")[::2] for line in ran.stdout.splitlines())
    pod = cluster.get("pods", "-l", "app=web")["items"][0]["metadata"]["name"]
    assert variables["HOSTNAME"] == pod
    assert execute(cluster, pod, "--", "cat", "/data/hello.txt").stdout == "hello\n"


def test_its_input_its_two_outputs_and_its_exit_code_are_passed_on(cluster):
    script = "cat; echo trouble >&2; exit 3"
    ran = execute(cluster, "-i", "deploy/web", "--", "sh", "-c", script, given="one\ntwo\n")
    assert ran.stdout == "one\ntwo\n"
    assert "trouble" in ran.stderr
    assert ran.returncode == 3
    assert "command terminated with exit code 3" in ran.stderr


def test_more_than_a_buffer_holds_goes_both_ways(cluster):
    given = "0123456789abcdef" * 200_000
    ran = execute(cluster, "-i", "deploy/web", "--", "cat", given=given)
    assert ran.stdout == given


def test_a_client_that_speaks_no_websockets_is_served_too(cluster):
    command, env = cluster.command("kubectl", "exec", "deploy/web", "--", "sh", "-c", "exit 4")
    env["KUBECTL_REMOTE_COMMAND_WEBSOCKETS"] = "false"
    assert subprocess.run(command, env=env, check=False).returncode == 4


def test_a_program_that_is_not_there_is_named(cluster):
    ran = execute(cluster, "deploy/web", "--", "no-such-program")
    assert ran.returncode != 0
    assert 'exec: "no-such-program": executable file not found in $PATH' in ran.stderr


def test_with_a_terminal_a_shell_has_one_of_the_same_size(cluster):
    command, env = cluster.command("kubectl", "exec", "-it", "deploy/web", "--", "sh")
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    said = b""

    def shows(text):
        nonlocal said
        with contextlib.suppress(BlockingIOError, OSError):
            said += os.read(ours, 65536)
        return text in said

    with subprocess.Popen(
        command, env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.write(ours, b"test -t 0 && echo is-a-$((1))-terminal\n")
        until(lambda: shows(b"is-a-1-terminal"))
        os.write(ours, b"exit 5\n")
        until(lambda: shows(b"never") or process.poll() is not None)
    assert process.returncode == 5, said


@contextlib.contextmanager
def forwarded(cluster, *words):
    command, env = cluster.command("kubectl", "port-forward", *words)
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().split(" -> ")[0].split()[-1]
        finally:
            process.terminate()


@pytest.mark.parametrize("words", [("svc/web", ":80"), ("deploy/web", ":8080")])
def test_a_port_leads_to_the_pods(cluster, words):
    execute(cluster, "deploy/web", "--", "sh", "-c", "echo hello > /data/page.txt")
    with forwarded(cluster, *words) as address:
        for _ in range(3):
            with urllib.request.urlopen(f"http://{address}/page.txt") as answer:
                assert answer.read() == b"hello\n"


def test_a_log_has_the_present_run_and_the_previous_one(cluster):
    cluster.until(
        lambda pod: pod["status"]["containerStatuses"][0]["restartCount"] >= 1, "pod", "again"
    )
    # One that has just been started has not written anything yet.
    for option in ("--since=1h", "--previous", "--tail=1"):
        until(
            lambda option=option: cluster.ran("kubectl", "logs", "again", option).stdout == "run\n"
        )
    stamped = re.compile(r"20\S+Z run\n")
    until(lambda: stamped.fullmatch(cluster.program("kubectl", "logs", "again", "--timestamps")))
    ran = cluster.ran("kubectl", "logs", "deploy/web", "--previous")
    assert "previous terminated container" in ran.stderr


@pytest.mark.parametrize(
    "words", [("logs", "other"), ("exec", "other", "--", "true"), ("port-forward", "other", ":80")]
)
def test_a_pod_that_does_not_run_here_says_so(cluster, words):
    ran = cluster.ran("kubectl", *words)
    assert ran.returncode != 0
    if words[0] != "port-forward":  # kubectl itself refuses a pod that is not running
        assert "scheduled, not run" in ran.stderr


def test_a_command_is_asked_of_rbac(cluster):
    asked = ("auth", "can-i", "create", "pods/exec", "--as=someone")
    assert cluster.ran("kubectl", *asked).stdout == "no\n"
    ran = execute(cluster, "deploy/web", "--as=someone", "--", "true")
    assert "forbidden" in ran.stderr
