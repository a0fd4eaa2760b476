"""Measure whole deployments in a rehearsal of their own, by the processes that took part."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rehearsal.processes import lifecycle
from rehearsal.processes.guard import temporary_home
from rehearsal.pulumi.engine import Deployment

from bench.processes import Usage, Watch
from bench.program import stack_content
from rehearsal import paths

STACK = "bench"


@dataclass(frozen=True)
class Operation:
    """One measured operation of the engine.

    Attributes:
        seconds: Wall time, in seconds.
        waits: Wall time in which no process of the rehearsal ran, in seconds.
        others: CPU time of the machine's other processes, in seconds.
        parts: CPU time and memory of each part of the rehearsal.
    """

    name: str
    seconds: float
    waits: float
    others: float
    parts: dict[str, Usage]

    def cpu(self, *prefixes: str) -> float:
        """Return the CPU seconds of the parts whose names start with one of the prefixes."""
        return sum(used.seconds for part, used in self.parts.items() if part.startswith(prefixes))

    @property
    def mib(self) -> float:
        """Highest memory of all processes together (PSS), in MiB."""
        return sum(used.mib for used in self.parts.values())


@contextmanager
def rehearsal(training_jobs: int | None = None) -> Iterator[Deployment]:
    """Yield a deployment of prod, unprotected, in a temporary rehearsal environment."""
    content = unprotected_prod(training_jobs)
    with temporary_home() as home:
        project = linked_project(home)
        (project / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(content))
        os.environ |= {paths.HOME_VARIABLE: str(home), paths.PROJECT_VARIABLE: str(project)}
        try:
            found = paths.Environment.of(STACK)
            lifecycle.start(found, progress=lambda _: None)
            yield Deployment(found)
            lifecycle.stop(found)
        finally:
            del os.environ[paths.HOME_VARIABLE], os.environ[paths.PROJECT_VARIABLE]


def linked_project(home: Path) -> Path:
    """Return a folder with links to the project's files, for a stack file that is not in it."""
    folder = home / "project"
    folder.mkdir()
    for one in paths.project().iterdir():
        if one.name not in {".git", ".rehearsal"}:
            (folder / one.name).symlink_to(one)
    return folder


def unprotected_prod(training_jobs: int | None) -> dict[str, Any]:
    """Return the content of prod's stack file, with nothing protected.

    `training_jobs` is the number of training jobs; None keeps those of the file.
    """
    content = stack_content("prod", training_jobs)
    config = content["config"]
    config["eks-ml-storage:protect"] = False
    config["eks-ml-storage:bucket"]["forceDestroy"] = True
    return content


def measured(name: str, operation: Callable[..., Any]) -> Operation:
    """Run an operation and return its measurements."""
    with Watch(paths.home()) as watch:
        operation()
    return Operation(name, watch.seconds, watch.waits, watch.others, dict(watch.parts))


def life_of_a_stack() -> list[Operation]:
    """Measure a preview, an up, an up that changes nothing, and a destroy."""
    with rehearsal() as deployment:
        stack = deployment.stack
        return [
            measured("preview", stack.preview),
            measured("up", stack.up),
            measured("no-change up", stack.up),
            measured("destroy", stack.destroy),
        ]


def up_with(training_jobs: int) -> Operation:
    """Measure an up with a given number of training jobs."""
    with rehearsal(training_jobs) as deployment:
        return measured(f"{training_jobs} jobs", deployment.stack.up)
