"""Which container images have an equivalent on this machine, and their command line here."""

from __future__ import annotations

import sys
from pathlib import Path

from rehearsal.cluster.controllers.drivers import repository
from rehearsal.cluster.controllers.kube import Object

# The image's entrypoint, by the last name of its repository. public.ecr.aws/aws-cli/aws-cli has
# the same awscli that is installed beside this Python.
ENTRYPOINTS = {"aws-cli": ["aws"]}
BESIDE_PYTHON = frozenset({"aws"})
SHELLS = frozenset({"sh", "bash"})

NOT_RUNNABLE = "ImageNotRunnable"


def runnable(pod: Object) -> bool:
    """Whether every container of a pod can run here."""
    containers = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
    return all(command_line(container) is not None for container in containers)


def command_line(container: Object) -> list[str] | None:
    """The program and arguments that do a container's work here; None when nothing can."""
    entrypoint = ENTRYPOINTS.get(repository(container["image"]))
    if entrypoint is None:
        return None
    program, *arguments = container.get("command") or entrypoint
    name = Path(program).name
    arguments += container.get("args") or []
    if name in BESIDE_PYTHON:
        return [str(beside_python() / name), *arguments]
    return [f"/bin/{name}", *arguments] if name in SHELLS else None


def beside_python() -> Path:
    """The folder of this Python's programs."""
    return Path(sys.executable).parent


def not_runnable_message(pod: Object) -> str:
    """Why a pod is not run."""
    images = sorted({container["image"] for container in pod["spec"]["containers"]})
    known = ", ".join(sorted(ENTRYPOINTS))
    return (
        f"scheduled, not run: in a rehearsal no container runs, and {', '.join(images)} has no "
        f"equivalent on this machine (those that have: {known})"
    )
