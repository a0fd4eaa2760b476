"""Pods that compare and copy contents of the shared storage with bash, in the AWS CLI's image.

They need no image of ours: bash and GNU coreutils are in the AWS CLI's public one. The scripts are
in scripts/, each preceded by the functions of contents.sh.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes

IMAGE = "public.ecr.aws/aws-cli/aws-cli:2.27.50"
MOUNT_PATH = "/storage"
VOLUME = "storage"
SCRIPTS = Path(__file__).parent / "scripts"
FILES_VOLUME, FILES_PATH, FILES_KEY = "files", "/files", "files"
MAX_VARIABLE_BYTES = 60_000
"""Longest list of files in an environment variable; Linux takes 128 KiB (MAX_ARG_STRLEN)."""


def script_container(
    name: str,
    script: str,
    environment: Mapping[str, pulumi.Input[str]],
    *,
    capabilities: tuple[str, ...] = (),
) -> kubernetes.core.v1.ContainerArgsDict:
    """Return a container that runs one of the scripts on the whole claim.

    Args:
        name: Name of the container.
        script: Name of the script's file, without its suffix.
        environment: Variables of the script by name, beside STORAGE.
        capabilities: Linux capabilities that it keeps of root's.
    """
    text = "".join((SCRIPTS / f"{each}.sh").read_text() for each in ("contents", script))
    mounts: list[kubernetes.core.v1.VolumeMountArgsDict] = [
        {"name": VOLUME, "mount_path": MOUNT_PATH}
    ]
    if "FILES_FILE" in environment:
        text = f'FILES=$(<"$FILES_FILE")\n{text}'
        mounts.append({"name": FILES_VOLUME, "mount_path": FILES_PATH, "read_only": True})
    variables = {"STORAGE": MOUNT_PATH, **environment}
    dropped: kubernetes.core.v1.CapabilitiesArgsDict = {"drop": ["ALL"]}
    if capabilities:
        dropped["add"] = [*capabilities]
    return {
        "name": name,
        "image": IMAGE,
        "command": ["bash", "-c", escape_variables(text)],
        "env": [{"name": key, "value": value} for key, value in variables.items()],
        "volume_mounts": mounts,
        "resources": {"requests": {"cpu": "250m", "memory": "256Mi"}},
        # The sentence that a script fails with shows in the pod's status.
        "termination_message_policy": "FallbackToLogsOnError",
        "security_context": {
            "allow_privilege_escalation": False,
            "capabilities": dropped,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
    }


@dataclass(frozen=True)
class FileList:
    """List of a dataset's files, as a script of a pod reads it."""

    variables: dict[str, pulumi.Input[str]]
    """Environment variables of the script."""
    volumes: list[kubernetes.core.v1.VolumeArgsDict]
    """Volumes of the pod."""


def file_list(
    name: str, manifest: str, namespace: pulumi.Input[str], parent: pulumi.Resource
) -> FileList:
    """Return a list of files as a variable, or as a file if it is too long for one.

    Args:
        name: Name of the ConfigMap that may be needed.
        manifest: Lines of the files, as `components.datasets.manifest` writes them.
        namespace: Namespace of the pod.
        parent: Component that the ConfigMap belongs to.
    """
    if len(manifest.encode()) <= MAX_VARIABLE_BYTES:
        return FileList({"FILES": escape_variables(manifest)}, [])
    config = kubernetes.core.v1.ConfigMap(
        name,
        metadata={"name": name, "namespace": namespace},
        data={FILES_KEY: manifest},
        opts=pulumi.ResourceOptions(parent=parent, delete_before_replace=True),
    )
    return FileList(
        {"FILES_FILE": f"{FILES_PATH}/{FILES_KEY}"},
        [{"name": FILES_VOLUME, "config_map": {"name": config.metadata.name}}],
    )


def escape_variables(text: str) -> str:
    """Return a text in a form that Kubernetes leaves as it is, with $$ for each $.

    In any other form $(NAME) would be replaced by the value of a variable.

    Source:
    https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
    """
    return text.replace("$", "$$")
