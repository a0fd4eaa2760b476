"""`python -m rehearsal.cluster.controllers`: the controllers of this world, until SIGTERM."""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.clients import Cloud
from rehearsal.cluster.controllers import drivers, operator
from rehearsal.cluster.controllers.ack.training_job import TrainingJobs
from rehearsal.cluster.controllers.csi.nodes import NodeDrivers
from rehearsal.cluster.controllers.csi.provisioner import Claims, Volumes
from rehearsal.cluster.controllers.kube import Kube, KubeError
from rehearsal.cluster.controllers.kubelet.log_server import LogServer
from rehearsal.cluster.controllers.kubelet.pods import Pods
from rehearsal.cluster.controllers.load_balancers import LoadBalancers
from rehearsal.cluster.pki import Pair
from rehearsal.file_systems.contents import Contents, import_delay
from rehearsal.places import World
from rehearsal.service_models import leave_out_documentation
from rehearsal.training_jobs import TrainingJobMoves

log = logging.getLogger("rehearsal.cluster.controllers")

# What runs beside the controllers: node groups become nodes, AWS tokens become users.
BESIDE = ("rehearsal.cluster.nodes", "rehearsal.cluster.tokens")
HOUSEKEEPING_SECONDS = 20.0
LOOK_SECONDS = 1.0


def main() -> None:
    """Runs everything in this process until it is asked to end."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for noisy in ("botocore", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # It warns of each kind that is not known yet, and of each try to reach the API server.
    logging.getLogger("kopf").setLevel(logging.CRITICAL)
    leave_out_documentation()
    world, stop = World.current(), threading.Event()
    _await_certificate(world)
    kube, cloud = Kube.of(world), Cloud()
    contents = Contents(world, cloud, import_delay())
    pods, training_jobs = Pods(kube, cloud, contents, world), TrainingJobs(kube, cloud)
    controllers: list[operator.Controller] = [
        pods,
        Claims(kube, cloud),
        Volumes(kube, cloud, contents),
        NodeDrivers(kube),
        training_jobs,
    ]
    if not world.user_cluster:  # which has its own, if any
        controllers.append(LoadBalancers(kube, cloud))
    logs = LogServer(world, pods.runs)
    if not world.user_cluster:  # whose API server can't reach this machine by the node's address
        pods.log_port = logs.port
    queue = operator.dispatch(controllers)
    pods.changed = training_jobs.changed = queue.add
    threads = [_thread(_run_module, name, world, stop) for name in BESIDE]
    threads.append(_thread(_keep_house, kube, contents, pods, stop))
    # It waits for the cloud's word, and so is not waited for in the end.
    _thread(training_jobs.follow, TrainingJobMoves(world.cloud_url), stop)
    logs.start()
    try:
        operator.serve(world, kube, controllers, queue)
    finally:
        stop.set()
        pods.stop()
        logs.stop()
        for thread in threads:
            thread.join(3.0)


def _await_certificate(world: World) -> None:
    """Waits until the cluster has written who we are to its API server."""
    pairs = Pair(world.pki, "controllers"), Pair(world.pki, "kubelet")
    while not all(pair.certificate.exists() for pair in pairs):
        time.sleep(0.3)


def _thread(target: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread


def _run_module(name: str, world: World, stop: threading.Event) -> None:
    """Runs one of the modules beside the controllers, again when it breaks off."""
    while not stop.is_set():
        try:
            importlib.import_module(name).run(world, stop)
        except Exception:
            log.exception("%s broke off; it is started again", name)
            stop.wait(2.0)


def _keep_house(kube: Kube, contents: Contents, pods: Pods, stop: threading.Event) -> None:
    """Keeps linked folders as their buckets are; drops what nothing in AWS or the cluster has."""
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
