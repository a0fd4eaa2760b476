"""Training jobs that really train: from a directory of a file system to a model in the bucket."""

from __future__ import annotations

import json

import numpy as np
import xgboost

from rehearsal import records
from rehearsal.places import World
from rehearsal.sagemaker.runner import Runner

from .jobs import BUCKET, Jobs


def test_a_job_trains_on_a_directory_and_its_model_is_in_the_bucket_and_predicts(
    jobs: Jobs, runner: Runner
) -> None:
    jobs.create()
    job = jobs.until()
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == (
        f"s3://{BUCKET}/models/digits/output/model.tar.gz"
    )
    features = np.random.default_rng(2).random((100, 4))
    predicted = jobs.model(job).predict(xgboost.DMatrix(features))
    assert (predicted == np.floor(features[:, 0] * 3)).mean() > 0.9
