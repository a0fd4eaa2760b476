"""The emulated SageMaker's own addresses: how training jobs move, and how to move one on.

What SageMaker does inside has no call in its API: whoever runs jobs here, and whoever follows
them without asking all the time, use these addresses of the emulated cloud.
"""

from __future__ import annotations

import http
import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlparse

ADDRESS = "/rehearsal/sagemaker/training-jobs"
_MARGIN_SECONDS = 10.0


class RefusedMove(Exception):  # noqa: N818 - what the cloud did
    """The cloud knows no such job, or the job is over, or was asked to stop."""


@dataclass(frozen=True)
class Moved:
    """A training job that moved, and where it stands."""

    name: str
    region: str
    status: str
    secondary: str


class TrainingJobMoves:
    """The moves of one account's training jobs, from the first this object hears of."""

    def __init__(self, cloud_url: str) -> None:
        self._address = urlparse(cloud_url)
        self._seen = 0

    def next(self, wait_seconds: float) -> Sequence[Moved]:
        """The jobs that moved since the last call, as soon as there is one; all at the first call.

        Raises:
            OSError: The cloud does not answer.
        """
        query = urlencode({"seen": self._seen, "wait": wait_seconds})
        answer = self._ask("GET", f"{ADDRESS}?{query}", wait_seconds)
        self._seen = answer["Last"]
        return [
            Moved(
                job["TrainingJobName"],
                job["Region"],
                job["TrainingJobStatus"],
                job["SecondaryStatus"],
            )
            for job in answer["TrainingJobs"]
        ]

    def advance(self, name: str, status: str, secondary: str, message: str, **change: Any) -> None:
        """Moves a job on: what changes is named as in DescribeTrainingJob's answer.

        Raises:
            RefusedMove: It can't be moved so.
            OSError: The cloud does not answer.
        """
        body = change | {
            "TrainingJobStatus": status,
            "SecondaryStatus": secondary,
            "StatusMessage": message,
        }
        self._ask("POST", f"{ADDRESS}/{name}", 0.0, body)

    def _ask(self, method: str, path: str, seconds: float, body: Any = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(
            str(self._address.hostname), self._address.port, timeout=seconds + _MARGIN_SECONDS
        )
        try:
            connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read()
        except http.client.HTTPException as error:
            raise ConnectionError(f"the emulated cloud broke off: {error!r}") from error
        finally:
            connection.close()
        answer: dict[str, Any] = json.loads(text) if text.startswith(b"{") else {}
        if response.status in (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.CONFLICT):
            raise RefusedMove(answer.get("message", ""))
        if response.status != http.HTTPStatus.OK:
            raise ConnectionError(f"the emulated cloud answered {response.status}")
        return answer
