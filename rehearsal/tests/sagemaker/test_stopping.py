"""Jobs that end before they are done."""

from __future__ import annotations

from rehearsal.sagemaker.runner import Runner
from tests.injection import injected
from tests.sagemaker.jobs import BUCKET, Jobs

ENDLESS = {"num_round": "1000000"}


def test_a_job_that_is_stopped_leaves_no_process_and_no_model(jobs: Jobs, runner: Runner) -> None:
    jobs.create(hyperparameters=ENDLESS)
    jobs.until("Training")
    jobs.sagemaker.stop_training_job(TrainingJobName="digits")
    job = jobs.until()
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert "FailureReason" not in job
    assert "ModelArtifacts" not in job
    assert "Stopping" in [one["Status"] for one in job["SecondaryStatusTransitions"]]


def test_a_stopped_job_keeps_its_model_if_it_saves_one_on_termination(
    jobs: Jobs, runner: Runner
) -> None:
    jobs.create(hyperparameters=ENDLESS | {"save_model_on_termination": "true"})
    jobs.until_log("[2]#011")
    jobs.sagemaker.stop_training_job(TrainingJobName="digits")
    job = jobs.until()
    assert job["SecondaryStatus"] == "Stopped"
    assert jobs.model(job).num_boosted_rounds() > 2


def test_a_job_that_runs_too_long_is_ended(jobs: Jobs, runner: Runner) -> None:
    jobs.create(hyperparameters=ENDLESS, StoppingCondition={"MaxRuntimeInSeconds": 2})
    job = jobs.until()
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert job["TrainingTimeInSeconds"] >= 2


def test_checkpoints_go_to_s3_and_the_next_job_resumes_from_them(
    jobs: Jobs, runner: Runner
) -> None:
    checkpoints = {"S3Uri": f"s3://{BUCKET}/checkpoints/digits/"}
    jobs.create("first", CheckpointConfig=checkpoints)
    assert jobs.until(name="first")["TrainingJobStatus"] == "Completed"
    assert jobs.keys("checkpoints/") == [
        f"checkpoints/digits/xgboost-checkpoint.{number}" for number in range(4)
    ]
    jobs.create("second", CheckpointConfig=checkpoints, hyperparameters={"num_round": "7"})
    job = jobs.until(name="second")
    assert jobs.model(job).num_boosted_rounds() == 7
    assert "Resuming from iteration 4" in jobs.log("second")
    assert "[3]#011" not in jobs.log("second")
    assert "[6]#011" in jobs.log("second")
    newest = [f"checkpoints/digits/xgboost-checkpoint.{number}" for number in range(2, 7)]
    assert jobs.keys("checkpoints/") == newest, "the newest five are kept, in S3 as well"


def test_a_job_that_waits_is_stopped_without_having_run(jobs: Jobs, runner: Runner) -> None:
    for name in ("one", "two", "three"):
        jobs.create(name, hyperparameters=ENDLESS)
    jobs.until("Training", name="one")
    jobs.sagemaker.stop_training_job(TrainingJobName="three")
    job = jobs.until(name="three")
    assert job["TrainingJobStatus"] == "Stopped"
    assert "Training" not in [one["Status"] for one in job["SecondaryStatusTransitions"]]


SPOT = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 3600},
}


def test_a_job_on_spot_capacity_that_is_taken_begins_again_from_its_checkpoints(
    jobs: Jobs, runner: Runner
) -> None:
    checkpoints = {"S3Uri": f"s3://{BUCKET}/checkpoints/digits/"}
    with injected(jobs.environment, "training-interruption", seconds=0):
        jobs.create("first", CheckpointConfig=checkpoints, **SPOT)
        job = jobs.until(name="first")
    assert job["TrainingJobStatus"] == "Completed"
    stages = [one["Status"] for one in job["SecondaryStatusTransitions"]]
    again = stages.index("Interrupted")
    assert stages[again - 1] == "Training"
    assert stages[again + 1 :] == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert jobs.model(job).num_boosted_rounds() == 4


def test_a_job_on_demand_is_not_interrupted(jobs: Jobs, runner: Runner) -> None:
    with injected(jobs.environment, "training-interruption", seconds=0):
        jobs.create("first")
        job = jobs.until(name="first")
    assert "Interrupted" not in [one["Status"] for one in job["SecondaryStatusTransitions"]]
