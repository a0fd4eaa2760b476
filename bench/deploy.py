"""Measure whole deployments in a rehearsal of their own, by the processes that took part."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rehearsal.processes import lifecycle
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
    file = paths.project() / f"Pulumi.{STACK}.yaml"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bin").symlink_to(paths.binaries().resolve())
        os.environ[paths.HOME_VARIABLE] = folder
        file.write_text(yaml.safe_dump(unprotected_prod(training_jobs)))
        found = paths.Environment.of(STACK)
        try:
            lifecycle.start(found, progress=lambda _: None)
            yield Deployment(found)
        finally:
            lifecycle.stop(found)
            file.unlink()
            del os.environ[paths.HOME_VARIABLE]


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
