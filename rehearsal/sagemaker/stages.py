"""A job's stages, told to SageMaker, to the job's log and to the world's records."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rehearsal.records import Record, add
from rehearsal.training_jobs import RefusedMove, TrainingJobMoves

from .failures import Stopped
from .job import Job
from .journal import Journal

log = logging.getLogger(__name__)

UPLOADING = "Uploading"
_AWAY_SECONDS = 60.0
_PAUSE_SECONDS = 0.5


@dataclass
class Measured:
    """What moved in a stage."""

    source: str = ""
    target: str = ""
    bytes: int = 0
    files: int = 0


class Stages:
    """Where a job stands, for all who look at it."""

    def __init__(self, job: Job, moves: TrainingJobMoves, journal: Journal) -> None:
        self._job = job
        self._moves = moves
        self._journal = journal
        self.stopping = False
        """Whether the job is to end before it is done."""
        self.silent = False
        """Whether nothing is told any more: the next runner will begin the job again."""

    @contextlib.contextmanager
    def stage(self, secondary: str, message: str) -> Iterator[Measured]:
        """A stage that is told when it begins, and recorded when it ends.

        Raises:
            Stopped: The job was asked to stop, or is gone; but a job that is stopping goes through
                Uploading as well.
        """
        self.enter(secondary, message)
        began, measured, outcome = time.monotonic(), Measured(), "done"
        try:
            yield measured
        except BaseException:
            outcome = "failed"
            raise
        finally:
            self._record(secondary, outcome, time.monotonic() - began, measured)

    def enter(self, secondary: str, message: str) -> None:
        """Tells that the job has come to a stage before its end.

        Raises:
            Stopped: As for `stage`.
        """
        goes_on = not self.stopping and self._enter("InProgress", secondary, message)
        if not goes_on and not (
            secondary == UPLOADING and self._enter("Stopping", secondary, message)
        ):
            raise Stopped
        self._journal.stage(secondary, message)

    def _enter(self, status: str, secondary: str, message: str) -> bool:
        try:
            self._tell(status, secondary, message)
        except RefusedMove:
            return False
        return True

    def end(self, status: str, secondary: str, message: str, seconds: float, **told: Any) -> None:
        """Tells how a job has ended, and that it took so many seconds."""
        if self.silent:
            return
        took = max(1, round(seconds))
        told |= {"TrainingTimeInSeconds": took, "BillableTimeInSeconds": took}
        reason = told.get("FailureReason")
        self._journal.stage(secondary, f"{message}\n{reason}" if reason else message)
        try:
            self._tell(status, secondary, message, **told)
        except RefusedMove as error:
            log.info("%s is not moved to %s: %s", self._job.name, secondary, error)

    def _tell(self, status: str, secondary: str, message: str, **told: Any) -> None:
        """Tells SageMaker; waits while the emulated cloud is away, as when it is started again."""
        ends = time.monotonic() + _AWAY_SECONDS
        while not self.silent:
            try:
                self._moves.advance(self._job.name, status, secondary, message, **told)
            except OSError:
                if time.monotonic() > ends:
                    raise
                time.sleep(_PAUSE_SECONDS)
            else:
                return

    def _record(self, secondary: str, outcome: str, seconds: float, measured: Measured) -> None:
        record = Record(
            "training",
            self._job.name,
            measured.source,
            measured.target,
            measured.bytes,
            measured.files,
            seconds,
            detail={"stage": secondary, "status": outcome, "region": self._job.region},
        )
        add(self._job.world, record)
