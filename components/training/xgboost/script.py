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
from components.training.xgboost.relations import Problem, number_of_classes
from components.training.xgboost.script_values import KINDS as OF_XGBOOST
from components.training.xgboost.script_values import UNDERSCORES, single_scores
from components.training.xgboost.values import Kind, number, one_of, whole
from workloads.training.hyperparameters import KNOWN

OPTIONS = {"checkpoint_every": whole(1, such_as=10), "patience": whole(1, such_as=60)}
"""Options of the script's command line that a hyperparameter may set."""
SAME = """
    max_depth refresh_leaf max_leaves one_drop num_parallel_tree gamma min_child_weight
    max_delta_step lambda alpha rate_drop skip_drop booster process_type grow_policy sample_type
    normalize_type sampling_method subsample colsample_bytree colsample_bylevel colsample_bynode
    num_round early_stopping_rounds num_class
""".split()  # noqa: SIM905 (two dozen quoted words would be read by nobody)
KINDS: Mapping[str, Kind] = {
    **{name: PARAMETERS[name] for name in SAME},
    **OPTIONS,
    **OF_XGBOOST,
    "eta": number(0, such_as=0.3),
    "max_bin": whole(2, such_as=256),
    "tree_method": one_of("auto", "exact", "approx", "hist"),
}
OBJECTIVE = re.compile(r"(reg|binary|multi|rank|count|survival):[a-z0-9_-]+")


def script_problems(given: Mapping[str, str]) -> Iterator[Problem]:
    """Find everything that our script, or xgboost in it, would refuse.

    Args:
        given: Hyperparameters by name; the values are text.
    """
    for name, value in given.items():
        if name not in KNOWN and name not in OPTIONS:
            near = closest_match(name, (*KNOWN, *OPTIONS))
            rule = "our training script has no such hyperparameter"
            yield Problem(name, rule, value, f"use {near}" if near else "remove it")
        kind = KINDS.get(ALIASES.get(name, name))
        if kind and (not kind.allows(value) or UNDERSCORES.fullmatch(value)):
            yield Problem(name, f"must be {kind.wanted}", value, kind.remedy(value))
    if "num_round" not in given:
        rule = "XGBoost needs its number of rounds, 1 or more"
        yield Problem("num_round", rule, NOT_SET, 'set for instance "50"')
    yield from _objective(given.get("objective"), given.get("num_class"))
    scores = single_scores(given.get("eval_metric", ""))
    if scores and given.get("objective", "").startswith("multi:"):
        rule = f"cannot have {', '.join(scores)}: an objective multi:... predicts classes"
        remedy = 'set "merror" or "mlogloss"'
        yield Problem("eval_metric", rule, given["eval_metric"], remedy, ("objective",))


def _objective(objective: str | None, classes: str | None) -> Iterator[Problem]:
    if objective is None:
        return
    if not OBJECTIVE.fullmatch(objective):
        rule = "must be an XGBoost objective, such as reg:squarederror or multi:softmax"
        yield Problem("objective", rule, objective, PARAMETERS["objective"].remedy(objective))
    else:
        yield from number_of_classes(objective, classes)
