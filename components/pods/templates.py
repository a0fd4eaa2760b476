"""Documents of containers, pods and Jobs of workloads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import pulumi
import pulumi_kubernetes as kubernetes

USER = 1000
"""Id of the workloads' user and group, in the image and on the storage."""

TEMPORARY_VOLUME = "tmp"
"""Name of the volume for the temporary files of every workload."""

LABELS = {"app.kubernetes.io/name": "eks-ml-workloads"}
"""Labels of all pods of the workloads image, and of no others."""

NON_RETRYABLE_EXIT_CODES = (64, 65, 66)
"""Exit codes after which a retry would end the same: wrong usage, wrong data, no input.
Source: sysexits.h, whose codes the workloads end with."""


@dataclass(frozen=True)
class Mount:
    """A volume of the pod in a container."""

    volume: str
    """Name of the volume in the pod."""
    path: str
    """Path of the volume in the container."""
    read_only: bool = False
    """True if the container cannot write to it."""
    sub_path: pulumi.Input[str] | None = None
    """Directory of the volume to mount instead of all of it."""


def container(  # noqa: PLR0913 (a container's parts, all but two of them optional)
    workload: str,
    image: pulumi.Input[str],
    arguments: Sequence[pulumi.Input[str]] = (),
    *,
    mounts: Sequence[Mount] = (),
    environment: Mapping[str, pulumi.Input[str]] | None = None,
    cpu: str = "250m",
    memory: str = "512Mi",
) -> kubernetes.core.v1.ContainerArgsDict:
    """Return a container that runs `python -m workloads.WORKLOAD` without any privileges.

    Args:
        workload: Name of the module; with hyphens, also that of the container.
        image: URI of the workloads image.
        arguments: Command line of the workload.
        mounts: Volumes of the pod, beside the one for temporary files.
        environment: Environment variables by name.
        cpu: Request, as a Kubernetes quantity. There is no limit, so that the pod can use idle
            processors. The number of threads is the request, rounded up: more threads than
            processors would mostly wait for each other.
        memory: Request and limit, as a Kubernetes quantity.
    """
    variables = {"OMP_NUM_THREADS": str(processors(cpu)), **(environment or {})}
    mounted = (Mount(TEMPORARY_VOLUME, "/tmp"), *mounts)
    return {
        "name": workload.replace("_", "-"),
        "image": image,
        "command": ["python", "-m", f"workloads.{workload}"],
        "args": [*arguments],
        "env": [{"name": key, "value": value} for key, value in variables.items()],
        "volume_mounts": [_volume_mount(one) for one in mounted],
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}},
        # The sentence that a workload fails with shows in the pod's status.
        "termination_message_policy": "FallbackToLogsOnError",
        "security_context": {
            "allow_privilege_escalation": False,
            "capabilities": {"drop": ["ALL"]},
            "read_only_root_filesystem": True,
        },
    }


def processors(cpu: str) -> int:
    """Return the whole processors of a Kubernetes quantity: 250m is one, 1.5 are two."""
    count = float(cpu.removesuffix("m")) / (1000 if cpu.endswith("m") else 1)
    return max(1, ceil(count))


def directory_init_container(
    image: pulumi.Input[str], mount: Mount, directories: Sequence[pulumi.Input[str]]
) -> kubernetes.core.v1.ContainerArgsDict:
    """Return an init container that creates directories for the workloads' user on a shared volume.

    The root directory of a new FSx for Lustre file system belongs to root, and only root can write
    to it. Kubernetes does not change owners on a ReadWriteMany volume. So this container runs as
    root, with the capabilities to create a directory and change its owner.

    Args:
        image: URI of the workloads image.
        mount: Mount of the whole volume.
        directories: Paths below the mount.
    """
    paths = [pulumi.Output.concat(mount.path, "/", directory) for directory in directories]
    owner = ["--owner", f"{USER}:{USER}"]
    return {
        **container("directories", image, [*paths, *owner], mounts=[mount], memory="128Mi"),
        "security_context": {
            "run_as_user": 0,
            "run_as_group": 0,
            "run_as_non_root": False,
            "allow_privilege_escalation": False,
            "capabilities": {"drop": ["ALL"], "add": ["CHOWN", "FOWNER", "DAC_OVERRIDE"]},
            "read_only_root_filesystem": True,
        },
    }


