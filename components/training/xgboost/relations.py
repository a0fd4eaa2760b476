"""Rules between hyperparameters, each of which is right by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from components.spec.errors import NOT_SET
from components.training.xgboost import metrics
from components.training.xgboost.parameters import BUILDERS, LINEAR

Values = Mapping[str, str]
"""Hyperparameters by name, aliases replaced; wrong ones are left out."""

REMOVED_UPDATERS = ("distcol", "grow_skmaker")
CONSTRAINED_TREE_METHODS = ("exact", "hist")


class ParameterProblem(NamedTuple):
    """A hyperparameter that is wrong because of others."""

    name: str
    rule: str
    value: object
    remedy: str
    depends_on: tuple[str, ...] = ()


def objective(values: Values) -> Iterator[ParameterProblem]:
    """Yield the problems of an objective and its number of classes."""
    chosen, classes = values.get("objective"), values.get("num_class")
    if chosen == "survival:aft":
        rule = "needs bounds of the labels, which SageMaker's built-in algorithm cannot be given"
        yield ParameterProblem("objective", rule, chosen, 'set "survival:cox"')
    if chosen is not None:
        yield from number_of_classes(chosen, classes)


def number_of_classes(objective: str, classes: str | None) -> Iterator[ParameterProblem]:
    """Yield the problems of num_class, which an objective multi:... needs and no other takes.

    XGBoost's own rule: it holds for the built-in algorithm and for our script alike.
    """
    many = objective.startswith("multi:")
    if many and classes is None:
        rule = "an objective multi:... needs the number of classes, 2 or more"
        yield ParameterProblem("num_class", rule, NOT_SET, 'set for instance "10"', ("objective",))
    if not many and classes is not None:
        rule = "goes with an objective multi:... only; any other fails on it"
        remedy = "remove it, or set the objective multi:softmax"
        yield ParameterProblem("num_class", rule, classes, remedy, ("objective",))


def eval_metric(values: Values) -> Iterator[ParameterProblem]:
    """Yield the metrics that do not measure what the objective predicts."""
    text, chosen = values.get("eval_metric"), values.get("objective")
    if text is None:
        return
    if chosen is None:
        rule = "SageMaker's container fails on eval_metric without an objective"
        yield ParameterProblem(
            "objective", rule, NOT_SET, 'set "reg:squarederror"', ("eval_metric",)
        )
        return
    classes = values.get("num_class")
    wrong = {
        one: why
        for one in metrics.split_metrics(text)
        if (why := metrics.mismatch(one, chosen, int(classes) if classes else None))
    }
    if wrong:
        rule = "; ".join(f"{one}: {why}" for one, why in wrong.items())
        left = ",".join(one for one in metrics.split_metrics(text) if one not in wrong)
        remedy = f'set "{left}"' if left else "remove it, or choose a metric of the objective"
        yield ParameterProblem("eval_metric", rule, text, remedy, ("objective", "num_class"))


def updater(values: Values) -> Iterator[ParameterProblem]:
    """Yield the problems of updaters with a booster, and with each other."""
    text = values.get("updater")
    linear = values.get("booster") == "gblinear"
    if text is None or (values.get("process_type") == "update" and not linear):
        return
    rule, remedy = _updater(text.split(","), linear)
    if rule:
        yield ParameterProblem("updater", rule, text, remedy, ("booster",))


def _updater(chosen: list[str], linear: bool) -> tuple[str, str]:
    if linear:
        good = len(chosen) == 1 and chosen[0] in LINEAR
        rule = "must be shotgun or coord_descent, one of the two, with booster gblinear"
        return ("", "") if good else (rule, 'set "coord_descent"')
    builders = [one for one in chosen if one in BUILDERS]
    if wrong := [one for one in chosen if one in LINEAR]:
        return f"{wrong[0]} goes with booster gblinear only", "remove it, or set that booster"
    if wrong := [one for one in chosen if one in REMOVED_UPDATERS]:
        return f"{wrong[0]} is no updater of xgboost any more", "remove it"
    if len(builders) > 1:
        rule = "only one updater can build trees"
        kept = [builders[0], *(one for one in chosen if one not in builders)]
        return rule, f'set "{",".join(kept)}"'
    if chosen[0] in {"refresh", "prune"}:
        rule = f"{chosen[0]} changes trees, and can only follow an updater that builds them"
        return rule, f'set "grow_histmaker,{",".join(chosen)}"'
    return "", ""


def process_type(values: Values) -> Iterator[ParameterProblem]:
    """Yield the problems of an update, for which the built-in algorithm has no model."""
    if values.get("process_type") == "update" and values.get("booster") != "gblinear":
        rule = "update changes a model that is there, and the built-in algorithm begins without one"
        yield ParameterProblem("process_type", rule, "update", "remove it, and updater with it")


def tree_constraints(values: Values) -> Iterator[ParameterProblem]:
    """Yield the problems of constraints, which need certain tree methods."""
    text, method = values.get("monotone_constraints"), values.get("tree_method")
    if text is not None and method not in CONSTRAINED_TREE_METHODS:
        rule = "needs tree_method exact or hist"
        yield ParameterProblem(
            "monotone_constraints", rule, text, "set tree_method: hist", ("tree_method",)
        )
    text = values.get("interaction_constraints")
    if text is not None:
        rule = "xgboost reads it as names of features, and SageMaker's built-in algorithm has none"
        yield ParameterProblem("interaction_constraints", rule, text, "remove it")


def bins(values: Values) -> Iterator[ParameterProblem]:
    """Yield an error for a histogram of fewer than two bins."""
    text = values.get("max_bin")
    if text is not None and int(text) < 2:
        rule = "must be 2 or more: xgboost makes no histogram of fewer bins"
        yield ParameterProblem("max_bin", rule, text, 'set for instance "256"')


def removed_methods(values: Values, version: str) -> Iterator[ParameterProblem]:
    """Yield an error for gpu_hist with a version that does not have it; xgboost 3.1 removed it."""
    if version == "3.2-0" and values.get("tree_method") == "gpu_hist":
        rule = "xgboost 3.2 has no tree_method gpu_hist"
        yield ParameterProblem("tree_method", rule, "gpu_hist", 'set "hist"')


RELATIONS = (objective, eval_metric, updater, process_type, tree_constraints, bins)
