"""Several workers that train one model: xgboost's tracker, and who is who.

Worker 0 runs the tracker and saves the model. If one of them ends, every other one ends with an
error as well, and the Job starts them again: they go on from worker 0's newest checkpoint.
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

from workloads.faults import UnavailableError, WorkloadError
from workloads.training.table import Shard

PATIENCE = 600
"""Seconds in which all workers must have come, and in which each must answer the others."""


@dataclass(frozen=True)
class Group:
    """The workers of a training, and which of them this is."""

    workers: int = 1
    index: int = 0
    host: str = "127.0.0.1"
    """Worker 0's name or address."""
    port: int = 0
    patience: int = PATIENCE

    @property
    def shard(self) -> Shard:
        """This worker's part of the data."""
        return Shard(self.index, self.workers)

    @property
    def leads(self) -> bool:
        """Whether this is the worker that saves and reports."""
        return self.index == 0

    def largest(self, *values: float) -> list[float]:
        """The largest of each value among the workers."""
        return self._together(values, collective.Op.MAX)

    def total(self, *values: float) -> list[float]:
        """The sum of each value over the workers."""
        return self._together(values, collective.Op.SUM)

    def from_leader(self, thing: Any) -> Any:
        """What worker 0 has."""
        return collective.broadcast(thing, 0) if self.workers > 1 else thing

    def agree(self, work: Callable[[], Any]) -> Any:
        """Do each worker's own part; if it fails in one, it fails in all, with the same sentence.

        Raises:
            WorkloadError: the first failure among them.
        """
        try:
            done, failure = work(), None
        except WorkloadError as error:
            done, failure = None, error
        for index in range(self.workers if self.workers > 1 else 0):
            other = collective.broadcast((failure,), index)[0]
            failure = failure or (other and type(other)(f"worker {index}: {other}"))
        if failure:
            raise failure
        return done

    def _together(self, values: tuple[float, ...], how: collective.Op) -> list[float]:
        if self.workers == 1:
            return list(values)
        return [float(value) for value in collective.allreduce(np.array(values), how)]


@contextmanager
def joined(group: Group) -> Iterator[None]:
    """While the block runs, the workers are one group.

    Raises:
        UnavailableError: some did not come in time, or one ended before the others.
    """
    if group.workers == 1:
        yield
        return
    address = address_of(group)
    try:
        tracker = started(group, address) if group.leads else None
        collective.init(
            dmlc_communicator="rabit",
            dmlc_tracker_uri=address,
            dmlc_tracker_port=group.port,
            dmlc_task_id=f"{group.index:08d}",
            dmlc_timeout=group.patience,
            dmlc_retry=5,
        )
        yield
        collective.finalize()
        if tracker:
            tracker.wait_for(group.patience)
    except XGBoostError as error:
        raise UnavailableError(
            f"worker {group.index} of {group.workers} lost the others: one of them failed or never "
            f"came (see their logs); start all again, and they go on from the newest checkpoint "
            f"({sentence(error)})"
        ) from error


def started(group: Group, address: str) -> RabitTracker:
    """The tracker, which listens at worker 0's address.

    The port may still be that of an earlier try for a minute.

    Raises:
        XGBoostError: it is still taken after that.
    """
    end = time.monotonic() + group.patience
    while True:
        try:
            tracker = RabitTracker(
                group.workers, address, group.port, sortby="task", timeout=group.patience
            )
        except XGBoostError:
            if time.monotonic() > end:
                raise
            time.sleep(1)
        else:
            tracker.start()
            return tracker


def address_of(group: Group) -> str:
    """Worker 0's address, once it can be found; for the others, once its tracker listens.

    Raises:
        UnavailableError: that takes too long.
    """
    end, pause = time.monotonic() + group.patience, 0.1
    while True:
        try:
            address = socket.gethostbyname(group.host)
            if not group.leads:
                socket.create_connection((address, group.port), timeout=5).close()
        except OSError as error:
            if time.monotonic() > end:
                raise UnavailableError(
                    f"worker 0 at {group.host}:{group.port} does not answer ({error}). Does its "
                    "pod run, and does the headless Service publish pods that are not ready?"
                ) from error
            time.sleep(pause)
            pause = min(pause * 2, 5)
        else:
            return address


def sentence(error: Exception) -> str:
    """What an error of xgboost says, without where in its source it arose."""
    lines = str(error).partition("Stack trace:")[0].splitlines()
    said = [line.rpartition("]")[2].lstrip(": ").strip() for line in lines]
    return "; ".join(
        [line.rpartition(".cc:")[2].lstrip("0123456789: ") for line in said if line][:2]
    )


def leave(status: int) -> None:
    """End a worker that failed: xgboost's threads, still waiting for others, would not let it."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
