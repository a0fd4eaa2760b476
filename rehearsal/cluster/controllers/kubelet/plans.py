"""What it takes to run a pod here: each container's command, variables, folders and probes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rehearsal import logs
from rehearsal.clients import Cloud
from rehearsal.cluster.controllers import drivers
from rehearsal.cluster.controllers.identity import Account, NoCredentials, PodIdentity
from rehearsal.cluster.controllers.kube import Kube, Object
from rehearsal.cluster.controllers.kubelet import environment, images, probes, progress, volumes
from rehearsal.cluster.controllers.kubelet.containers import GRACE_SECONDS, Plan
from rehearsal.cluster.controllers.kubelet.network import Addresses, Network
from rehearsal.cluster.controllers.kubelet.place import Place
from rehearsal.cluster.controllers.kubelet.progress import Container
from rehearsal.cluster.controllers.kubelet.runs import Terms
from rehearsal.cluster.controllers.kubelet.volumes import Mount
from rehearsal.file_systems.contents import Contents
from rehearsal.places import HOST, PROJECT, World

RESTORES_BY_ITSELF = "workloads.preload"
TEMPORARY = "/tmp"
MESSAGE_PATH = "/dev/termination-log"
LUSTRE_TOOLS = str(PROJECT / "rehearsal" / "file_systems" / "lfs" / "bin")
SYSTEM = "/usr/local/bin:/usr/bin:/bin"


class PodPlan(NamedTuple):
    """What it takes to run a pod."""

    containers: list[Plan]
    terms: Terms
    place: Place
    network: Network


class Planner:
    """Makes the plans of pods, of what the cluster and the account have now."""

    def __init__(
        self, kube: Kube, cloud: Cloud, contents: Contents, world: World, addresses: Addresses
    ) -> None:
        self._kube = kube
        self._cloud = cloud
        self._contents = contents
        self._world = world
        self._addresses = addresses
        self._identities = PodIdentity(cloud)

    def plan(self, pod: Object) -> PodPlan:
        """The plan of a pod.

        Raises:
            MountError: a volume can't be mounted.
            ConfigError: something a variable or a probe needs is not there.
        """
        account = drivers.service_account(self._kube, pod["metadata"]["namespace"], pod["spec"])
        place = self._place(pod, account.region)
        network = Network.of(self._kube, self._addresses, pod)
        # What a process is told of its own address is the one that it can listen on.
        pod = pod | {"status": pod.get("status", {}) | {"podIP": network.own.local}}
        maker = _Maker(self._kube, pod, place, network, self._base(pod, account, place))
        made = [
            maker.plan(progress.resumed(pod, container), self._logs(pod))
            for container in progress.containers(pod)
        ]
        return PodPlan(made, _terms(pod, place), place, network)

    def folder(self, uid: str) -> Path:
        """What is kept of a pod while it runs."""
        return Path(self._world.root, "pods", uid)

    def _place(self, pod: Object, region: str) -> Place:
        containers = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
        lazy = any(
            images.workload(one.get("command") or []) == RESTORES_BY_ITSELF for one in containers
        )
        folder = self.folder(pod["metadata"]["uid"])
        return Place(self._kube, self._cloud, self._contents, region, folder, lazy)

    def _logs(self, pod: Object) -> Path:
        """The folder of a pod's logs, which tells whose pod it was when that is gone."""
        metadata = pod["metadata"]
        folder = logs.pod_folder(self._world, metadata["namespace"], metadata["name"])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / logs.OWNERS).write_text("\n".join(owners(pod)))
        return folder

    def _base(self, pod: Object, account: Account, place: Place) -> dict[str, str]:
        """What a process has before its container's own variables."""
        base = self._world.aws_environment(account.region)
        del base["AWS_ACCESS_KEY_ID"], base["AWS_SECRET_ACCESS_KEY"]
        return base | {
            "PATH": os.pathsep.join([str(images.beside_python()), LUSTRE_TOOLS, SYSTEM]),
            "PYTHONPATH": str(PROJECT),
            "PYTHONUNBUFFERED": "1",
            "HOME": str(place.folder),
            "HOSTNAME": pod["spec"].get("hostname") or pod["metadata"]["name"],
            "KUBERNETES_SERVICE_HOST": HOST,
            "KUBERNETES_SERVICE_PORT": str(self._world.ports.api_server),
            **self._credentials(account),
        }

    def _credentials(self, account: Account) -> dict[str, str]:
        """AWS's credentials as Pod Identity gives them; none without an association."""
        try:
            identity = self._identities.of(account)
        except NoCredentials:
            return {}  # the program itself says that it finds none
        sts = self._cloud.client("sts", account.region)
        tags = [{"Key": key, "Value": value} for key, value in identity.tags.items()]
        role, session = identity.role_arn, identity.session
        found = sts.assume_role(RoleArn=role, RoleSessionName=session, Tags=tags)["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
            "AWS_SESSION_TOKEN": found["SessionToken"],
        }