def labels(component: str) -> dict[str, str]:
    """Return the labels of the pods of one purpose."""
    return {**LABELS, "app.kubernetes.io/component": component}


def claim(volume: str, name: pulumi.Input[str]) -> kubernetes.core.v1.VolumeArgsDict:
    """Return a volume of a pod that is a persistent volume claim."""
    return {"name": volume, "persistent_volume_claim": {"claim_name": name}}


def pod_template(  # noqa: PLR0913 (a pod's parts, all but two of them optional)
    component: str,
    containers: Sequence[kubernetes.core.v1.ContainerArgsDict],
    *,
    init_containers: Sequence[kubernetes.core.v1.ContainerArgsDict] = (),
    volumes: Sequence[kubernetes.core.v1.VolumeArgsDict] = (),
    service_account: pulumi.Input[str] | None = None,
    calls_kubernetes: bool = False,
    restart_policy: str = "Never",
    annotations: Mapping[str, pulumi.Input[str]] | None = None,
) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
    """Return a pod of workloads that meets Pod Security's "restricted".

    Args:
        component: Purpose of the pod, for its labels.
        containers: Containers, made by `container`.
        init_containers: Init containers, made by `container`; those with restartPolicy Always are
            sidecars.
        volumes: Volumes beside the one for temporary files.
        service_account: Name of the service account; the namespace's default by default.
        calls_kubernetes: True if the pod gets a token of the service account.
        restart_policy: Never for Jobs, Always for Deployments.
        annotations: Annotations; a change of one makes another Job.
    """
    spec: kubernetes.core.v1.PodSpecArgsDict = {
        "restart_policy": restart_policy,
        "automount_service_account_token": calls_kubernetes,
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": USER,
            "run_as_group": USER,
            "fs_group": USER,
            "fs_group_change_policy": "OnRootMismatch",
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "containers": [*containers],
        "volumes": [{"name": TEMPORARY_VOLUME, "empty_dir": {}}, *volumes],
    }
    if init_containers:
        spec["init_containers"] = [*init_containers]
    if service_account is not None:
        spec["service_account_name"] = service_account
    metadata: kubernetes.meta.v1.ObjectMetaArgsDict = {"labels": labels(component)}
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"metadata": metadata, "spec": spec}


def job_spec(
    template: kubernetes.core.v1.PodTemplateSpecArgsDict,
    *,
    deadline_seconds: int = 3600,
    backoff_limit: int = 4,
) -> kubernetes.batch.v1.JobSpecArgsDict:
    """Return a Job of one pod, which is retried after failures that a retry can end.

    Args:
        template: Pod, made by `pod_template`.
        deadline_seconds: Seconds after which the Job fails, all retries together.
        backoff_limit: Number of retries.
    """
    return {
        "template": template,
        "backoff_limit": backoff_limit,
        "active_deadline_seconds": deadline_seconds,
        "pod_failure_policy": {
            "rules": [
                {
                    "action": "FailJob",
                    "on_exit_codes": {"operator": "In", "values": [*NON_RETRYABLE_EXIT_CODES]},
                },
                # A node that goes, as spare capacity does, is no failure of the pod's.
                {
                    "action": "Ignore",
                    "on_pod_conditions": [{"type": "DisruptionTarget", "status": "True"}],
                },
            ]
        },
    }


def _volume_mount(mount: Mount) -> kubernetes.core.v1.VolumeMountArgsDict:
    mounted: kubernetes.core.v1.VolumeMountArgsDict = {
        "name": mount.volume,
        "mount_path": mount.path,
        "read_only": mount.read_only,
    }
    if mount.sub_path is not None:
        mounted["sub_path"] = mount.sub_path
    return mounted
