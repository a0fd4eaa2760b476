"""The containers of workloads, as documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import pulumi
import pulumi_kubernetes as kubernetes

USER = 1000
"""Who the workloads are, in the image and on the storage; also their group."""

SCRATCH = "tmp"
"""The volume that every workload writes its temporary files to."""


@dataclass(frozen=True)
class Mount:
    """A volume of the pod in a container."""

    volume: str
    """The volume's name in the pod."""
    path: str
    """Where the container has it."""
    read_only: bool = False
    sub_path: pulumi.Input[str] | None = None
    """A directory of the volume to mount instead of all of it."""


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
    """A container that runs `python -m workloads.WORKLOAD`, and may do nothing else.

    Args:
        workload: The module's name; the container is called so, with hyphens.
        image: The workloads image.
        arguments: Its command line.
        mounts: Volumes of the pod, beside the one for temporary files.
        environment: Variables, by name.
        cpu: What it asks for, and no limit: an idle processor helps nobody. As many threads
            compute: more of them than processors wait for each other most of the time.
        memory: What it asks for and is limited to.
    """
    variables = {"OMP_NUM_THREADS": str(processors(cpu)), **(environment or {})}
    return {
        "name": workload.replace("_", "-"),
        "image": image,
        "command": ["python", "-m", f"workloads.{workload}"],
        "args": [*arguments],
        "env": [{"name": key, "value": value} for key, value in variables.items()],
        "volume_mounts": [_volume_mount(each) for each in (Mount(SCRATCH, "/tmp"), *mounts)],
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
    """Whole processors of a Kubernetes quantity, at least one: 250m is one, 1.5 are two."""
    count = float(cpu.removesuffix("m")) / (1000 if cpu.endswith("m") else 1)
    return max(1, ceil(count))


def makes_directories(
    image: pulumi.Input[str], mount: Mount, directories: Sequence[pulumi.Input[str]]
) -> kubernetes.core.v1.ContainerArgsDict:
    """An init container that gives the workloads directories of their own on a shared volume.

    The root of a new FSx for Lustre file system belongs to root and nobody else writes to it, and
    Kubernetes leaves the owners on a volume of many writers alone. So this container alone is
    root, with no more than it takes to make a directory and hand it over.

    Args:
        image: The workloads image.
        mount: Where the whole volume is.
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


def _volume_mount(mount: Mount) -> kubernetes.core.v1.VolumeMountArgsDict:
    """A mount in Kubernetes' shape."""
    shaped: kubernetes.core.v1.VolumeMountArgsDict = {
        "name": mount.volume,
        "mount_path": mount.path,
        "read_only": mount.read_only,
    }
    if mount.sub_path is not None:
        shaped["sub_path"] = mount.sub_path
    return shaped
