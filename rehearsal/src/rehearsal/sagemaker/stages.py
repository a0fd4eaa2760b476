"""Report a job's stages to SageMaker, to the job's log and to the rehearsal's records."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rehearsal.clients.training_status import StatusFeed, StatusRefusedError
from rehearsal.records import Record, add
from rehearsal.sagemaker.failures import Stopped
from rehearsal.sagemaker.job import Job
from rehearsal.sagemaker.journal import Journal

log = logging.getLogger(__name__)

UPLOADING = "Uploading"
_AWAY_SECONDS = 60.0
_PAUSE_SECONDS = 0.5


@dataclass
class Measured:
    """Data transferred in a stage."""

    source: str = ""
    target: str = ""
    bytes: int = 0
    files: int = 0


class Stages:
    """Reporter of a job's stages."""

    def __init__(self, job: Job, moves: StatusFeed, journal: Journal) -> None:
        self._job = job
        self._moves = moves
        self._journal = journal
        self.stopping = False
        """True if the job was asked to end before it is finished."""
        self.silent = False
        """True if nothing is reported any more, because the next runner will restart the job."""

    @contextlib.contextmanager
    def stage(self, secondary: str, message: str) -> Iterator[Measured]:
        """Report a stage at its beginning, and record it at its end.

        Raises:
            Stopped: The job was asked to stop, or was deleted. The stage Uploading is also entered
                by a job that is stopping.
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
        """Report that the job has entered a stage before its end.

        Raises:
            Stopped: The same as for `stage`.
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
        except StatusRefusedError:
            return False
        return True

    def end(self, status: str, secondary: str, message: str, seconds: float, **told: Any) -> None:
        """Report the end of a job and its duration in seconds."""
        if self.silent:
            return
        took = max(1, round(seconds))
        told |= {"TrainingTimeInSeconds": took, "BillableTimeInSeconds": took}
        reason = told.get("FailureReason")
        self._journal.stage(secondary, f"{message}\n{reason}" if reason else message)
        try:
            self._tell(status, secondary, message, **told)
        except StatusRefusedError as error:
            log.info("%s is not moved to %s: %s", self._job.name, secondary, error)

    def _tell(self, status: str, secondary: str, message: str, **told: Any) -> None:
        """Send a status to SageMaker; wait while the emulated AWS restarts."""
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
        add(self._job.environment, record)
