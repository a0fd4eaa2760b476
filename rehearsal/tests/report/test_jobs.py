import json
from pathlib import Path

import pytest

from rehearsal.paths import Environment, Ports
from rehearsal.report import jobs
from rehearsal.sagemaker.results import Result


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment("dev", tmp_path, Ports.free())


def test_a_job_has_the_curve_of_the_metrics_it_wrote(environment: Environment) -> None:
    folder = environment.training_jobs / "digits"
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps([{"round": 0, "train-rmse": 1.0}]))
    found = jobs.of(environment, Result("digits", "Completed", accuracy=0.975, rows=359))
    assert [curve.metric for curve in found.curves] == ["rmse"]
    assert found.score == jobs.Score("accuracy", "97.5 %")
    assert ("rows it was tried on", "359") in found.facts


def test_a_job_that_still_runs_has_not_failed(environment: Environment) -> None:
    found = jobs.of(environment, Result("digits", "late", "it still runs"))
    assert (found.status, found.failure, found.curves) == ("InProgress", "", [])


def test_a_failed_job_says_why(environment: Environment) -> None:
    found = jobs.of(environment, Result("digits", "Failed", "ClientError: no data"))
    assert found.failure == "ClientError: no data"
    assert found.score is None
