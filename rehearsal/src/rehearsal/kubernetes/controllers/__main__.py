"""Entry point of `python -m rehearsal.kubernetes.controllers`, which runs until SIGTERM."""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.clients.aws import Cloud
from rehearsal.clients.service_models import leave_out_documentation
from rehearsal.clients.training_status import StatusFeed
from rehearsal.faults import active
from rehearsal.file_systems.contents import Contents, import_delay
from rehearsal.kubernetes.controllers import drivers, operator
from rehearsal.kubernetes.controllers.ack.training_job import TrainingJobs
from rehearsal.kubernetes.controllers.csi.nodes import NodeDrivers
from rehearsal.kubernetes.controllers.csi.provisioner import Claims, Volumes
from rehearsal.kubernetes.controllers.kube import Kube, KubeError
from rehearsal.kubernetes.controllers.kubelet.endpoint.pods import RunningPods
from rehearsal.kubernetes.controllers.kubelet.endpoint.server import Endpoint
from rehearsal.kubernetes.controllers.kubelet.pods import Pods
from rehearsal.kubernetes.controllers.load_balancers import LoadBalancers
from rehearsal.kubernetes.key_pairs import Pair
from rehearsal.paths import Environment

log = logging.getLogger("rehearsal.kubernetes.controllers")

# Modules that run beside the controllers: node groups to nodes, AWS tokens to users.
BESIDE = ("rehearsal.kubernetes.nodes", "rehearsal.kubernetes.tokens")
HOUSEKEEPING_SECONDS = 20.0
LOOK_SECONDS = 1.0


def main() -> None:
    """Run all controllers in this process until it is asked to end."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for noisy in ("botocore", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # kopf warns of each kind that is not known yet, and of each attempt to reach the API server.
    logging.getLogger("kopf").setLevel(logging.CRITICAL)
    leave_out_documentation()
    environment, stop = Environment.current(), threading.Event()
    active.follow(environment)
    _await_certificate(environment)
    kube, cloud = Kube.of(environment), Cloud()
    contents = Contents(environment, cloud, import_delay())
    pods, training_jobs = Pods(kube, cloud, contents, environment), TrainingJobs(kube, cloud)
    controllers: list[operator.Controller] = [
        pods,
        Claims(kube, cloud),
        Volumes(kube, cloud, contents),
        NodeDrivers(kube),
        training_jobs,
    ]
    if not environment.user_cluster:  # a user's cluster has its own, if any
        controllers.append(LoadBalancers(kube, cloud))
    endpoint = Endpoint(environment, RunningPods(kube, pods.find), environment.ports.kubelet)
    queue = operator.dispatch(controllers)
    pods.changed = training_jobs.changed = queue.add
    threads = [_thread(_run_module, name, environment, stop) for name in BESIDE]
    threads.append(_thread(_keep_house, kube, contents, pods, stop))
    # This thread blocks on the emulated AWS, so it is not joined at the end.
    _thread(training_jobs.follow, StatusFeed(environment), stop)
    endpoint.start()
    try:
        operator.serve(environment, kube, controllers, queue)
    finally:
        stop.set()
        endpoint.stop()
        pods.stop()
        for thread in threads:
            thread.join(3.0)


def _await_certificate(environment: Environment) -> None:
    """Wait until the cluster has written the client certificates of the controllers."""
    pairs = Pair(environment.pki, "controllers"), Pair(environment.pki, "kubelet")
    while not all(pair.certificate.exists() for pair in pairs):
        time.sleep(0.3)


def _thread(target: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread


def _run_module(name: str, environment: Environment, stop: threading.Event) -> None:
    """Run one of the modules in BESIDE until `stop` is set; restart it after an error."""
    while not stop.is_set():
        try:
            importlib.import_module(name).run(environment, stop)
        except Exception:
            log.exception("%s broke off; it is started again", name)
            stop.wait(2.0)


def _keep_house(kube: Kube, contents: Contents, pods: Pods, stop: threading.Event) -> None:
    """Sync linked folders with their buckets and delete folders that nothing owns any more."""
    last = time.monotonic()
    while not stop.wait(LOOK_SECONDS):
        if time.monotonic() - last < HOUSEKEEPING_SECONDS and not contents.has_imports_due:
            continue
        last = time.monotonic()
        try:
            pods.sweep()
            if contents.present() and (region := drivers.cluster_region(kube)):
                contents.refresh(region)
        except (OSError, BotoCoreError, ClientError, KubeError) as error:
            log.info("the folders of pods and file systems are looked at later: %s", error)
        except Exception:
            log.exception("the folders of pods and file systems are looked at later")


if __name__ == "__main__":
    main()
