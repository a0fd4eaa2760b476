"""Run spec of a pod on this machine: its volumes, network, identity and containers."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import yaml

from rehearsal import file_systems, logs
from rehearsal.clients.aws import Cloud
from rehearsal.file_systems.contents import Contents
from rehearsal.kubernetes import kubeconfig
from rehearsal.kubernetes.controllers import drivers
from rehearsal.kubernetes.controllers.identity import Account, NoCredentials, PodIdentity
from rehearsal.kubernetes.controllers.kube import Kube, Object
from rehearsal.kubernetes.controllers.kubelet import container_spec, images, progress, volumes
from rehearsal.kubernetes.controllers.kubelet.container_spec import RunSpecBuilder
from rehearsal.kubernetes.controllers.kubelet.containers import RunSpec
from rehearsal.kubernetes.controllers.kubelet.env_vars import ConfigError
from rehearsal.kubernetes.controllers.kubelet.network import Addresses, Network
from rehearsal.kubernetes.controllers.kubelet.runs import Terms
from rehearsal.kubernetes.controllers.kubelet.volume_sources import VolumeSources
from rehearsal.mountpoint.mounts import Mounts
from rehearsal.paths import HOST, Environment, project
from rehearsal.project import settings

SYSTEM = "/usr/local/bin:/usr/bin:/bin"


class PodRunSpec(NamedTuple):
    """Run spec of a pod."""

    containers: list[RunSpec]
    terms: Terms
    place: VolumeSources
    network: Network


class PodSpecBuilder:
    """Builder of the run specs of pods, from the present state of the cluster and the account."""

    def __init__(
        self,
        kube: Kube,
        cloud: Cloud,
        contents: Contents,
        environment: Environment,
        addresses: Addresses,
    ) -> None:
        self._kube = kube
        self._cloud = cloud
        self._contents = contents
        self._environment = environment
        self._addresses = addresses
        self.s3: Mounts | None = None
        self._identities = PodIdentity(cloud)

    def plan(self, pod: Object) -> PodRunSpec:
        """Return the run spec of a pod.

        Raises:
            MountError: A volume cannot be mounted.
            ConfigError: A variable or a probe refers to something that is missing.
        """
        account = drivers.service_account(self._kube, pod["metadata"]["namespace"], pod["spec"])
        place = self._place(pod, account.region)
        network = Network.of(self._kube, self._addresses, pod)
        # A process must see the address that it can listen on as its own.
        pod = pod | {"status": pod.get("status", {}) | {"podIP": network.own.local}}
        maker = RunSpecBuilder(self._kube, pod, place, network, self._base(pod, account, place))
        made = [
            maker.plan(progress.resumed(pod, container), self._logs(pod))
            for container in progress.containers(pod)
        ]
        return PodRunSpec(made, _terms(pod, place), place, network)

    def folder(self, uid: str) -> Path:
        """Return the directory with the files of a pod while it runs."""
        return Path(self._environment.root, "pods", uid)

    def _place(self, pod: Object, region: str) -> VolumeSources:
        containers = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
        lazy = any(
            images.workload(one.get("command") or []) in settings().restoring_modules
            for one in containers
        )
        folder = self.folder(pod["metadata"]["uid"])
        address = drivers.node_address(self._kube, pod["spec"]["nodeName"])
        return VolumeSources(
            self._kube, self._cloud, self._contents, region, folder, lazy, address, self.s3
        )

    def _logs(self, pod: Object) -> Path:
        """Create the directory of a pod's logs, which also names the pod's owners for later."""
        metadata = pod["metadata"]
        folder = logs.pod_folder(self._environment, metadata["namespace"], metadata["name"])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / logs.OWNERS).write_text("\n".join(owners(pod)))
        return folder

    def _base(self, pod: Object, account: Account, place: VolumeSources) -> dict[str, str]:
        """Return the variables of a process before those of its container."""
        base = self._environment.aws_environment(account.region)
        host, port = _api_server(self._environment)
        del base["AWS_ACCESS_KEY_ID"], base["AWS_SECRET_ACCESS_KEY"]
        return base | {
            "PATH": os.pathsep.join(
                [str(images.beside_python()), str(file_systems.programs()), SYSTEM]
            ),
            "PYTHONPATH": str(project()),
            "PYTHONUNBUFFERED": "1",
            # Threads that wait for each other would take the processor from the other pods, all
            # of which are on this one machine: two trainings at once took four times as long.
            "OMP_WAIT_POLICY": "PASSIVE",
            "HOME": str(place.folder),
            "HOSTNAME": pod["spec"].get("hostname") or pod["metadata"]["name"],
            "KUBERNETES_SERVICE_HOST": host,
            "KUBERNETES_SERVICE_PORT": str(port),
            **self._credentials(account),
        }

    def _credentials(self, account: Account) -> dict[str, str]:
        """Return the AWS credentials that Pod Identity gives; empty without an association."""
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


def _api_server(environment: Environment) -> tuple[str, int]:
    """Return host and port of the API server that issued the pod's service account token."""
    cluster = environment.user_cluster
    if cluster is None:
        return HOST, environment.ports.api_server
    try:
        config = yaml.safe_load(Path(cluster.kubeconfig).read_text())
        return kubeconfig.server(config, cluster.context)
    except (OSError, yaml.YAMLError, LookupError) as error:
        raise ConfigError(f"{cluster.kubeconfig}: {error}") from error


def owners(pod: Object) -> list[str]:
    """Return the names of a pod's owners: a Job, or a ReplicaSet and its Deployment."""
    metadata = pod["metadata"]
    names = [owner["name"] for owner in metadata.get("ownerReferences", []) if "name" in owner]
    suffix = f"-{metadata.get('labels', {}).get('pod-template-hash')}"
    return names + [name.removesuffix(suffix) for name in names if name.endswith(suffix)]


def _terms(pod: Object, place: VolumeSources) -> Terms:
    limited = volumes.limits(pod)
    exceeded = (lambda: volumes.exceeded(place, limited)) if limited else None
    return Terms(container_spec.grace(pod), _left(pod), exceeded)


def _left(pod: Object) -> float | None:
    """Return the seconds left of the pod's deadline, which counts from its first start."""
    seconds = pod["spec"].get("activeDeadlineSeconds")
    if seconds is None:
        return None
    began = pod["status"].get("startTime")
    if not began:
        return float(seconds)
    passed = datetime.now(UTC) - datetime.fromisoformat(began)
    return max(0.0, float(seconds) - passed.total_seconds())
