"""Metrics for eval_metric: xgboost's own, and those that the container adds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy.typing as npt

from rehearsal.sagemaker.xgboost.errors import UserError

MAXIMIZED = (
    "accuracy",
    "auc",
    "aucpr",
    "balanced_accuracy",
    "f1",
    "f1_binary",
    "f1_macro",
    "map",
    "ndcg",
    "precision",
    "r2",
    "recall",
    "precision_macro",
    "precision_micro",
    "recall_macro",
    "recall_micro",
)
MINIMIZED = (
    "aft-nloglik",
    "cox-nloglik",
    "error",
    "gamma-deviance",
    "gamma-nloglik",
    "interval-regression-accuracy",
    "logloss",
    "mae",
    "mape",
    "merror",
    "mlogloss",
    "mphe",
    "mse",
    "poisson-nloglik",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
)
ALL = MAXIMIZED + MINIMIZED
WITH_THRESHOLD = ("error", "ndcg", "map")

Numbers = npt.NDArray[Any]
Score = Callable[[Numbers, Any], list[tuple[str, float]]]

_CLASSES: dict[str, tuple[str, dict[str, str]]] = {
    "accuracy": ("accuracy_score", {}),
    "balanced_accuracy": ("balanced_accuracy_score", {}),
    "f1": ("f1_score", {"average": "macro"}),
    "f1_binary": ("f1_score", {"average": "binary"}),
    "f1_macro": ("f1_score", {"average": "macro"}),
    "precision": ("precision_score", {}),
    "precision_macro": ("precision_score", {"average": "macro"}),
    "precision_micro": ("precision_score", {"average": "micro"}),
    "recall": ("recall_score", {}),
    "recall_macro": ("recall_score", {"average": "macro"}),
    "recall_micro": ("recall_score", {"average": "micro"}),
}
_VALUES = {"mse": "mean_squared_error", "r2": "r2_score"}


def allowed(name: str) -> bool:
    """Return whether eval_metric may name a metric: a known one, or error@0.7, ndcg@5, map@5.

    Raises:
        UserError: The threshold is not a number, or the metric takes none.
    """
    if "@" not in name:
        return name in ALL
    base, threshold = (part.strip() for part in name.split("@")[:2])
    if base not in WITH_THRESHOLD:
        options = ", ".join(WITH_THRESHOLD)
        raise UserError(
            f"Metric '{name}' is not supported. Parameter 'eval_metric' with customized threshold "
            f"should be one of these options: {options}."
        )
    try:
        float(threshold)
    except ValueError:
        raise UserError(f"Threshold value 't' in '{base}@t' expects float input.") from None
    return True


def added(names: Sequence[str]) -> list[str]:
    """Return the metrics that xgboost lacks and the container adds."""
    return [name for name in names if name in _CLASSES or name in _VALUES]


def score(names: Sequence[str], objective: str) -> Score:
    """Return the function that computes the container's own metrics for xgboost."""

    def evaluate(predicted: Numbers, data: Any) -> list[tuple[str, float]]:
        labels = data.get_label()
        return [(name, _value(name, labels, predicted, objective)) for name in names]

    return evaluate


def _value(name: str, labels: Numbers, predicted: Numbers, objective: str) -> float:
    from sklearn import metrics as library  # noqa: PLC0415 - takes a second, and is rarely needed

    if name in _VALUES:
        return float(getattr(library, _VALUES[name])(labels, predicted))
    function, options = _CLASSES[name]
    return float(getattr(library, function)(labels, classes(predicted, objective), **options))


def classes(predicted: Numbers, objective: str) -> Numbers:
    """Return the predicted classes, from class probabilities, one probability, or classes."""
    found: Numbers = predicted
    if predicted.ndim == 2:
        found = predicted.argmax(axis=1)
    elif objective.startswith("binary:"):
        found = predicted > (0 if objective == "binary:logitraw" else 0.5)
    return found.astype(int)
