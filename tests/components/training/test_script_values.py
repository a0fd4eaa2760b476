"""The rules for our script's hyperparameters and xgboost itself give the same verdict."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xgboost

from components.training.xgboost.script import script_problems
from workloads.training.hyperparameters import split_names

CLASSES = {"objective": "multi:softmax", "num_class": "3"}
REFUSED = [
    *({"eval_metric": one} for one in ("error@", "nonsense", "rmse,nonsense", "mlogloss@x")),
    *({**CLASSES, "eval_metric": one} for one in ("rmsle", "map", "merror,error")),
    *({"monotone_constraints": one} for one in ("(1,x)", "one")),
    *({"interaction_constraints": one} for one in ("[[0,", "[[0.5]]", "{}")),
    *({"seed": one} for one in ("x", "0.5")),
    *({"eta": one} for one in ("1_0", "much")),
    *({"base_score": "x"}, {"updater": "nope"}, {"nthread": "x"}),
    *({"process_type": "update"}, {"multi_strategy": "nope"}),
]
TAKEN = [
    *({"eval_metric": one} for one in ("rmse,mae", "error@0.7")),
    *({**CLASSES, "eval_metric": one} for one in ("merror,mlogloss", "merror@0.5", "auc")),
    *({"monotone_constraints": one} for one in ("(1,0)", "( 1, -1 )", "(1)")),
    *({"interaction_constraints": "[[0,1]]"}, {"seed": "-1"}, {"eta": "1e-1"}, {"nthread": "-1"}),
    *({"updater": "grow_colmaker,prune"}, {"multi_strategy": "multi_output_tree"}),
]


def trains(given: dict[str, str]) -> bool:
    """Return whether xgboost trains with them, as our script passes them."""
    data = xgboost.DMatrix(np.arange(12.0).reshape(6, 2), label=[0, 1, 2, 0, 1, 2])
    parameters = {key: value for key, value in given.items() if key != "eval_metric"}
    metrics = split_names(given.get("eval_metric", ""))
    try:
        xgboost.train(
            {"verbosity": "0", "nthread": "1", **parameters}
            | ({"eval_metric": metrics} if metrics else {}),
            data,
            num_boost_round=1,
            evals=[(data, "train")],
            verbose_eval=False,
        )
    except (xgboost.core.XGBoostError, ValueError):
        return False
    return True


@pytest.mark.parametrize("given", REFUSED, ids=json.dumps)
def test_what_xgboost_refuses_of_the_script_is_a_error(given: dict[str, str]) -> None:
    assert [one.name for one in script_problems({**given, "num_round": "1"})] == [list(given)[-1]]
    assert not trains(given)


@pytest.mark.parametrize("given", TAKEN, ids=json.dumps)
def test_what_xgboost_trains_with_is_taken(given: dict[str, str]) -> None:
    assert list(script_problems({**given, "num_round": "1"})) == []
    assert trains(given)


def test_a_verbosity_beyond_xgboosts_is_a_error() -> None:
    # xgboost is not asked: it would refuse it, and talk in all tests after this one.
    [problem] = script_problems({"verbosity": "9", "num_round": "1"})
    assert problem.name == "verbosity"
