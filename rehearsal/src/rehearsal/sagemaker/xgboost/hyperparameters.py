"""Hyperparameters of SageMaker's XGBoost: their names, types and allowed values.

Source: the container's hyperparameter_validation, version 3.2-0, and
https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost_hyperparameters.html
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from rehearsal.sagemaker.xgboost import metrics
from rehearsal.sagemaker.xgboost.errors import AlgorithmError, UserError
from rehearsal.sagemaker.xgboost.values import (
    Kind,
    integer,
    nested_list,
    number,
    one_of,
    several_of,
    tuple_of,
)

ALIASES = {
    "learning_rate": "eta",
    "min_split_loss": "gamma",
    "reg_lambda": "lambda",
    "reg_alpha": "alpha",
}
MULTICLASS = ("multi:softmax", "multi:softprob")
OBJECTIVES = (
    "aft_loss_distribution",
    "binary:logistic",
    "binary:logitraw",
    "binary:hinge",
    "count:poisson",
    *MULTICLASS,
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
    "reg:linear",
    "reg:squarederror",
    "reg:logistic",
    "reg:gamma",
    "reg:pseudohubererror",
    "reg:squaredlogerror",
    "reg:absoluteerror",
    "reg:tweedie",
    "survival:aft",
    "survival:cox",
)
BUILDERS = ("grow_colmaker", "distcol", "grow_histmaker")
LINEAR = ("shotgun", "coord_descent")
UPDATERS = (*BUILDERS, "grow_skmaker", "sync", "refresh", "prune", *LINEAR)
KINDS: Mapping[str, Kind] = {
    "num_round": integer(1, required=True),
    "csv_weights": integer(0, 1),
    "early_stopping_rounds": integer(1),
    "booster": one_of("gbtree", "gblinear", "dart"),
    "verbosity": integer(0, 3),
    "nthread": integer(1),
    "eta": number(0, 1),
    "gamma": number(0),
    "max_depth": integer(0),
    "min_child_weight": number(0),
    "max_delta_step": number(0),
    "subsample": number(0, 1, low_open=True),
    "colsample_bytree": number(0, 1, low_open=True),
    "colsample_bylevel": number(0, 1, low_open=True),
    "colsample_bynode": number(0, 1, low_open=True),
    "lambda": number(0),
    "alpha": number(0),
    "tree_method": one_of("auto", "exact", "approx", "hist", "gpu_hist"),
    "sketch_eps": number(0, 1, low_open=True, high_open=True),
    "scale_pos_weight": number(0, low_open=True),
    "updater": several_of(UPDATERS.__contains__, str(list(UPDATERS))),
    "dsplit": one_of("row", "col"),
    "refresh_leaf": integer(0, 1),
    "process_type": one_of("default", "update"),
    "grow_policy": one_of("depthwise", "lossguide"),
    "max_leaves": integer(0),
    "max_bin": integer(0),
    "predictor": one_of("auto", "cpu_predictor", "gpu_predictor"),
    "monotone_constraints": tuple_of(-1, 0, 1),
    "interaction_constraints": nested_list(),
    "sample_type": one_of("uniform", "weighted"),
    "normalize_type": one_of("tree", "forest"),
    "rate_drop": number(0, 1),
    "one_drop": integer(0, 1),
    "skip_drop": number(0, 1),
    "lambda_bias": number(0, 1),
    "tweedie_variance_power": number(1, 2, low_open=True, high_open=True),
    "objective": one_of(*OBJECTIVES),
    "num_class": integer(2),
    "base_score": number(0),
    "_kfold": integer(2),
    "_num_cv_round": integer(1),
    "_tuning_objective_metric": one_of(*(f"validation:{name}" for name in metrics.ALL)),
    "eval_metric": several_of(metrics.allowed, str(list(metrics.ALL))),
    "seed": integer(-(2**31) + 1, 2**31 - 2),
    "num_parallel_tree": integer(1),
    "save_model_on_termination": one_of("true", "false"),
    "aft_loss_distribution": one_of("normal", "logistic", "extreme"),
    "aft_loss_distribution_scale": number(0),
    "deterministic_histogram": one_of("true", "false"),
    "sampling_method": one_of("uniform", "gradient_based"),
    "prob_buffer_row": integer(2),
    "use_dask_gpu_training": one_of("true", "false"),
}


def validated(given: Mapping[str, str]) -> dict[str, Any]:
    """Return the parsed hyperparameters of a job.

    Raises:
        UserError: One is missing, unknown, of another type, out of its range, or not compatible
            with another one. The message is the container's, followed by the remedy.
        AlgorithmError: The container would fail with an exception.
    """
    named = {ALIASES.get(name, name): value for name, value in given.items()}
    for name, kind in KINDS.items():
        if kind.required and name not in named:
            raise UserError(f"Missing required hyperparameter: {name}")
    values = {name: _read(name, text) for name, text in named.items()}
    _check_updater(values)
    _check_objective(values)
    _check_eval_metric(values)
    _check_constraints(values)
    return values


def _read(name: str, text: str) -> Any:
    if name not in KINDS:
        near = difflib.get_close_matches(name, [*KINDS, *ALIASES], n=1)
        hint = f" Did you mean {near[0]}?" if near else " Remove it: XGBoost has none of that name."
        raise UserError(f"Extraneous hyperparameter found: {name}.{hint}")
    return KINDS[name].read(name, text)


def _check_updater(values: Mapping[str, Any]) -> None:
    chosen = values.get("updater")
    if chosen is None:
        return
    if values.get("booster") == "gblinear":
        if len(chosen) != 1 or chosen[0] not in LINEAR:
            raise UserError(f"Linear updater should be one of these options: {', '.join(LINEAR)}.")
    elif values.get("process_type") == "update":
        if not set(chosen) <= {"refresh", "prune"}:
            raise UserError(
                "process_type 'update' can only be used with updater 'refresh' and 'prune'"
            )
    elif set(chosen) & set(LINEAR):
        trees = ", ".join(name for name in UPDATERS if name not in LINEAR)
        raise UserError(f"Tree updater should be selected from these options: {trees}.")
    elif sum(name in BUILDERS for name in chosen) > 1:
        raise UserError(
            f"Only one tree grow plugin can be selected. Choose one of {', '.join(BUILDERS)}."
        )


def _check_objective(values: Mapping[str, Any]) -> None:
    if values.get("objective") in MULTICLASS and values.get("num_class") is None:
        raise UserError("Require input for parameter 'num_class' for multi-classification")


def _check_eval_metric(values: Mapping[str, Any]) -> None:
    wanted = values.get("eval_metric")
    if wanted is None:
        return
    if "objective" not in values:
        # The container reads the objective without checking that it is present.
        raise AlgorithmError("KeyError: 'objective'. With eval_metric, give the objective too.")
    objective = values["objective"]
    if "auc" in wanted and not objective.startswith(("binary:", "rank:")):
        raise UserError("Metric 'auc' can only be applied for classification and ranking problems.")
    if "aft-nloglik" in wanted and objective != "survival:aft":
        raise UserError("Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.")


def _check_constraints(values: Mapping[str, Any]) -> None:
    for name, methods in (
        ("monotone_constraints", ("exact", "hist")),
        ("interaction_constraints", ("exact", "hist", "approx")),
    ):
        if name in values and values.get("tree_method") not in methods:
            raise UserError(
                f"{name} can be used only when the tree_method parameter is set to one of "
                f"{', '.join(methods)}."
            )
