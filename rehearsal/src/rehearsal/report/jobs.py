"""Prepare a training job for the page."""

from __future__ import annotations

import json
from dataclasses import dataclass

from rehearsal.paths import Environment
from rehearsal.report import formatting
from rehearsal.report.curve import Curve, curves
from rehearsal.sagemaker.results import Result


@dataclass(frozen=True)
class Score:
    """Quality of a model, in one figure."""

    name: str
    text: str


@dataclass(frozen=True)
class Job:
    """One training job: its status in SageMaker, and the quality of its model."""

    name: str
    status: str
    failure: str
    facts: list[tuple[str, str]]
    curves: list[Curve]
    score: Score | None = None


def of(environment: Environment, result: Result) -> Job:
    """Return a job from its result and from the metrics that it wrote while it trained."""
    file = environment.training_jobs / result.name / "metrics.json"
    metrics = json.loads(file.read_text()) if file.exists() else []
    facts = [("model", result.model)] if result.model else []
    facts += [(stage.lower(), formatting.span(took)) for stage, took in result.seconds.items()]
    facts += [(name, f"{value:.4g}") for name, value in result.metrics.items()]
    score = None
    if result.accuracy is not None:
        facts.append(("rows it was tried on", str(result.rows)))
        score = Score("accuracy", formatting.share(result.accuracy))
    if result.status == "late":  # the report does not wait for jobs, so the job simply still runs
        return Job(result.name, "InProgress", "", facts, curves(metrics))
    return Job(result.name, result.status, result.reason, facts, curves(metrics), score)
