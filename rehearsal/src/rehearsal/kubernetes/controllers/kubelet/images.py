"""Containers that have an equivalent on this machine, and their command line here."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from rehearsal.kubernetes.controllers.drivers import repository
from rehearsal.kubernetes.controllers.kube import Object
from rehearsal.project import settings

# The image's entrypoint, by the last name of its repository. public.ecr.aws/aws-cli/aws-cli has
# the same awscli that is installed beside this Python. Docker's official image of Python has no
# entrypoint, and the standard library alone. A script for busybox runs with this machine's shell.
ENTRYPOINTS = {"aws-cli": ["aws"], "busybox": [], "python": []}
BESIDE_PYTHON = frozenset({"aws"})
SHELLS = frozenset({"sh", "bash"})

_PYTHON = re.compile(r"python(3(\.\d+)?)?")

NOT_RUNNABLE = "ImageNotRunnable"


def runnable(pod: Object) -> bool:
    """Return True if every container of a pod can run here."""
    containers = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
    return all(command_line(container) is not None for container in containers)


def command_line(container: Object) -> list[str] | None:
    """Return the command line that does a container's work here, or None if there is none."""
    image = repository(container["image"])
    entrypoint = ENTRYPOINTS.get(image, [])
    command = [*(container.get("command") or entrypoint), *(container.get("args") or [])]
    if workload(command):
        return [sys.executable, *command[1:]]
    if image == "python" and command and _PYTHON.fullmatch(Path(command[0]).name):
        return [sys.executable, *_bare(container), *command[1:]]
    return _of_image(image, command) if command and image in ENTRYPOINTS else None


def workload(command: Sequence[str]) -> str:
    """Return the module of the program's workloads that a command line runs; empty if none.

    They are on this machine, whatever the name of their image.
    """
    program, *rest = command or [""]
    if _PYTHON.fullmatch(Path(program).name) and rest[:1] == ["-m"] and len(rest) > 1:
        module = rest[1]
        return module if module.partition(".")[0] in settings().workload_packages else ""
    return ""


def beside_python() -> Path:
    """Return the directory of this Python's programs."""
    return Path(sys.executable).parent


def not_runnable_message(pod: Object) -> str:
    """Return the message that says why a pod is not run."""
    containers = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
    without = sorted({one["image"] for one in containers if command_line(one) is None})
    known = ", ".join(sorted(ENTRYPOINTS))
    own = " and ".join(f"`python -m {one}...`" for one in settings().workload_packages)
    return (
        f"scheduled, not run: in a rehearsal no container runs, and {', '.join(without)} has no "
        f"equivalent on this machine (those that have: {known}{own and f', and {own} in any'})"
    )


def _bare(container: Object) -> list[str]:
    """Return the options that hide all of Python's packages but those that the container brings."""
    own_path = any(one["name"] == "PYTHONPATH" for one in container.get("env", []))
    return ["-s", "-S", "-u"] if own_path else ["-E", "-s", "-S", "-u"]


def _of_image(image: str, command: Sequence[str]) -> list[str] | None:
    program, *arguments = command
    name = Path(program).name
    if name in BESIDE_PYTHON and image == "aws-cli":
        return [str(beside_python() / name), *arguments]
    return [f"/bin/{name}", *arguments] if name in SHELLS else None
