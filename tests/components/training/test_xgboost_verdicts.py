"""The config and SageMaker's own validator judge the same of several hundred sets.

The table xgboost_verdicts.json has the sets and the words of the validator of
https://github.com/aws/sagemaker-xgboost-container, which record_xgboost_verdicts.py fills in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.training.xgboost.built_in import built_in_problems
from components.training.xgboost.relations import ParameterProblem

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "rehearsal" / "tests" / "sagemaker" / "xgboost_verdicts.json"
SETS = json.loads(TABLE.read_text())["sets"]
REFUSED = [one["given"] for one in SETS if one["refusal"]]
TAKEN = [one["given"] for one in SETS if not one["refusal"]]

STRICTER = {
    # Seen in runs of xgboost 1.7.6, 3.0.5 and 3.2.0: it ends the training.
    "must be 2 or more: xgboost makes no histogram": [{"max_bin": "0"}],
    "has no tree_method gpu_hist": [{"tree_method": "gpu_hist"}],
    "the built-in algorithm begins without one": [{"process_type": "update"}],
    "needs bounds of the labels": [{"objective": "survival:aft"}],
    "must be one of reg:squarederror": [{"objective": "aft_loss_distribution"}],
    "goes with an objective multi:... only": [{"num_class": None, "objective": None}],
    "goes with survival:aft only": [{"eval_metric": "interval-regression-accuracy"}],
    "goes with multi:softmax and multi:softprob only": [
        {"eval_metric": "merror"},
        {"eval_metric": "mlogloss"},
    ],
    "wants it with a threshold": [{"eval_metric": "tweedie-nloglik"}],
    "which it does not measure": [{"eval_metric": "error"}],
    "no updater of xgboost any more": [
        {"updater": "distcol"},
        {"updater": "grow_skmaker"},
        {"updater": "grow_skmaker,grow_histmaker"},
    ],
    "can only follow an updater that builds": [
        {"updater": "refresh"},
        {"updater": "prune"},
        {"updater": "refresh,prune"},
        {"updater": "prune,prune"},
    ],
    # It is read as names of features, and fails, in every form but the empty ones.
    "reads it as names of features": [{"interaction_constraints": None}],
    "must be a tuple of -1, 0 and 1": [
        {"monotone_constraints": "[1,-1]"},
        {"monotone_constraints": "(1.0,0)"},
        {"monotone_constraints": "{0: 1}"},
    ],
    "must be metrics of SageMaker's XGBoost": [
        {"eval_metric": "error @0.7"},  # xgboost knows no such metric
        {"eval_metric": "ndcg@inf"},  # nor this
        {"eval_metric": "error@0.7@0.9"},  # the second threshold is dropped without a word
    ],
    # It trains, and predicts nothing but NaN.
    "must be a number from 0 to 1": [{"eta": "nan"}],
    # One of the two is dropped, and SageMaker does not say which comes last.
    "by another name": [{"eta": None, "learning_rate": None}],
}
"""Sets that the container's validator takes and we refuse, by our reason; None is any value."""


def refusals(given: dict[str, str]) -> list[ParameterProblem]:
    return list(built_in_problems(given, "3.2-0"))


def reasons(given: dict[str, str]) -> Iterator[str]:
    """Our listed reasons for refusing a set."""
    for reason, likes in STRICTER.items():
        for like in likes:
            if all(name in given and value in (None, given[name]) for name, value in like.items()):
                yield reason


def test_the_table_has_at_least_225_sets() -> None:
    assert len(SETS) >= 225
    assert len({json.dumps(one["given"]) for one in SETS}) == len(SETS)
    assert len(REFUSED) > 100
    assert len(TAKEN) > 100


def test_whatever_the_container_refuses_is_refused_before_anything_is_created() -> None:
    assert [given for given in REFUSED if not refusals(given)] == []


def test_whatever_the_container_takes_is_taken_or_refused_for_a_listed_reason() -> None:
    for given in TAKEN:
        found = refusals(given)
        listed = [one for one in found for reason in reasons(given) if reason in one.rule]
        assert bool(found) is bool(listed), f"{given}: {found}"


@pytest.mark.parametrize("reason", STRICTER)
def test_every_listed_difference_is_one(reason: str) -> None:
    assert any(reason in one.rule for given in TAKEN for one in refusals(given))


def test_the_remedies_lead_to_a_set_that_is_taken() -> None:
    for given in REFUSED:
        left = dict(given)
        for _ in range(6):
            if found := refusals(left):
                follow(left, found[0])
        assert refusals(left) == [], f"{given} became {left}"


def follow(given: dict[str, str], problem: ParameterProblem) -> None:
    """Do as a remedy says."""
    remedy = problem.remedy
    if remedy.startswith(("set ", "set for instance ")) and '"' in remedy:
        given[problem.name] = remedy.split('"')[1]
    elif remedy.startswith("set tree_method"):
        given["tree_method"] = remedy.rpartition(" ")[2]
    elif remedy.startswith("use "):
        value = given.pop(problem.name)
        given.setdefault(remedy.removeprefix("use "), value)
    else:
        assert remedy.startswith("remove it"), remedy
        del given[problem.name]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("max_dept", "max_depth"),
        ("maxDepth", "max_depth"),
        ("learning_rates", "learning_rate"),
        ("num_rounds", "num_round"),
        ("subsamples", "subsample"),
    ],
)
def test_a_misspelt_name_is_told_the_right_one(wrong: str, right: str) -> None:
    given = {"num_round": "5", wrong: "3"}
    assert f"use {right}" in [one.remedy for one in refusals(given)]


def test_a_misspelt_number_of_rounds_is_one_error() -> None:
    assert [one.name for one in refusals({"num_rounds": "5"})] == ["num_rounds"]


def test_a_list_with_spaces_is_told_without_them() -> None:
    given = {"num_round": "5", "objective": "binary:logistic", "eval_metric": "error, logloss"}
    assert [one.remedy for one in refusals(given)] == ['set "error,logloss"']


def test_all_errors_of_a_set_are_found_at_once() -> None:
    given = {"eta": "2", "max_dept": "3", "objective": "multi:softmax", "tree_method": "fast"}
    assert {one.name for one in refusals(given)} == {
        "eta",
        "max_dept",
        "num_class",
        "num_round",
        "tree_method",
    }


def test_a_tree_method_on_gpus_is_taken_where_xgboost_has_it() -> None:
    given = {"num_round": "5", "tree_method": "gpu_hist"}
    assert not list(built_in_problems(given, "3.0-5"))
