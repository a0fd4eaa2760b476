"""Controller of the pods that run here; it does the work of a kubelet."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from rehearsal import records
from rehearsal.clients.aws import Cloud
from rehearsal.file_systems.contents import Contents
from rehearsal.kubernetes import kwok
from rehearsal.kubernetes.controllers import drivers
from rehearsal.kubernetes.controllers.kube import Key, Kube, KubeError, Object
from rehearsal.kubernetes.controllers.kubelet import (
    config_volumes,
    exit_records,
    images,
    mountpoint_pods,
    node_disks,
    pod_faults,
    progress,
    status,
)
from rehearsal.kubernetes.controllers.kubelet.container_spec import spec_of
from rehearsal.kubernetes.controllers.kubelet.env_vars import ConfigError
from rehearsal.kubernetes.controllers.kubelet.exit_records import ExitRecord
from rehearsal.kubernetes.controllers.kubelet.network import Addresses
from rehearsal.kubernetes.controllers.kubelet.pod_spec import PodRunSpec, PodSpecBuilder
from rehearsal.kubernetes.controllers.kubelet.progress import Progress
from rehearsal.kubernetes.controllers.kubelet.runs import Run
from rehearsal.kubernetes.controllers.kubelet.volume_sources import MountError
from rehearsal.kubernetes.controllers.workqueue import Outcome
from rehearsal.mountpoint.mounts import Mounts
from rehearsal.paths import Environment
from rehearsal.processes.sessions import KILLED, end_left_over

MOUNT_RETRY_SECONDS = 3.0
RECHECK_SECONDS = 5.0
STOP_GRACE_SECONDS = 5.0
SOURCE = "kubelet"
S3_REFUSED = "MountpointRefused"
"""Reason of events about operations that Mountpoint for Amazon S3 does not have."""


@dataclass(frozen=True)
class Known:
    """Pod that runs here."""

    uid: str
    run: Run
    plan: PodRunSpec
    host: str
    """Address of the pod's node."""


