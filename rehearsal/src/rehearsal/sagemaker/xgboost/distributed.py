"""Train one model on several instances, through xgboost's own collective."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from xgboost import collective
from xgboost.core import XGBoostError
from xgboost.tracker import RabitTracker

from rehearsal.sagemaker.xgboost.errors import PlatformError

log = logging.getLogger(__name__)

PORT = 9099
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class Host:
    """One of the instances of a job."""

    name: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Host:
        """Return the current host of resourceconfig.json."""
        names = tuple(sorted(config.get("hosts", ["algo-1"])))
        return cls(config.get("current_host", names[0]), names)

    @property
    def is_first(self) -> bool:
        """True for the host that runs the tracker, prints the metrics and saves the model."""
        return self.name == self.names[0]


@contextlib.contextmanager
def connected(host: Host) -> Iterator[None]:
    """Connect the instances, so that they train one model within this context.

    Raises:
        PlatformError: The first instance cannot be reached.
    """
    if len(host.names) == 1:
        yield
        return
    log.info("Distributed node training with %d hosts: %s", len(host.names), list(host.names))
    tracker = _start_tracker(host) if host.is_first else None
    with _context(host):
        yield
    if tracker:
        tracker.wait_for(timeout=int(_PATIENCE_SECONDS))


def _start_tracker(host: Host) -> RabitTracker:
    tracker = RabitTracker(len(host.names), host_ip=host.name, port=PORT, sortby="task")
    tracker.start()
    return tracker


def _context(host: Host) -> Any:
    """Return the collective, once the first instance's tracker answers."""
    ends = time.monotonic() + _PATIENCE_SECONDS
    while True:
        context = collective.CommunicatorContext(
            dmlc_communicator="rabit",
            dmlc_tracker_uri=host.names[0],
            dmlc_tracker_port=PORT,
            dmlc_task_id=str(host.names.index(host.name)),
            dmlc_timeout=int(_PATIENCE_SECONDS),
        )
        try:
            context.__enter__()
        except XGBoostError as error:
            if time.monotonic() > ends:
                raise PlatformError(f"{host.names[0]} does not answer: {error}") from error
            time.sleep(_PAUSE_SECONDS)
        else:
            return contextlib.closing(_Leaving(context))


class _Leaving:
    """Adapter that leaves a collective when it is closed."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def close(self) -> None:
        self._context.__exit__(None, None, None)
