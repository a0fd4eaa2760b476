"""The controller of Jobs' pods: what a kubelet would do with them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rehearsal.clients import Cloud
from rehearsal.cluster import kwok
from rehearsal.cluster.controllers import drivers
from rehearsal.cluster.controllers.identity import (
    Identity,
    NoCredentials,
    PodIdentity,
)
from rehearsal.cluster.controllers.kube import Key, Kube, Object
from rehearsal.cluster.controllers.kubelet import environment, images, status, volumes
from rehearsal.cluster.controllers.kubelet.processes import end_left_over
from rehearsal.cluster.controllers.kubelet.runs import Plan, Run
from rehearsal.cluster.controllers.kubelet.status import Container, Progress
from rehearsal.cluster.controllers.kubelet.volumes import Place
from rehearsal.cluster.controllers.workqueue import Outcome
from rehearsal.file_systems.contents import Contents
from rehearsal.places import World

MOUNT_AGAIN = 3.0
SOURCE = "kubelet"


class JobPods:
    """Runs the pods of Jobs whose images have an equivalent here."""

    kind = "Pod"

    def __init__(self, kube: Kube, cloud: Cloud, contents: Contents, world: World) -> None:
        self._kube = kube
        self._cloud = cloud
        self._contents = contents
        self._world = world
        self._identities = PodIdentity(cloud)
        self._runs: dict[Key, tuple[str, Run]] = {}
        self.changed: Callable[[Key], None] = lambda _: None

    def stop(self) -> None:
        """Ends every process; their pods are taken up again by the next controllers."""
        runs = [run for _, run in self._runs.values()]
        for run in runs:
            run.cancel()
        for run in runs:
            run.join(6.0)

    def sweep(self) -> None:
        """Ends and drops what is left of pods that went while no controllers ran."""
        left = {folder.name for folder in (self._world.root / "pods").glob("*")}
        if left:
            left -= {pod["metadata"]["uid"] for pod in self._kube.find("Pod")}
        for uid in left - {uid for uid, _ in self._runs.values()}:
            self._end_left_over(uid)
            shutil.rmtree(self._folder(uid), ignore_errors=True)

    def reconcile(self, key: Key) -> Outcome:
        """Brings one pod forward."""
        pod = self._kube.get(key)
        uid = pod["metadata"]["uid"] if pod else ""
        if self._runs.get(key, (uid,))[0] != uid:
            self._forget(key)  # an earlier pod of the same name
        if pod is None or not of_job(pod) or self._on_users_node(pod):
            return None
        pod["kind"] = self.kind
        if "deletionTimestamp" in pod["metadata"]:
            return self._delete(key, uid)
        if pod["status"].get("phase") in ("Succeeded", "Failed"):
            self._forget(key, uid)
            return None
        if not pod["spec"].get("nodeName"):
            return None  # the scheduler says why
        if not images.runnable(pod):
            self._leave(key, pod)
            return None
        return self._run(key, pod)

    def _on_users_node(self, pod: Object) -> bool:
        """Whether a kubelet has the pod, on a node that a cluster of the user's came with."""
        name = pod["spec"].get("nodeName")
        if not name or not self._world.user_cluster:
            return False
        node = self._kube.get(Key("Node", "", name))
        return node is not None and not kwok.manages(node)

    def _run(self, key: Key, pod: Object) -> Outcome:
        """Starts the pod, or writes how far it has got."""
        if key not in self._runs:
            lost = pod["status"].get("phase") == "Running"
            self._end_left_over(pod["metadata"]["uid"])
            if lost and pod["spec"].get("restartPolicy") == "Never":
                self._write(key, pod, _lost(pod))
                return None
            try:
                self._start(key, pod)
            except volumes.MountError as error:
                self._kube.event(pod, "Warning", "FailedMount", str(error), SOURCE)
                self._write(key, pod, Progress(status.containers(pod)))
                return MOUNT_AGAIN
            except environment.ConfigError as error:
                self._wait(key, pod, "CreateContainerConfigError", str(error))
                return MOUNT_AGAIN
        self._write(key, pod, self._runs[key][1].progress)
        return None

    def _start(self, key: Key, pod: Object) -> None:
        plans = self._plans(pod)
        run = Run(
            plans,
            lambda: self.changed(key),
            restart=pod["spec"].get("restartPolicy") != "Never",
            deadline_seconds=pod["spec"].get("activeDeadlineSeconds"),
        )
        self._runs[key] = (pod["metadata"]["uid"], run)
        said = f"Running {', '.join(plan.container.name for plan in plans)} as local processes"
        self._kube.event(pod, "Normal", "Started", said, SOURCE)
        run.start()

    def _plans(self, pod: Object) -> list[Plan]:
        metadata = pod["metadata"]
        account = drivers.service_account(self._kube, metadata["namespace"], pod["spec"])
        folder = self._folder(metadata["uid"])
        place = Place(self._kube, self._cloud, self._contents, account.region, folder)
        try:
            identity = self._identities.of(account)
        except NoCredentials:
            identity = None  # the program itself says that it finds none
        base = self._base_environment(identity, account.region) | {"HOME": str(folder)}
        return [self._plan(place, pod, container, base) for container in status.containers(pod)]

    def _plan(
        self,
        place: Place,
        pod: Object,
        container: Container,
        base: dict[str, str],
    ) -> Plan:
        spec = _spec(pod, container)
        own = environment.variables(self._kube, pod, spec)
        mounts = volumes.mounts(place, pod, spec)
        command = [environment.expand(word, own) for word in images.command_line(spec) or []]
        metadata = pod["metadata"]
        return Plan(
            replace(container, restarts=status.restarts(pod, container.name)),
            [command[0], *(volumes.rewrite(word, mounts) for word in command[1:])],
            base | {name: volumes.rewrite(value, mounts) for name, value in own.items()},
            place.folder / "containers" / container.name,
            self._world.logs / "pods" / metadata["namespace"] / f"{metadata['name']}.log",
        )

    def _base_environment(self, identity: Identity | None, region: str) -> dict[str, str]:
        """What a process has before its container's own variables: AWS as Pod Identity gives it."""
        found = self._world.aws_environment(region)
        found |= {"PATH": f"{images.beside_python()}{os.pathsep}/usr/local/bin:/usr/bin:/bin"}
        del found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]
        if identity:
            sts = self._cloud.client("sts", region)
            tags = [{"Key": key, "Value": value} for key, value in identity.tags.items()]
            keys = sts.assume_role(
                RoleArn=identity.role_arn, RoleSessionName=identity.session, Tags=tags
            )
            found |= {
                "AWS_ACCESS_KEY_ID": keys["Credentials"]["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": keys["Credentials"]["SecretAccessKey"],
                "AWS_SESSION_TOKEN": keys["Credentials"]["SessionToken"],
            }
        return found

    def _delete(self, key: Key, uid: str) -> Outcome:
        """Ends a pod that was deleted, then confirms that it is gone, as a kubelet does."""
        if key in self._runs:
            run = self._runs[key][1]
            run.cancel()
            if not run.ended:
                return 0.3
        self._end_left_over(uid)
        self._forget(key, uid)
        self._kube.delete(key, grace_seconds=0, uid=uid)
        return None

    def _leave(self, key: Key, pod: Object) -> None:
        """A pod that can't run here stays scheduled, and says so."""
        message = images.not_runnable_message(pod)
        if self._wait(key, pod, images.NOT_RUNNABLE, message):
            self._kube.event(pod, "Warning", images.NOT_RUNNABLE, message, SOURCE)

    def _wait(self, key: Key, pod: Object, reason: str, message: str) -> bool:
        waiting = tuple(one.waiting(reason, message) for one in status.containers(pod))
        return self._write(key, pod, Progress(waiting))

    def _write(self, key: Key, pod: Object, progress: Progress) -> bool:
        wanted = status.pod_status(pod, progress)
        changes = status.differs(pod["status"], wanted)
        if changes:
            self._kube.patch(key, {"status": wanted}, "status")
        return changes

    def _folder(self, uid: str) -> Path:
        return self._world.root / "pods" / uid

    def _end_left_over(self, uid: str) -> None:
        """Ends what earlier controllers left running of a pod."""
        for folder in self._folder(uid).glob("containers/*"):
            end_left_over(folder)

    def _forget(self, key: Key, uid: str = "") -> None:
        """Ends what still runs under a key, and drops what is kept of the pod."""
        known, run = self._runs.pop(key, (uid, None))
        if run is not None:
            run.cancel()
            run.join(10.0)
        if known:
            shutil.rmtree(self._folder(known), ignore_errors=True)


def of_job(pod: Object) -> bool:
    """Whether a pod belongs to a Job."""
    return any(owner["kind"] == "Job" for owner in pod["metadata"].get("ownerReferences", []))


def _spec(pod: Object, container: Container) -> Object:
    field = "initContainers" if container.init else "containers"
    found: Object = next(one for one in pod["spec"][field] if one["name"] == container.name)
    return found


def _lost(pod: Object) -> Progress:
    """A pod that was running when the controllers ended, and may not be started again."""
    said = "the rehearsal's controllers ended while it ran"
    ended = tuple(one.terminated(137, message=said) for one in status.containers(pod))
    return Progress(ended, "Failed", "Terminated", said)