class Pods:
    """Controller that runs pods as local processes, if kwok leaves them to it and it can."""

    kind = "Pod"

    def __init__(
        self, kube: Kube, cloud: Cloud, contents: Contents, environment: Environment
    ) -> None:
        self._kube = kube
        self._contents = contents
        self._environment = environment
        self._addresses = Addresses(
            environment.root / "cluster" / "addresses.json", environment.ports.cloud
        )
        self._s3 = Mounts(environment.root / "mountpoint", self._tell_of_s3)
        self._planner = PodSpecBuilder(kube, cloud, contents, environment, self._addresses)
        self._planner.s3 = self._s3
        self._known: dict[Key, Known] = {}
        self._faults = pod_faults.PodFaults()
        self.changed: Callable[[Key], None] = lambda _: None

    def stop(self) -> None:
        """End every process; the next controllers start their pods again."""
        known = list(self._known.values())
        for one in known:
            one.run.end(STOP_GRACE_SECONDS)
        for one in known:
            one.run.join(STOP_GRACE_SECONDS + 2.0)
        self._s3.stop()

    def sweep(self) -> None:
        """End and delete the remains of pods and nodes whose deletion was not noticed."""
        disks = self._planner.folder("").parent / "node-disks"
        if disks.exists():
            nodes = {node["metadata"]["uid"] for node in self._kube.find("Node")}
            node_disks.forget_missing(disks, nodes)
        left = {folder.name for folder in self._planner.folder("").glob("*")}
        if not left:
            return
        left -= {pod["metadata"]["uid"] for pod in self._kube.find("Pod")}
        for key, one in list(self._known.items()):
            if one.uid in left:
                left.remove(one.uid)
                self.changed(key)
        for uid in left:
            self._end_left_over(uid)
            self._drop(uid)

    def reconcile(self, key: Key) -> Outcome:
        """Start one pod, update its status or end it."""
        pod = self._kube.get(key)
        uid = pod["metadata"]["uid"] if pod else ""
        if key in self._known and self._known[key].uid != uid:
            self._forget(key)  # gone, or an earlier pod of the same name
        if pod is None or not kwok.leaves_to_controllers(pod) or self._on_users_node(pod):
            return None
        pod["kind"] = self.kind
        if "deletionTimestamp" in pod["metadata"]:
            return self._delete(key, pod)
        if pod["status"].get("phase") in ("Succeeded", "Failed"):
            if self._planner.folder(uid).exists():
                self._end_left_over(uid)
                self._forget(key, uid)
            return None
        if not pod["spec"].get("nodeName"):
            return None  # the scheduler says why
        if not images.runnable(pod):
            self._leave(key, pod)
            return None
        return self._run(key, pod)

    def _on_users_node(self, pod: Object) -> bool:
        """Return True if the pod is on a real node of the user's cluster, which has a kubelet."""
        name = pod["spec"].get("nodeName")
        if not name or not self._environment.user_cluster:
            return False
        node = self._kube.get(Key("Node", "", name))
        return node is not None and not kwok.manages(node)

    def _run(self, key: Key, pod: Object) -> Outcome:
        """Start the pod, or write its progress into its status."""
        if key not in self._known:
            self._end_left_over(pod["metadata"]["uid"])
            if _was_running(pod) and pod["spec"].get("restartPolicy") == "Never":
                self._write(key, pod, _lost(pod))
                return None
            try:
                self._faults.check_mounts(pod)
                self._start(key, pod)
            except MountError as error:
                self._kube.event(pod, "Warning", "FailedMount", str(error), SOURCE)
                self._write(key, pod, Progress(progress.containers(pod)))
                return MOUNT_RETRY_SECONDS
            except ConfigError as error:
                self._wait(key, pod, "CreateContainerConfigError", str(error))
                return MOUNT_RETRY_SECONDS
        known = self._known[key]
        found = known.run.progress
        if found.phase in ("Succeeded", "Failed"):
            self._s3.flush(known.uid)  # a file is an object once the program has closed it
        self._write(key, pod, found)
        return (
            config_volumes.REFRESH_SECONDS
            if config_volumes.refresh(known.plan.place, pod)
            else None
        )

    def _start(self, key: Key, pod: Object) -> None:
        plan = self._planner.plan(pod)
        run = Run(
            plan.containers,
            lambda: self.changed(key),
            lambda ended: self._record(pod, ended),
            plan.terms,
        )
        uid = pod["metadata"]["uid"]
        host = drivers.node_address(self._kube, pod["spec"]["nodeName"])
        self._known[key] = Known(uid, run, plan, host)
        names = ", ".join(one.container.name for one in plan.containers)
        said = f"Running {names} as local processes at {plan.network.own.local}"
        self._kube.event(pod, "Normal", "Started", said, SOURCE)
        run.start()
        pod_faults.evict_later(pod, run)

    def _record(self, pod: Object, ended: ExitRecord) -> None:
        spec = spec_of(pod, ended.container)
        command = [*(spec.get("command") or []), *(spec.get("args") or [])]
        metadata = pod["metadata"]
        name = f"{metadata['namespace']}/{metadata['name']}"
        records.add(self._environment, exit_records.record(name, command, ended))

    def find(self, key: Key) -> Known | None:
        """Return a pod that runs here; None if it does not."""
        return self._known.get(key)

    def _delete(self, key: Key, pod: Object) -> Outcome:
        """End a deleted pod, then confirm its deletion as a kubelet does."""
        metadata = pod["metadata"]
        if key in self._known:
            run = self._known[key].run
            run.end(metadata.get("deletionGracePeriodSeconds"))
            self._write(key, pod, run.progress, leaving=True)
            if not run.ended:
                return RECHECK_SECONDS
        self._end_left_over(metadata["uid"])
        self._forget(key, metadata["uid"])
        self._kube.delete(key, grace_seconds=0, uid=metadata["uid"])
        return None

    def _leave(self, key: Key, pod: Object) -> None:
        """Leave a pod that cannot run here as scheduled, with a status and an event that say so."""
        message = images.not_runnable_message(pod)
        if self._wait(key, pod, images.NOT_RUNNABLE, message):
            self._kube.event(pod, "Warning", images.NOT_RUNNABLE, message, SOURCE)

    def _wait(self, key: Key, pod: Object, reason: str, message: str) -> bool:
        waiting = tuple(one.waiting(reason, message) for one in progress.containers(pod))
        return self._write(key, pod, Progress(waiting))

    def _write(self, key: Key, pod: Object, found: Progress, *, leaving: bool = False) -> bool:
        known = self._known.get(key)
        address, host = (known.plan.network.own.shown, known.host) if known else ("", "")
        wanted = status.pod_status(pod, found, address, host, leaving=leaving)
        changes = status.differs(pod["status"], wanted)
        if changes:
            self._kube.patch(key, {"status": wanted}, "status")
        return changes

    def _tell_of_s3(self, uids: set[str], text: str) -> None:
        """Tell the pods that mount S3 of an operation that Mountpoint refuses."""
        for key, one in list(self._known.items()):
            pod = self._kube.get(key) if one.uid in uids else None
            if pod is not None:
                with contextlib.suppress(KubeError):
                    self._kube.event(pod | {"kind": self.kind}, "Warning", S3_REFUSED, text, SOURCE)

    def _end_left_over(self, uid: str) -> None:
        """End the processes of a pod that earlier controllers left running."""
        for folder in self._planner.folder(uid).glob("containers/*"):
            end_left_over(folder)

    def _forget(self, key: Key, uid: str = "") -> None:
        """End the pod that still runs under a key, and delete what is stored of it."""
        known = self._known.get(key)
        if known is not None:
            known.run.end(0)
            known.run.join(10.0)
            del self._known[key]
            uid = known.uid
        if uid:
            self._drop(uid)

    def _drop(self, uid: str) -> None:
        self._faults.forget(uid)
        self._contents.unmount(uid)
        for mount in self._s3.unmount(uid):
            with contextlib.suppress(KubeError):
                mountpoint_pods.release(self._kube, mount.node, mount.volume)
        self._addresses.release(uid)
        shutil.rmtree(self._planner.folder(uid), ignore_errors=True)


def _was_running(pod: Object) -> bool:
    """Return True if the status that earlier controllers wrote has a running container."""
    known = pod["status"]
    if known.get("phase") == "Running":
        return True
    all_ = [*known.get("initContainerStatuses", []), *known.get("containerStatuses", [])]
    return any("running" in one["state"] for one in all_)


def _lost(pod: Object) -> Progress:
    """Return the progress of a pod that ran when the controllers ended and may not be restarted."""
    said = "the rehearsal's controllers ended while it ran"
    ended = tuple(one.terminated(KILLED, message=said) for one in progress.containers(pod))
    return Progress(ended, "Failed", "Terminated", said, disrupted=True)
