"""Watch of the cluster by kopf, which hands each changed object to its controller.

Only kopf's event handlers are used: they write nothing to the objects (no finalizers or annotations
of kopf's), so that users see what AWS's controllers would have left.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError

from rehearsal.imports import without
from rehearsal.kubernetes.controllers.csi.nodes import APPS
from rehearsal.kubernetes.controllers.kube import RESOURCES, Key, Kube, KubeError
from rehearsal.kubernetes.controllers.workqueue import Outcome, TryAgain, WorkQueue
from rehearsal.kubernetes.key_pairs import Pair
from rehearsal.paths import Environment

# kopf takes in the client of Kubernetes, where there is one, for handlers that use it.
with without("kubernetes"):
    import kopf

log = logging.getLogger(__name__)

# A change to one of these may be what a parked object waits for.
WAKING = ("Deployment", "StorageClass", "CSIDriver")
CLUSTER_SECONDS = 1.0
"""Seconds between two checks that the cluster is still the same."""

ENDING_SECONDS = 2.0
"""Seconds that kopf may take to end."""


class Controller(Protocol):
    """Controller of the objects of one kind."""

    @property
    def kind(self) -> str:
        """Kind of the objects."""

    def reconcile(self, key: Key) -> Outcome:
        """Reconcile one object and return when to look at it again."""


@dataclass(frozen=True)
class Forever:
    """Endless delays, in seconds, between attempts to reach the API server."""

    longest: float = 2.0

    def __iter__(self) -> Iterator[float]:
        """Yield the delays, which double from 0.25 s to `longest`."""
        delay = 0.25
        while True:
            yield delay
            delay = min(self.longest, delay * 2)


def dispatch(controllers: Sequence[Controller]) -> WorkQueue:
    """Return a queue that gives each key to the controller of its kind."""
    by_kind = {controller.kind: controller for controller in controllers}

    def handle(key: Key) -> Outcome:
        try:
            return by_kind[key.kind].reconcile(key)
        except KubeError as error:
            if error.status in (404, 409, 429) or error.status >= 500:  # changed, gone or busy
                raise TryAgain(str(error)) from error
            raise
        except (OSError, BotoCoreError) as error:  # the API server or AWS does not answer now
            raise TryAgain(str(error)) from error

    return WorkQueue(handle)


def registry(kinds: Sequence[str], queue: WorkQueue) -> kopf.OperatorRegistry:
    """Return kopf's handlers: each event on one of the kinds puts its object into the queue."""
    handlers = kopf.OperatorRegistry()

    def put(kind: str) -> Any:
        def changed(name: str | None, namespace: str | None, **_: Any) -> None:
            queue.add(Key(kind, namespace or "", name or ""))

        return changed

    def wake(**_: Any) -> None:
        queue.wake()

    def driver_pod(labels: Any, spec: Any, **_: Any) -> None:
        if labels.get("app") in APPS and spec.get("nodeName"):
            queue.add(Key("Node", "", spec["nodeName"]))

    for kind in kinds:
        kopf.on.event(*_selector(kind), registry=handlers, id=f"{kind}-changed")(put(kind))
    for kind in WAKING:
        kopf.on.event(*_selector(kind), registry=handlers, id=f"{kind}-wakes")(wake)
    kopf.on.event("", "v1", "pods", registry=handlers, id="driver-pod")(driver_pod)
    return handlers


def serve(
    environment: Environment, kube: Kube, controllers: Sequence[Controller], queue: WorkQueue
) -> None:
    """Watch until SIGTERM or SIGINT; wait for an API server that does not answer."""
    handlers = registry([controller.kind for controller in controllers], queue)
    kopf.on.login(registry=handlers)(lambda **_: credentials(environment))
    queue.start()
    try:
        while not _watch(handlers, kube):
            time.sleep(0.5)
    finally:
        queue.stop()


