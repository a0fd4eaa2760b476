"""Hyperparameters of our own training script, workloads/train.py, in SageMaker or in pods.

The names are the script's own table. The values are xgboost's: of the built-in algorithm's kinds,
those stand here of which xgboost 3.2.0 was seen to refuse the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from components.spec.errors import NOT_SET
from components.spec.spelling import closest_match
from components.training.xgboost.parameters import ALIASES, PARAMETERS
from components.training.xgboost.relations import ParameterProblem, number_of_classes
from components.training.xgboost.script_values import UNDERSCORES, single_scores
from components.training.xgboost.script_values import VALUE_TYPES as XGBOOST_TYPES
from components.training.xgboost.values import ValueType, integer, number, one_of
from workloads.training.hyperparameters import KNOWN

OPTIONS = {"checkpoint_every": integer(1, example=10), "patience": integer(1, example=60)}
"""Options of the script's command line that a hyperparameter may set."""
SAME_AS_BUILT_IN = """
    max_depth refresh_leaf max_leaves one_drop num_parallel_tree gamma min_child_weight
    max_delta_step lambda alpha rate_drop skip_drop booster process_type grow_policy sample_type
    normalize_type sampling_method subsample colsample_bytree colsample_bylevel colsample_bynode
    num_round early_stopping_rounds num_class
""".split()  # noqa: SIM905 (two dozen quoted words would be read by nobody)
VALUE_TYPES: Mapping[str, ValueType] = {
    **{name: PARAMETERS[name] for name in SAME_AS_BUILT_IN},
    **OPTIONS,
    **XGBOOST_TYPES,
    "eta": number(0, example=0.3),
    "max_bin": integer(2, example=256),
    "tree_method": one_of("auto", "exact", "approx", "hist"),
}
OBJECTIVE = re.compile(r"(reg|binary|multi|rank|count|survival):[a-z0-9_-]+")


def script_problems(given: Mapping[str, str]) -> Iterator[ParameterProblem]:
    """Yield a problem for each hyperparameter that our script, or xgboost in it, would refuse.

    Args:
        given: Hyperparameters by name; the values are text.
    """
    for name, value in given.items():
        if name not in KNOWN and name not in OPTIONS:
            near = closest_match(name, (*KNOWN, *OPTIONS))
            rule = "our training script has no such hyperparameter"
            yield ParameterProblem(name, rule, value, f"use {near}" if near else "remove it")
        kind = VALUE_TYPES.get(ALIASES.get(name, name))
        if kind and (not kind.allows(value) or UNDERSCORES.fullmatch(value)):
            yield ParameterProblem(name, f"must be {kind.description}", value, kind.remedy(value))
    if "num_round" not in given:
        rule = "XGBoost needs its number of rounds, 1 or more"
        yield ParameterProblem("num_round", rule, NOT_SET, 'set for instance "50"')
    yield from _objective(given.get("objective"), given.get("num_class"))
    scores = single_scores(given.get("eval_metric", ""))
    if scores and given.get("objective", "").startswith("multi:"):
        rule = f"cannot have {', '.join(scores)}: an objective multi:... predicts classes"
        remedy = 'set "merror" or "mlogloss"'
        yield ParameterProblem("eval_metric", rule, given["eval_metric"], remedy, ("objective",))


def _objective(objective: str | None, classes: str | None) -> Iterator[ParameterProblem]:
    if objective is None:
        return
    if not OBJECTIVE.fullmatch(objective):
        rule = "must be an XGBoost objective, such as reg:squarederror or multi:softmax"
        yield ParameterProblem(
            "objective", rule, objective, PARAMETERS["objective"].remedy(objective)
        )
    else:
        yield from number_of_classes(objective, classes)
