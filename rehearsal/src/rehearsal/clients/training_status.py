"""Status feed of training jobs, on the emulated SageMaker's own addresses.

SageMaker's API has no call for what happens inside SageMaker. The process that runs the jobs sets
their status through these addresses of the emulated AWS, and the processes that follow the jobs
wait here for changes without polling.
"""

from __future__ import annotations

import http
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from rehearsal.clients.own_calls import ask
from rehearsal.paths import Environment

ADDRESS = "/rehearsal/sagemaker/training-jobs"


class StatusRefusedError(Exception):
    """The emulated AWS knows no such job, or the job has ended or was asked to stop."""


@dataclass(frozen=True)
class StatusChange:
    """A training job whose status changed, with its present status."""

    name: str
    region: str
    status: str
    secondary: str


class StatusFeed:
    """Status feed of one account's training jobs; it returns each change once."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._seen = 0

    def next(self, wait_seconds: float) -> Sequence[StatusChange]:
        """Wait for changes and return the jobs that changed since the last call.

        The first call returns all jobs.

        Raises:
            OSError: The emulated AWS does not answer.
        """
        query = urlencode({"seen": self._seen, "wait": wait_seconds})
        answer = self._ask("GET", f"{ADDRESS}?{query}", wait_seconds)
        self._seen = answer["Last"]
        return [
            StatusChange(
                job["TrainingJobName"],
                job["Region"],
                job["TrainingJobStatus"],
                job["SecondaryStatus"],
            )
            for job in answer["TrainingJobs"]
        ]

    def advance(self, name: str, status: str, secondary: str, message: str, **change: Any) -> None:
        """Set the status of a job; other changes are named as in the result of DescribeTrainingJob.

        Raises:
            StatusRefusedError: The job cannot take this status.
            OSError: The emulated AWS does not answer.
        """
        body = change | {
            "TrainingJobStatus": status,
            "SecondaryStatus": secondary,
            "StatusMessage": message,
        }
        self._ask("POST", f"{ADDRESS}/{name}", 0.0, body)

    def _ask(self, method: str, path: str, seconds: float, body: Any = None) -> dict[str, Any]:
        answer = ask(self._environment, method, path, seconds=seconds, body=body)
        if answer.status in (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.CONFLICT):
            raise StatusRefusedError(answer.document.get("message", ""))
        if answer.status != http.HTTPStatus.OK:
            raise ConnectionError(f"the emulated AWS answered {answer.status}")
        return answer.document
