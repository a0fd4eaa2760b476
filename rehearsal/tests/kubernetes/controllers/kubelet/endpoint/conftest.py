"""A kubelet endpoint with one pod that runs, whose container is a shell script."""

import contextlib
from types import SimpleNamespace

import pytest

from rehearsal import logs
from rehearsal.kubernetes import pki
from rehearsal.kubernetes.controllers.kube import Key
from rehearsal.kubernetes.controllers.kubelet.containers import RunSpec
from rehearsal.kubernetes.controllers.kubelet.endpoint.pods import RunningPods
from rehearsal.kubernetes.controllers.kubelet.endpoint.server import Endpoint
from rehearsal.kubernetes.controllers.kubelet.progress import Container
from rehearsal.kubernetes.controllers.kubelet.runs import Run
from tests.kubernetes.controllers.kubelet.endpoint.client import Streams, connection
from tests.patience import PATIENCE, until

POD = Key("Pod", "team", "load")
IMAGE = "public.ecr.aws/aws-cli/aws-cli:2.31.0"


class Served:
    """An endpoint, and its API server as a client of it."""

    def __init__(self, environment, kube):
        self.environment = environment
        self.kube = kube
        self.known = {}
        self.log = logs.pod_folder(environment, *POD[1:]) / "main.log"
        self.endpoint = Endpoint(environment, RunningPods(kube, self.known.get), 0)
        self.opened = contextlib.ExitStack()

    def run(self, script="echo up; sleep 600"):
        """Run the pod's container, until it has written something."""
        folder = self.environment.root / "pods" / "uid" / "containers" / "main"
        state = Container("main", IMAGE, False, {"waiting": {}})
        variables = {"PATH": "/usr/bin:/bin", "OF_THE_POD": "seen"}
        spec = RunSpec(
            state, ["/bin/sh", "-c", script], variables, folder, self.log,
            inside=lambda words: [word.replace("/data", str(folder)) for word in words],
        )  # fmt: skip
        network = SimpleNamespace(own=SimpleNamespace(local="127.18.0.1"))
        plan = SimpleNamespace(containers=[spec], network=network)
        run = Run([spec], lambda: self.put(run))
        self.known[POD] = SimpleNamespace(run=run, plan=plan)
        run.start()
        until(lambda: self.log.exists() and self.log.stat().st_size)
        return run

    def put(self, run):
        statuses = [{"name": one.name, "state": one.state} for one in run.progress.containers]
        self.status(containerStatuses=statuses)

    def status(self, image=IMAGE, namespace="team", **status):
        container = {"name": "main", "image": image, "command": ["sh"]}
        key = POD._replace(namespace=namespace)
        self.kube.objects.pop(key, None)
        self.kube.put(*key, spec={"containers": [container]}, status=status)

    def get(self, path, client="kubelet-client"):
        asked = connection(self.environment, self.endpoint.port, client)
        with contextlib.closing(asked):
            asked.request("GET", path)
            answer = asked.getresponse()
            return answer.status, answer.read().decode()

    def streams(self, path, protocol):
        asked = connection(self.environment, self.endpoint.port)
        self.opened.callback(asked.close)
        return Streams(asked, path, protocol)


@pytest.fixture
def served(environment, kube):
    pki.ensure(environment)
    one = Served(environment, kube)
    one.endpoint.start()
    yield one
    one.opened.close()
    one.endpoint.stop()
    for known in one.known.values():
        known.run.end(0)
        known.run.join(PATIENCE)
