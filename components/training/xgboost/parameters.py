"""The names of the hyperparameters, and the kind of value that each takes."""

from __future__ import annotations

from collections.abc import Mapping

from components.training.xgboost import metrics
from components.training.xgboost.values import (
    ANYTHING,
    Kind,
    constraints,
    number,
    one_of,
    some_of,
    whole,
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

_TRUTH = one_of("true", "false")
_FLAG = whole(0, 1, such_as=1)
_SHARE = number(0, 1, such_as=0.1)
_SAMPLE = number(above=0, most=1, such_as=0.8)

PARAMETERS: Mapping[str, Kind] = {
    "num_round": whole(1, such_as=50),
    "csv_weights": _FLAG,
    "early_stopping_rounds": whole(1, such_as=10),
    "booster": one_of("gbtree", "gblinear", "dart"),
    "verbosity": whole(0, 3, such_as=1),
    "nthread": whole(1, such_as=4),
    "eta": number(0, 1, such_as=0.3),
    "gamma": number(0, such_as=0),
    "max_depth": whole(0, such_as=6),
    "min_child_weight": number(0, such_as=1),
    "max_delta_step": number(0, such_as=0),
    "subsample": _SAMPLE,
    "colsample_bytree": _SAMPLE,
    "colsample_bylevel": _SAMPLE,
    "colsample_bynode": _SAMPLE,
    "lambda": number(0, such_as=1),
    "alpha": number(0, such_as=0),
    "tree_method": one_of("auto", "exact", "approx", "hist", "gpu_hist"),
    "sketch_eps": number(above=0, below=1, such_as=0.03),
    "scale_pos_weight": number(above=0, such_as=1),
    "updater": some_of(*UPDATERS),
    "dsplit": one_of("row", "col"),
    "refresh_leaf": _FLAG,
    "process_type": one_of("default", "update"),
    "grow_policy": one_of("depthwise", "lossguide"),
    "max_leaves": whole(0, such_as=0),
    "max_bin": whole(0, such_as=256),
    "predictor": one_of("auto", "cpu_predictor", "gpu_predictor"),
    "monotone_constraints": constraints(),
    "interaction_constraints": ANYTHING,
    "sample_type": one_of("uniform", "weighted"),
    "normalize_type": one_of("tree", "forest"),
    "rate_drop": _SHARE,
    "one_drop": _FLAG,
    "skip_drop": _SHARE,
    "lambda_bias": _SHARE,
    "tweedie_variance_power": number(above=1, below=2, such_as=1.5),
    "objective": one_of(*OBJECTIVES),
    "num_class": whole(2, such_as=10),
    "base_score": number(0, such_as=0.5),
    "_kfold": whole(2, such_as=5),
    "_num_cv_round": whole(1, such_as=1),
    "_tuning_objective_metric": one_of(*(f"validation:{name}" for name in metrics.METRICS)),
    "eval_metric": metrics.KIND,
    "seed": whole(-(2**31) + 1, 2**31 - 2, such_as=0),
    "num_parallel_tree": whole(1, such_as=1),
    "save_model_on_termination": _TRUTH,
    "aft_loss_distribution": one_of("normal", "logistic", "extreme"),
    "aft_loss_distribution_scale": number(0, such_as=1),
    "deterministic_histogram": _TRUTH,
    "sampling_method": one_of("uniform", "gradient_based"),
    "prob_buffer_row": whole(2, such_as=2),
    "use_dask_gpu_training": _TRUTH,
}
