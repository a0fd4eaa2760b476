"""Group of workers that train one model together, connected by xgboost's tracker.

Worker 0, the leader, runs the tracker and saves the model. If one worker ends, all others end with
an error too; the Job starts them again, and they resume from the leader's newest checkpoint.
https://xgboost.readthedocs.io/en/stable/python/python_api.html#module-xgboost.collective
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from xgboost import collective
from xgboost.core import XGBoostError
from xgboost.tracker import RabitTracker

from workloads.errors import UnavailableError, WorkloadError
from workloads.training.table import Shard

DEFAULT_TIMEOUT = 600
"""Seconds in which all workers must connect, and in which each must answer the others."""


@dataclass(frozen=True)
class WorkerGroup:
    """Workers of one training, seen from one of them."""

    workers: int = 1
    index: int = 0
    """Index of this worker, from 0."""
    host: str = "127.0.0.1"
    """Host name or address of worker 0."""
    port: int = 0
    """Port of worker 0's tracker."""
    timeout: int = DEFAULT_TIMEOUT
    """Seconds in which the other workers must connect or answer."""

    @property
    def shard(self) -> Shard:
        """Shard of the data that this worker reads."""
        return Shard(self.index, self.workers)

    @property
    def is_leader(self) -> bool:
        """True for worker 0, which saves the model and writes the log."""
        return self.index == 0

    def allreduce_max(self, *values: float) -> list[float]:
        """Return the maximum of each value over all workers."""
        return self._allreduce(values, collective.Op.MAX)

    def allreduce_sum(self, *values: float) -> list[float]:
        """Return the sum of each value over all workers."""
        return self._allreduce(values, collective.Op.SUM)

    def broadcast(self, value: Any) -> Any:
        """Return worker 0's value on all workers."""
        return collective.broadcast(value, 0) if self.workers > 1 else value

    def run_on_all(self, work: Callable[[], Any]) -> Any:
        """Run a function on each worker; if it fails on one, all fail with the same message.

        Raises:
            WorkloadError: The first error among the workers.
        """
        try:
            result, failure = work(), None
        except WorkloadError as error:
            result, failure = None, error
        for index in range(self.workers if self.workers > 1 else 0):
            other = collective.broadcast((failure,), index)[0]
            failure = failure or (other and type(other)(f"worker {index}: {other}"))
        if failure:
            raise failure
        return result

    def _allreduce(self, values: tuple[float, ...], operation: collective.Op) -> list[float]:
        if self.workers == 1:
            return list(values)
        return [float(value) for value in collective.allreduce(np.array(values), operation)]


@contextmanager
def connected(group: WorkerGroup) -> Iterator[None]:
    """Connect the workers of the group while the block runs.

    Raises:
        UnavailableError: A worker did not start in time, or ended before the others.
    """
    if group.workers == 1:
        yield
        return
    address = wait_for_leader(group)
    try:
        tracker = start_tracker(group, address) if group.is_leader else None
        collective.init(
            dmlc_communicator="rabit",
            dmlc_tracker_uri=address,
            dmlc_tracker_port=group.port,
            dmlc_task_id=f"{group.index:08d}",
            dmlc_timeout=group.timeout,
            dmlc_retry=5,
        )
        yield
        collective.finalize()
        if tracker:
            tracker.wait_for(group.timeout)
    except XGBoostError as error:
        raise UnavailableError(
            f"worker {group.index} of {group.workers} lost the others: one of them failed or never "
            f"started (see their logs). Start all again: they resume from the newest checkpoint "
            f"({short_message(error)})"
        ) from error


def start_tracker(group: WorkerGroup, address: str) -> RabitTracker:
    """Start the tracker on worker 0's address.

    The port may still be in use by an earlier process for a minute.

    Raises:
        XGBoostError: The port is still in use after the timeout.
    """
    deadline = time.monotonic() + group.timeout
    while True:
        try:
            tracker = RabitTracker(
                group.workers, address, group.port, sortby="task", timeout=group.timeout
            )
        except XGBoostError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
        else:
            tracker.start()
            return tracker


def wait_for_leader(group: WorkerGroup) -> str:
    """Return worker 0's address when its name resolves and, for the others, its tracker listens.

    Raises:
        UnavailableError: Worker 0 does not answer within the timeout.
    """
    deadline, pause = time.monotonic() + group.timeout, 0.1
    while True:
        try:
            address = socket.gethostbyname(group.host)
            if not group.is_leader:
                socket.create_connection((address, group.port), timeout=5).close()
        except OSError as error:
            if time.monotonic() > deadline:
                raise UnavailableError(
                    f"worker 0 at {group.host}:{group.port} does not answer ({error}). Check that "
                    "its pod runs and that the headless Service publishes pods that are not ready"
                ) from error
            time.sleep(pause)
            pause = min(pause * 2, 5)
        else:
            return address


def short_message(error: Exception) -> str:
    """Return the message of an xgboost error without stack trace and source location."""
    lines = str(error).partition("Stack trace:")[0].splitlines()
    messages = [line.rpartition("]")[2].lstrip(": ").strip() for line in lines]
    return "; ".join(
        [line.rpartition(".cc:")[2].lstrip("0123456789: ") for line in messages if line][:2]
    )


def exit_worker(status: int) -> None:
    """End a worker that failed, although threads of xgboost still wait for the others."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
