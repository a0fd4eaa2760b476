"""Run the jobs that SageMaker has accepted, a few at a time, and stop those that must stop."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.clients.training_status import StatusChange, StatusRefusedError
from rehearsal.paths import Environment
from rehearsal.sagemaker.job import Job
from rehearsal.sagemaker.run import Context, TrainingRun

log = logging.getLogger(__name__)

AT_ONCE = 2
WAIT_SECONDS = 20.0
_AWAY_SECONDS = 1.0
_OVER = ("Completed", "Failed", "Stopped")


class Runner:
    """Runner of a rehearsal's jobs; it restarts the unfinished jobs of an earlier runner."""

    def __init__(
        self, environment: Environment, context: Context, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self._environment = environment
        self._means = context
        self._wait = wait_seconds
        self._waiting: deque[StatusChange] = deque()
        self._running: dict[str, TrainingRun] = {}
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def serve(self, stop: threading.Event, ready: Callable[[], None] = lambda: None) -> None:
        """Follow the jobs of the emulated AWS until told to stop."""
        told = False
        while not stop.is_set():
            try:
                moved = self._means.moves.next(self._wait if told else 0.0)
            except OSError:
                stop.wait(_AWAY_SECONDS)  # the emulated AWS starts or restarts
                continue
            if not told:
                told = True
                ready()
            for job in moved:
                self.look(job)

    def end(self) -> None:
        """Abandon the running jobs without a report to SageMaker; the next runner restarts them."""
        for run in list(self._running.values()):
            run.abandon()

    def look(self, moved: StatusChange) -> None:
        """React to the new status of a job."""
        with self._lock:
            run = self._running.get(moved.name)
            known = run or any(one.name == moved.name for one in self._waiting)
            if moved.status == "InProgress" and not known and moved.name not in self._told:
                self._waiting.append(moved)
        if moved.status == "Stopping":
            if run:
                run.stop()
            else:
                self._end_stopped(moved)
        elif moved.status in _OVER:
            self._told.discard(moved.name)
        self._start()

    def _end_stopped(self, moved: StatusChange) -> None:
        """Report the end of a job that was asked to stop while it was not running."""
        with self._lock:
            self._waiting = deque(one for one in self._waiting if one.name != moved.name)
        try:
            self._means.moves.advance(moved.name, "Stopped", "Stopped", "Training job stopped")
        except StatusRefusedError:
            log.info("%s is over already", moved.name)

    def _start(self) -> None:
        """Start waiting jobs up to the maximum number."""
        while True:
            with self._lock:
                if not self._waiting or len(self._running) >= AT_ONCE:
                    return
                moved = self._waiting.popleft()
                run = self._take(moved)
                if run is None:
                    continue
                self._running[moved.name] = run
            threading.Thread(target=self._work, args=(run,), daemon=True).start()

    def _take(self, moved: StatusChange) -> TrainingRun | None:
        """Return the run of a job, or None if it was deleted, has ended, or cannot run here."""
        sagemaker = self._means.cloud.client("sagemaker", moved.region)
        try:
            found = sagemaker.describe_training_job(TrainingJobName=moved.name)
            if found["TrainingJobStatus"] != "InProgress":
                return None
            job = Job(self._environment, moved.region, found)
            if job.not_run:
                self._told.add(moved.name)
                message = f"Scheduled and not run: {job.not_run}."
                self._means.moves.advance(moved.name, "InProgress", "Pending", message)
                return None
        except (ClientError, StatusRefusedError) as error:
            log.warning("%s is not taken up: %s", moved.name, error)
            return None
        except (BotoCoreError, OSError) as error:
            log.warning("%s is taken up later: %s", moved.name, error)
            threading.Timer(_AWAY_SECONDS, self.look, (moved,)).start()
            return None
        return TrainingRun(job, self._means, restarted=found["SecondaryStatus"] != "Pending")

    def _work(self, run: TrainingRun) -> None:
        log.info("%s begins", run.job.name)
        try:
            run.work()
        except OSError as error:
            log.warning("how %s ended could not be told: %s", run.job.name, error)
        finally:
            with self._lock:
                del self._running[run.job.name]
            log.info("%s is over", run.job.name)
            self._start()
