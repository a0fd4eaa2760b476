"""Check labels against the objective, so that no other column is used as the label.

xgboost itself checks less: a csv file that lost its label column would train on the first feature,
and a column of one value would give a model that is always right.
"""

from __future__ import annotations

import numpy as np

from rehearsal.sagemaker.xgboost.hyperparameters import MULTICLASS
from rehearsal.sagemaker.xgboost.tables import Numbers

_WHERE = "Put the label first in every line of the {channel} channel"


def fault(channel: str, labels: Numbers, objective: str, num_class: int | None) -> str | None:
    """Return the error in a channel's labels for an objective; None if they are valid."""
    if not labels.size:
        return f"Got input data without labels. Please check the {channel} channel's data set."
    where = _WHERE.format(channel=channel)
    wrong = np.flatnonzero(~np.isfinite(labels))
    if wrong.size:
        return f"label must be a number: row {wrong[0] + 1} has none. {where}."
    if objective in MULTICLASS:
        return _not_a_class(labels, num_class or 0, where)
    if objective.startswith("binary:") or objective == "reg:logistic":
        return _not_a_probability(labels, objective, where)
    return None


def one_value(labels: Numbers, objective: str) -> str | None:
    """Return an error if all labels of the training data are one class; otherwise None."""
    classes = objective in MULTICLASS or objective.startswith("binary:")
    if not classes or np.unique(labels).size > 1:
        return None
    return (
        f"every label of the train channel is {labels[0]:g}: the first column seems not to be the "
        f"label. {_WHERE.format(channel='train')}."
    )


def _not_a_class(labels: Numbers, num_class: int, where: str) -> str | None:
    right = (labels >= 0) & (labels < num_class) & (labels == np.floor(labels))
    wrong = np.flatnonzero(~right)
    if not wrong.size:
        return None
    return (
        f"label must be in [0, num_class): row {wrong[0] + 1} has {labels[wrong[0]]:g}, and with "
        f"num_class {num_class} a label is a whole number from 0 to {num_class - 1}. {where}, or "
        "set num_class to the number of classes."
    )


def _not_a_probability(labels: Numbers, objective: str, where: str) -> str | None:
    wrong = np.flatnonzero((labels < 0) | (labels > 1))
    if not wrong.size:
        return None
    return (
        f"label must be in [0,1] for logistic regression: row {wrong[0] + 1} has "
        f"{labels[wrong[0]]:g}. {where}, or choose another objective than {objective}."
    )