class _Maker(NamedTuple):
    """Makes the plans of one pod's containers."""

    kube: Kube
    pod: Object
    place: Place
    network: Network
    base: dict[str, str]

    def plan(self, container: Container, log_folder: Path) -> Plan:
        spec = spec_of(self.pod, container)
        folder = self.place.folder / "containers" / container.name
        own = environment.variables(self.kube, self.pod, spec)
        mounts = volumes.mounts(self.place, self.pod, spec, own)
        message = Mount(spec.get("terminationMessagePath", MESSAGE_PATH), folder / "message")
        here = self._translation([*mounts, message], own)
        variables = self.base | _temporary(mounts) | {name: here(own[name]) for name in own}
        command = _command(images.command_line(spec) or [], here)
        ask = probes.run_by(variables, folder, lambda words: _probe_command(spec, words, here))
        return Plan(
            container,
            command,
            variables,
            folder,
            log_folder / f"{container.name}.log",
            _restart(self.pod, container),
            probes.of(spec, self.network.own.local, ask),
            message.folder,
            spec.get("terminationMessagePolicy") == "FallbackToLogsOnError",
            _grace(self.pod),
        )

    def _translation(self, mounts: list[Mount], own: dict[str, str]) -> Callable[[str], str]:
        """What makes a word of the container one of this machine."""
        context = self.pod["spec"].get("securityContext") or {}
        known = f"{context.get('runAsUser')}:{context.get('runAsGroup')}"

        def here(word: str) -> str:
            word = environment.expand(word, own)
            if word == known:  # who the pod runs as is who runs the rehearsal
                return f"{os.getuid()}:{os.getgid()}"
            return self.network.rewrite(volumes.rewrite(word, mounts))

        return here


def owners(pod: Object) -> list[str]:
    """The names of what a pod belongs to: a Job, or a ReplicaSet and its Deployment."""
    metadata = pod["metadata"]
    names = [owner["name"] for owner in metadata.get("ownerReferences", []) if "name" in owner]
    suffix = f"-{metadata.get('labels', {}).get('pod-template-hash')}"
    return names + [name.removesuffix(suffix) for name in names if name.endswith(suffix)]


def spec_of(pod: Object, container: Container) -> Object:
    """A container's part of the pod's spec."""
    field = "initContainers" if container.init else "containers"
    found: Object = next(one for one in pod["spec"][field] if one["name"] == container.name)
    return found


def _command(words: Sequence[str], here: Callable[[str], str]) -> list[str]:
    """A command line of this machine; its program is that already."""
    return [*words[:1], *map(here, words[1:])]


def _probe_command(spec: Object, words: Sequence[str], here: Callable[[str], str]) -> list[str]:
    line = images.command_line({"image": spec["image"], "command": list(words)})
    return _command(line or words, here)


def _temporary(mounts: list[Mount]) -> dict[str, str]:
    """Where temporary files go, when that is a volume."""
    folder = next((mount.folder for mount in mounts if mount.path == TEMPORARY), None)
    return {"TMPDIR": str(folder)} if folder else {}


def _restart(pod: Object, container: Container) -> str:
    if container.sidecar:
        return "Always"
    policy: str = pod["spec"].get("restartPolicy", "Always")
    # An init container that is done is done.
    return "OnFailure" if container.init and policy == "Always" else policy


def _terms(pod: Object, place: Place) -> Terms:
    limited = volumes.limits(pod)
    exceeded = (lambda: volumes.exceeded(place, limited)) if limited else None
    return Terms(_grace(pod), _left(pod), exceeded)


def _grace(pod: Object) -> float:
    return float(pod["spec"].get("terminationGracePeriodSeconds", GRACE_SECONDS))


def _left(pod: Object) -> float | None:
    """What is left of the pod's time (seconds), which runs from its first start."""
    seconds = pod["spec"].get("activeDeadlineSeconds")
    if seconds is None:
        return None
    began = pod["status"].get("startTime")
    if not began:
        return float(seconds)
    passed = datetime.now(UTC) - datetime.fromisoformat(began)
    return max(0.0, float(seconds) - passed.total_seconds())
