"""Tries a model on the data that its job validated with."""

from __future__ import annotations

import json

import numpy as np
import xgboost
from scipy import sparse

from rehearsal.file_systems.store import is_released

from .containers import Container
from .job import Job
from .xgboost import metrics, tables
from .xgboost.channels import format_of

CHANNEL = "validation"


def accuracy(job: Job, model: bytes) -> tuple[int, float | None]:
    """How many rows the validation channel has, and for which part the model finds the class.

    Args:
        job: A job that is over, whose data is still in its folder.
        model: An xgboost model in its own format.

    Returns:
        No rows if the job has no such channel, and no part if its objective has no classes.
    """
    layout = Container(job, job.hosts[0]).layout
    folder = layout.channel(CHANNEL)
    # What came after the job came without its bytes: while it ran, whatever came was whole.
    known = tables.files_of(folder) if folder.is_dir() else []
    files = [file for file in known if not is_released(file)]
    if not files:
        return 0, None
    objective = _text(layout.read("hyperparameters").get("objective", ""))
    booster = xgboost.Booster(model_file=bytearray(model))
    config = layout.read("inputdataconfig")
    weighted = _text(layout.read("hyperparameters").get("csv_weights", "0")) == "1"
    # The container takes the train channel's content type for both.
    format_ = format_of(config["train"].get("ContentType"))
    table = tables.read(files, format_, weighted=weighted)
    if not objective.startswith(("multi:", "binary:")):
        return len(table.labels), None
    if sparse.issparse(table.features):
        table.features.resize(len(table.labels), booster.num_features())
    predicted = metrics.classes(booster.predict(xgboost.DMatrix(table.features)), objective)
    return len(table.labels), float(np.mean(predicted == table.labels))


def _text(value: str) -> str:
    """A hyperparameter as it is, or as script mode has it: JSON."""
    try:
        return str(json.loads(value))
    except ValueError:
        return value
