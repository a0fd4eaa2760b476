"""A training job, as the page shows it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from rehearsal.places import World
from rehearsal.report import words
from rehearsal.report.curve import Curve, curves
from rehearsal.results import Result


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


def of(world: World, result: Result) -> Job:
    """A job by its result, and by the metrics it wrote while it trained."""
    file = world.training_jobs / result.name / "metrics.json"
    metrics = json.loads(file.read_text()) if file.exists() else []
    facts = [("model", result.model)] if result.model else []
    facts += [(stage.lower(), words.span(took)) for stage, took in result.seconds.items()]
    facts += [(name, f"{value:.4g}") for name, value in result.metrics.items()]
    score = None
    if result.accuracy is not None:
        facts.append(("rows it was tried on", str(result.rows)))
        score = Score("accuracy", words.share(result.accuracy))
    if result.status == "late":  # nobody waits for it here
        return Job(result.name, "InProgress", "", facts, curves(metrics))
    return Job(result.name, result.status, result.reason, facts, curves(metrics), score)
