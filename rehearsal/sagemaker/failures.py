"""How a training job fails, in SageMaker's words."""

from __future__ import annotations

LONGEST_REASON = 1024


class JobFailure(Exception):  # noqa: N818 - SageMaker calls it FailureReason
    """The job ends Failed; the text is its FailureReason."""


class Stopped(Exception):  # noqa: N818 - no error
    """The job was asked to stop, or is gone."""


def by_client(text: str) -> JobFailure:
    """What the user can mend outside the algorithm: data, paths, rights."""
    return JobFailure(f"ClientError: {text}"[:LONGEST_REASON])


def by_algorithm(said: str, exit_code: int) -> JobFailure:
    """The algorithm ended with an exit code; `said` is what it left in the file `failure`."""
    end = f", exit code: {exit_code}"
    start = "AlgorithmError: "
    return JobFailure(start + said.strip()[: LONGEST_REASON - len(start) - len(end)] + end)
