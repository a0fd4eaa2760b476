"""Injection of one fault into the rehearsal that runs in a test's own process."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rehearsal.faults import active, injection
from rehearsal.faults.kinds import Fault, FaultList
from rehearsal.paths import Environment


@contextmanager
def injected(environment: Environment, kind: str, **keys: Any) -> Iterator[None]:
    """Inject a fault during the block, as a command with `--faults` would."""
    active.follow(environment)
    try:
        with injection.during(environment, FaultList((Fault(kind, **keys),))):
            yield
    finally:
        active.follow(None)
