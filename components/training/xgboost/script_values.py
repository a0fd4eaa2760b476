"""Values that xgboost itself reads, where SageMaker's built-in algorithm is stricter or has none.

Seen in runs of xgboost 3.2.0; the tests ask it again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from components.spec.spelling import closest_match
from components.training.xgboost.metrics import ONE_SCORE
from components.training.xgboost.parameters import PARAMETERS
from components.training.xgboost.values import ValueType, integer, list_of, number, one_of
from workloads.training.hyperparameters import split_names

METRICS = """
    rmse rmsle mae mape mphe logloss error merror mlogloss auc aucpr pre ndcg map poisson-nloglik
    gamma-nloglik gamma-deviance cox-nloglik tweedie-nloglik aft-nloglik
    interval-regression-accuracy quantile
""".split()  # noqa: SIM905 (two dozen quoted words would be read by nobody)
UPDATERS = (
    *("grow_colmaker", "grow_histmaker", "grow_quantile_histmaker"),
    *("prune", "refresh", "sync", "shotgun", "coord_descent"),
)
THRESHOLD = re.compile(r"\d+(\.\d+)?-?", re.ASCII)
CONSTRAINTS = re.compile(r"\(\s*(-1|0|1)(\s*,\s*(-1|0|1))*\s*,?\s*\)", re.ASCII)
UNDERSCORES = re.compile(r"[+-]?[\d.]*\d_\d[\d_.eE+-]*")
"""A number as Python takes it and xgboost does not."""


def _metric(text: str) -> bool:
    name, at, threshold = text.partition("@")
    return name in METRICS and (not at or THRESHOLD.fullmatch(threshold) is not None)


def _metrics_remedy(text: str) -> str:
    near = [
        one if _metric(one) else closest_match(one.partition("@")[0], METRICS)
        for one in split_names(text)
    ]
    good = ",".join(one for one in near if one)
    return f'set "{good}"' if good else 'set for instance "rmse" or "merror,mlogloss"'


def _interactions(text: str) -> bool:
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, list) and all(
        isinstance(group, list) and all(type(one) is int and one >= 0 for one in group)
        for group in value
    )


VALUE_TYPES: Mapping[str, ValueType] = {
    "eval_metric": ValueType(
        "metrics of xgboost, such as rmse, mlogloss or error@0.7, with commas between them",
        lambda text: all(map(_metric, split_names(text))),
        _metrics_remedy,
    ),
    "seed": integer(example=0),
    "nthread": integer(example=4),
    "verbosity": PARAMETERS["verbosity"],
    "base_score": number(example=0.5),
    "updater": list_of(*UPDATERS),
    "multi_strategy": one_of("one_output_per_tree", "multi_output_tree"),
    "process_type": one_of("default"),
    "monotone_constraints": ValueType(
        "a tuple of -1, 0 and 1, one for each feature",
        lambda text: CONSTRAINTS.fullmatch(text) is not None,
        lambda _: 'set for instance "(1,0,-1)"',
    ),
    "interaction_constraints": ValueType(
        "a list of lists of columns' numbers", _interactions, lambda _: 'set for instance "[[0,1]]"'
    ),
}


def single_scores(text: str) -> list[str]:
    """Return the metrics of a list that measure one prediction for each row, not classes."""
    return [one for one in split_names(text) if one.partition("@")[0] in ONE_SCORE]