def _watch(handlers: kopf.OperatorRegistry, kube: Kube) -> bool:
    """Watch one cluster by kopf; return True if it ended as it was asked to.

    Kopf can miss a kind that is defined while it runs: it looks for the kind when the definition
    changes, and the server may list the kind a moment later. It gives up when a kind that it
    watches no longer exists, and it continues from its old position when another cluster answers at
    the address. In each case it is started anew, and finds what exists.
    """
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(_watch_one_cluster(handlers, kube))
    except Exception as error:  # kopf does not export the class of its API errors
        log.warning("the watch broke off and is begun anew: %s", error)
        return False
    finally:
        _leave(loop)


def _leave(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what a loop still runs, wait for it a moment, and go on without it.

    `asyncio.run` would wait for all of it, and some of kopf's watches may never end: those that
    were cancelled twice, by kopf for a kind that is gone and by this module for the same reason.
    """
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.wait(left, timeout=ENDING_SECONDS))
    loop.close()


async def _watch_one_cluster(handlers: kopf.OperatorRegistry, kube: Kube) -> bool:
    # The mark is read before kopf lists the objects, so that no change between the two is missed.
    looking = asyncio.create_task(_await_another_cluster(kube, await _mark(kube)))
    ready = asyncio.Event()
    watching = asyncio.create_task(
        kopf.operator(
            registry=handlers,
            settings=settings(),
            standalone=True,
            clusterwide=True,
            ready_flag=ready,
        )
    )
    signals = asyncio.create_task(_cancel_at_signals(watching, ready))
    done, _ = await asyncio.wait([looking, watching], return_when=asyncio.FIRST_COMPLETED)
    for task in (looking, signals, watching):
        task.cancel()
    await asyncio.wait([watching], timeout=ENDING_SECONDS)
    if watching.done() and not watching.cancelled():
        watching.result()
    return looking not in done


async def _cancel_at_signals(watching: asyncio.Task[None], ready: asyncio.Event) -> None:
    """Cancel kopf at SIGTERM and SIGINT, once it has set its own handlers of them.

    Kopf's handlers would give its tasks that wait for the API server five seconds more.
    """
    await ready.wait()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, watching.cancel)


Mark = tuple[str, bool] | None
"""UID of a cluster, and True if it has ACK's TrainingJobs; a change requires a new kopf."""


async def _await_another_cluster(kube: Kube, known: Mark) -> None:
    """Wait until the mark of the cluster differs from the known one."""
    found = None
    while not found or found == known:
        await asyncio.sleep(CLUSTER_SECONDS)
        found = await _mark(kube)


async def _mark(kube: Kube) -> Mark:
    """Return the mark of the cluster that answers now; None if none does.

    The identity of a cluster is the UID of its kube-system namespace.
    """
    with contextlib.suppress(KubeError, OSError):
        born_with = await asyncio.to_thread(kube.get, Key("Namespace", "", "kube-system"))
        if born_with:
            jobs = await asyncio.to_thread(kube.serves, "TrainingJob")
            return born_with["metadata"]["uid"], jobs
    return None


def settings() -> kopf.OperatorSettings:
    """Return kopf's settings: it posts no events, and retries the API server without end."""
    chosen = kopf.OperatorSettings()
    chosen.posting.enabled = False
    chosen.networking.error_backoffs = Forever()
    chosen.networking.request_timeout = 30
    chosen.watching.reconnect_backoff = 0.2
    chosen.queueing.exit_timeout = 1.0
    return chosen


def credentials(environment: Environment) -> kopf.ConnectionInfo:
    """Return the address of the API server and the controllers' certificate for it."""
    pair = Pair(environment.pki, "controllers")
    return kopf.ConnectionInfo(
        server=environment.api_server_url,
        ca_path=str(environment.certificate_authority),
        certificate_path=str(pair.certificate),
        private_key_path=str(pair.key),
    )


def _selector(kind: str) -> tuple[str, str, str]:
    *_, group, version, plural = ("", *RESOURCES[kind].split("/"))
    return ("" if group == "api" else group), version, plural
