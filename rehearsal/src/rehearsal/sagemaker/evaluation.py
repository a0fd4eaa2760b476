"""Evaluate a model on the data of its job's validation channel."""

from __future__ import annotations

import json

import numpy as np
import xgboost
from scipy import sparse

from rehearsal.file_systems.store import is_released
from rehearsal.sagemaker.containers import Container
from rehearsal.sagemaker.job import Job
from rehearsal.sagemaker.xgboost import metrics, tables
from rehearsal.sagemaker.xgboost.channels import format_of

CHANNEL = "validation"


def accuracy(job: Job, model: bytes) -> tuple[int, float | None]:
    """Return the number of rows of the validation channel and the model's accuracy on them.

    Args:
        job: Job that has ended, whose data is still in its folder.
        model: XGBoost model in its own format.

    Returns:
        0 rows if the job has no such channel; the accuracy is None if the objective has no classes.
    """
    layout = Container(job, job.hosts[0]).layout
    folder = layout.channel(CHANNEL)
    # Files that are released were imported after the job: during the job, files come with data.
    known = tables.files_of(folder) if folder.is_dir() else []
    files = [file for file in known if not is_released(file)]
    if not files:
        return 0, None
    objective = _text(layout.read("hyperparameters").get("objective", ""))
    booster = xgboost.Booster(model_file=bytearray(model))
    config = layout.read("inputdataconfig")
    weighted = _text(layout.read("hyperparameters").get("csv_weights", "0")) == "1"
    # The container uses the train channel's content type for both channels.
    format_ = format_of(config["train"].get("ContentType"))
    table = tables.read(files, format_, weighted=weighted)
    if not objective.startswith(("multi:", "binary:")):
        return len(table.labels), None
    if sparse.issparse(table.features):
        table.features.resize(len(table.labels), booster.num_features())
    predicted = metrics.classes(booster.predict(xgboost.DMatrix(table.features)), objective)
    return len(table.labels), float(np.mean(predicted == table.labels))


def _text(value: str) -> str:
    """Return a hyperparameter as text; in script mode its value is JSON."""
    try:
        return str(json.loads(value))
    except ValueError:
        return value
