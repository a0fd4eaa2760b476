"""Whole deployments in a rehearsal of their own, shared out over the processes that did them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.processes import Usage, Watch
from bench.program import stack_content
from rehearsal import places, world
from rehearsal.engine import Deployment

STACK = "bench"


@dataclass(frozen=True)
class Operation:
    """One operation of the engine.

    Attributes:
        seconds: wall time.
        waits: wall seconds in which no process of the rehearsal ran.
        others: CPU seconds of other processes of the machine.
        parts: what each part used.
    """

    name: str
    seconds: float
    waits: float
    others: float
    parts: dict[str, Usage]

    def cpu(self, *prefixes: str) -> float:
        """CPU seconds of the parts whose names begin so."""
        return sum(used.seconds for part, used in self.parts.items() if part.startswith(prefixes))

    @property
    def mib(self) -> float:
        """The memory of all processes together (PSS), in MiB, when it was highest."""
        return sum(used.mib for used in self.parts.values())


@contextmanager
def rehearsal(training_jobs: int | None = None) -> Iterator[Deployment]:
    """A deployment of prod, unprotected, on a world that is new and gone afterwards."""
    file = places.PROJECT / f"Pulumi.{STACK}.yaml"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bin").symlink_to(places.binaries().resolve())
        os.environ[places.HOME_VARIABLE] = folder
        file.write_text(yaml.safe_dump(unprotected_prod(training_jobs)))
        found = places.World.of(STACK)
        try:
            world.start(found, progress=lambda _: None)
            yield Deployment(found)
        finally:
            world.stop(found)
            file.unlink()
            del os.environ[places.HOME_VARIABLE]


def unprotected_prod(training_jobs: int | None) -> dict[str, Any]:
    """Prod's stack file with so many training jobs, and nothing of it protected."""
    content = stack_content("prod", training_jobs)
    config = content["config"]
    config["eks-ml-storage:protect"] = False
    config["eks-ml-storage:bucket"]["forceDestroy"] = True
    return content


def measured(name: str, operation: Callable[..., Any]) -> Operation:
    """One operation, watched."""
    with Watch(places.home()) as watch:
        operation()
    return Operation(name, watch.seconds, watch.waits, watch.others, dict(watch.parts))


def life_of_a_stack() -> list[Operation]:
    """Preview, up, an up that changes nothing, destroy."""
    with rehearsal() as deployment:
        stack = deployment.stack
        return [
            measured("preview", stack.preview),
            measured("up", stack.up),
            measured("no-change up", stack.up),
            measured("destroy", stack.destroy),
        ]


def up_with(training_jobs: int) -> Operation:
    """An up with so many training jobs."""
    with rehearsal(training_jobs) as deployment:
        return measured(f"{training_jobs} jobs", deployment.stack.up)
