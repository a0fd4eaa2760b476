"""Pods that compare and copy contents of the shared storage with bash, in the AWS CLI's image.

They need no image of ours: bash and GNU coreutils are in the AWS CLI's public one. The scripts are
in scripts/, each preceded by the functions of contents.sh.
"""

from collections.abc import Mapping
from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes

IMAGE = "public.ecr.aws/aws-cli/aws-cli:2.27.50"
MOUNT_PATH = "/storage"
VOLUME = "storage"
SCRIPTS = Path(__file__).parent / "scripts"


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
    variables = {"STORAGE": MOUNT_PATH, **environment}
    dropped: kubernetes.core.v1.CapabilitiesArgsDict = {"drop": ["ALL"]}
    if capabilities:
        dropped["add"] = [*capabilities]
    return {
        "name": name,
        "image": IMAGE,
        "command": ["bash", "-c", escape_variables(text)],
        "env": [{"name": key, "value": value} for key, value in variables.items()],
        "volume_mounts": [{"name": VOLUME, "mount_path": MOUNT_PATH}],
        "resources": {"requests": {"cpu": "250m", "memory": "256Mi"}},
        # The sentence that a script fails with shows in the pod's status.
        "termination_message_policy": "FallbackToLogsOnError",
        "security_context": {
            "allow_privilege_escalation": False,
            "capabilities": dropped,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
    }


def escape_variables(text: str) -> str:
    """Return a text in a form that Kubernetes leaves as it is, with $$ for each $.

    In any other form $(NAME) would be replaced by the value of a variable.

    Source:
    https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
    """
    return text.replace("$", "$$")
