"""The names of the hyperparameters, and the kind of value that each takes."""

from __future__ import annotations

from collections.abc import Mapping

from components.training.xgboost import metrics
from components.training.xgboost.values import (
    ANYTHING,
    ValueType,
    constraints,
    integer,
    list_of,
    number,
    one_of,
)

ALIASES = {
    "learning_rate": "eta",
    "min_split_loss": "gamma",
    "reg_lambda": "lambda",
    "reg_alpha": "alpha",
}
"""Other names of the same hyperparameters."""

OBJECTIVES = (
    "reg:squarederror",
    "reg:squaredlogerror",
    "reg:logistic",
    "reg:pseudohubererror",
    "reg:absoluteerror",
    "reg:gamma",
    "reg:tweedie",
    "reg:linear",
    "binary:logistic",
    "binary:logitraw",
    "binary:hinge",
    "count:poisson",
    "multi:softmax",
    "multi:softprob",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
    "survival:cox",
    "survival:aft",
)

BUILDERS = ("grow_colmaker", "grow_histmaker", "distcol")
"""Updaters that build trees, of which there can be one."""
LINEAR = ("shotgun", "coord_descent")
UPDATERS = (*BUILDERS, "grow_skmaker", "sync", "refresh", "prune", *LINEAR)

_BOOLEAN = one_of("true", "false")
_FLAG = integer(0, 1, example=1)
_FRACTION = number(0, 1, example=0.1)
_SAMPLING_RATE = number(above=0, most=1, example=0.8)

PARAMETERS: Mapping[str, ValueType] = {
    "num_round": integer(1, example=50),
    "csv_weights": _FLAG,
    "early_stopping_rounds": integer(1, example=10),
    "booster": one_of("gbtree", "gblinear", "dart"),
    "verbosity": integer(0, 3, example=1),
    "nthread": integer(1, example=4),
    "eta": number(0, 1, example=0.3),
    "gamma": number(0, example=0),
    "max_depth": integer(0, example=6),
    "min_child_weight": number(0, example=1),
    "max_delta_step": number(0, example=0),
    "subsample": _SAMPLING_RATE,
    "colsample_bytree": _SAMPLING_RATE,
    "colsample_bylevel": _SAMPLING_RATE,
    "colsample_bynode": _SAMPLING_RATE,
    "lambda": number(0, example=1),
    "alpha": number(0, example=0),
    "tree_method": one_of("auto", "exact", "approx", "hist", "gpu_hist"),
    "sketch_eps": number(above=0, below=1, example=0.03),
    "scale_pos_weight": number(above=0, example=1),
    "updater": list_of(*UPDATERS),
    "dsplit": one_of("row", "col"),
    "refresh_leaf": _FLAG,
    "process_type": one_of("default", "update"),
    "grow_policy": one_of("depthwise", "lossguide"),
    "max_leaves": integer(0, example=0),
    "max_bin": integer(0, example=256),
    "predictor": one_of("auto", "cpu_predictor", "gpu_predictor"),
    "monotone_constraints": constraints(),
    "interaction_constraints": ANYTHING,
    "sample_type": one_of("uniform", "weighted"),
    "normalize_type": one_of("tree", "forest"),
    "rate_drop": _FRACTION,
    "one_drop": _FLAG,
    "skip_drop": _FRACTION,
    "lambda_bias": _FRACTION,
    "tweedie_variance_power": number(above=1, below=2, example=1.5),
    "objective": one_of(*OBJECTIVES),
    "num_class": integer(2, example=10),
    "base_score": number(0, example=0.5),
    "_kfold": integer(2, example=5),
    "_num_cv_round": integer(1, example=1),
    "_tuning_objective_metric": one_of(*(f"validation:{name}" for name in metrics.METRICS)),
    "eval_metric": metrics.METRIC_LIST,
    "seed": integer(-(2**31) + 1, 2**31 - 2, example=0),
    "num_parallel_tree": integer(1, example=1),
    "save_model_on_termination": _BOOLEAN,
    "aft_loss_distribution": one_of("normal", "logistic", "extreme"),
    "aft_loss_distribution_scale": number(0, example=1),
    "deterministic_histogram": _BOOLEAN,
    "sampling_method": one_of("uniform", "gradient_based"),
    "prob_buffer_row": integer(2, example=2),
    "use_dask_gpu_training": _BOOLEAN,
}
