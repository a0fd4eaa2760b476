"""Results of the models that a person sees when all jobs are over."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from rehearsal.sagemaker import results
from rehearsal.sagemaker.results import Result
from rehearsal.sagemaker.runner import Runner
from tests.kubernetes.controllers.account import REGION
from tests.sagemaker.jobs import BUCKET, IMAGE, Jobs, rows


def shown(found: list[Result]) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=300)
    status = results.show(found, console)
    return status, console.file.getvalue()


def test_the_models_in_the_bucket_are_tried_on_the_validation_channel(
    jobs: Jobs, runner: Runner
) -> None:
    image = IMAGE.replace("sagemaker-xgboost", "pytorch-training")
    jobs.create("digits")
    jobs.create("broken", hyperparameters={"num_class": "2"})
    jobs.create(
        "other", AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"}
    )
    told: list[str] = []
    names = ["digits", "broken", "other"]
    found = {
        one.name: one
        for one in results.await_jobs(jobs.environment, REGION, names, 60, told.append)
    }
    digits = found["digits"]
    assert (digits.status, digits.reason, digits.rows) == ("Completed", "", 60)
    assert digits.accuracy == pytest.approx(1 - digits.metrics["validation:merror"], abs=1e-6)
    assert digits.accuracy is not None
    assert digits.accuracy > 0.9
    assert digits.model == f"s3://{BUCKET}/models/digits/output/model.tar.gz"
    assert set(digits.seconds) == {"Starting", "Downloading", "Training", "Uploading"}
    assert "label must be in [0, num_class)" in found["broken"].reason
    assert found["other"].status == "not run"
    assert "training job digits: Training" in told
    status, text = shown(list(found.values()))
    assert status == 1, "one has failed"
    assert digits.model in text
    assert f"{digits.accuracy:.4f} on the 60 rows" in text
    assert re.search(r"job broken: Failed\n +reason +AlgorithmError", text)
    assert shown([digits, found["other"]])[0] == 0, "what can't be run here is no failure"


def test_a_model_that_was_deleted_is_told_and_the_other_jobs_are_shown(
    jobs: Jobs, runner: Runner
) -> None:
    """SageMaker's list of jobs outlives a stack; its bucket does not."""
    jobs.create("digits")
    jobs.create("other")
    results.await_jobs(jobs.environment, REGION, ["digits", "other"], 60)
    key = "models/digits/output/model.tar.gz"
    jobs.s3.delete_object(Bucket=BUCKET, Key=key)
    gone, there = results.await_jobs(jobs.environment, REGION, ["digits", "other"], 0)
    assert (gone.status, gone.model, gone.accuracy) == ("Completed", "", None)
    assert gone.reason == f"its model is gone: s3://{BUCKET}/{key} was deleted after the job"
    assert there.accuracy is not None
    assert shown([gone, there])[0] == 0, "the job itself is as good as it was"


def test_a_job_that_is_late_is_not_waited_for(jobs: Jobs) -> None:
    jobs.create()
    (late,) = results.await_jobs(jobs.environment, REGION, ["digits"], 0.3)
    assert late.status == "late"
    assert shown([late])[0] == 1


def test_a_profile_of_the_users_has_no_part_in_it(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.create()
    monkeypatch.setenv("AWS_PROFILE", "one-that-is-not-there")
    assert results.await_jobs(jobs.environment, REGION, ["digits"], 0)[0].status == "late"


def test_what_came_to_the_validation_channel_after_the_job_is_not_what_it_validated_with(
    jobs: Jobs, runner: Runner
) -> None:
    """It is there by its name, without its bytes."""
    for channel in ("train", "validation"):
        jobs.s3.put_object(Bucket=BUCKET, Key=f"sets/{channel}/a.csv", Body=rows(80).encode())
    system = jobs.account.lustre(ImportPath=f"s3://{BUCKET}/sets/", AutoImportPolicy="NEW_CHANGED")
    name, system_id = system["LustreConfiguration"]["MountName"], system["FileSystemId"]
    channels = [
        jobs.channel(channel, f"/{name}/{channel}", system=system_id, type_="FSxLustre")
        for channel in ("train", "validation")
    ]
    jobs.create(InputDataConfig=channels)
    assert jobs.until()["TrainingJobStatus"] == "Completed"
    jobs.s3.put_object(Bucket=BUCKET, Key="sets/validation/b.csv", Body=rows(9).encode())
    jobs.contents.look(system_id, REGION)
    (found,) = results.await_jobs(jobs.environment, REGION, ["digits"], 10)
    assert found.rows == 80
    assert found.accuracy is not None
    assert found.accuracy > 0.9


def test_jobs_that_somebody_else_started_are_found_newest_first(jobs: Jobs) -> None:
    for name in ("one", "two", "three"):
        jobs.create(name)
    assert results.newest_jobs(jobs.environment, REGION, 2) == ["three", "two"]
