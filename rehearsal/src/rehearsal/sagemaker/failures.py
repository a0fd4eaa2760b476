"""Failures of a training job, in SageMaker's words."""

from __future__ import annotations

LONGEST_REASON = 1024


class JobFailure(Exception):  # noqa: N818 - SageMaker calls it FailureReason
    """The job ends as Failed; the text is its FailureReason."""


class Stopped(Exception):  # noqa: N818 - not an error
    """The job was asked to stop, or was deleted."""


def by_client(text: str) -> JobFailure:
    """Return a failure that the user can mend outside the algorithm: data, paths, permissions."""
    return JobFailure(f"ClientError: {text}"[:LONGEST_REASON])


def by_algorithm(said: str, exit_code: int) -> JobFailure:
    """Return the failure of an algorithm; `said` is the content of its file `failure`."""
    end = f", exit code: {exit_code}"
    start = "AlgorithmError: "
    return JobFailure(start + said.strip()[: LONGEST_REASON - len(start) - len(end)] + end)
