"""A training job, as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.report.curve import Curve


@dataclass(frozen=True)
class Score:
    """How good a model is, in one figure."""

    name: str
    text: str


@dataclass(frozen=True)
class Job:
    """One job: what SageMaker says of it, and what its model is worth."""

    name: str
    status: str
    failure: str
    facts: list[tuple[str, str]]
    curves: list[Curve]
    score: Score | None = None
