"""The metrics that eval_metric can name, and the objectives that each goes with."""

from __future__ import annotations

from components.spec.spelling import closest_match
from components.training.xgboost.values import ValueType

METRICS = (
    "accuracy",
    "aft-nloglik",
    "auc",
    "aucpr",
    "balanced_accuracy",
    "cox-nloglik",
    "error",
    "f1",
    "f1_binary",
    "f1_macro",
    "gamma-deviance",
    "gamma-nloglik",
    "interval-regression-accuracy",
    "logloss",
    "mae",
    "map",
    "mape",
    "merror",
    "mlogloss",
    "mphe",
    "mse",
    "ndcg",
    "poisson-nloglik",
    "precision",
    "precision_macro",
    "precision_micro",
    "r2",
    "recall",
    "recall_macro",
    "recall_micro",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
)
RANKING = ("ndcg", "map")
WITH_THRESHOLD = ("error", *RANKING)
MULTI_CLASS = ("merror", "mlogloss")
SURVIVAL = ("aft-nloglik", "interval-regression-accuracy")
ONE_SCORE = (
    "error",
    "logloss",
    "rmsle",
    "mape",
    "poisson-nloglik",
    "gamma-deviance",
    "gamma-nloglik",
    *RANKING,
)
"""Metrics of one prediction for each row; multi:... makes one for each class."""
ONE_VALUE = ("mae", "mse", "rmse", "r2")
"""Metrics of one value for each row, which multi:softmax has and multi:softprob has not."""
TWO_CLASSES = ("f1_binary", "precision", "recall")
UNUSABLE = ("tweedie-nloglik",)
"""xgboost wants tweedie-nloglik@rho, and SageMaker's container takes no threshold for it."""


def split_metrics(text: str) -> list[str]:
    """Return the metrics that eval_metric lists, split at commas as the container does."""
    return text.split(",")


def without_threshold(metric: str) -> str:
    """Return the name of a metric without its threshold."""
    return metric.partition("@")[0]


def mismatch(metric: str, objective: str, classes: int | None) -> str | None:
    """Say why a metric cannot be measured for an objective; None if it can.

    Args:
        metric: The metric, with its threshold if it has one.
        objective: The objective, such as multi:softmax.
        classes: The value of num_class, if there is one.
    """
    name, multi = without_threshold(metric), objective.startswith("multi:")
    reasons = {
        "xgboost wants it with a threshold, and SageMaker's container takes none for it": (
            name in UNUSABLE
        ),
        "SageMaker's container takes it with binary:... and rank:... only": (
            metric == "auc" and not objective.startswith(("binary:", "rank:"))
        ),
        "it goes with survival:aft only": name in SURVIVAL and objective != "survival:aft",
        "it goes with multi:softmax and multi:softprob only": name in MULTI_CLASS and not multi,
        f"{objective} predicts classes, which it does not measure": (
            multi and (name in ONE_SCORE or (objective == "multi:softprob" and name in ONE_VALUE))
        ),
        "it measures two classes only": (
            multi and name in TWO_CLASSES and classes is not None and classes > 2
        ),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _allowed(metric: str) -> bool:
    name, at, threshold = metric.partition("@")
    if not at:
        return metric in METRICS
    if name in RANKING:
        return threshold.isascii() and threshold.isdigit() and int(threshold) > 0
    return name in WITH_THRESHOLD and _is_number(threshold)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _remedy(text: str) -> str:
    parts = [part.strip() for part in text.strip("[] ").split(",")]
    named = [part.strip(" \"'") for part in parts if part.strip(" \"'")]
    right = [
        part if _allowed(part) else closest_match(without_threshold(part), METRICS)
        for part in named
    ]
    good = [part for part in right if part]
    return f'set "{",".join(good)}"' if good else 'set for instance "rmse" or "merror,mlogloss"'


METRIC_LIST = ValueType(
    "metrics of SageMaker's XGBoost, with commas and no spaces between them; error, map and ndcg "
    "can have a threshold, as error@0.7 or ndcg@5",
    lambda text: all(map(_allowed, split_metrics(text))),
    _remedy,
)
