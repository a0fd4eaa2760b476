"""The hyperparameters of SageMaker's XGBoost, and what it says of wrong ones."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.sagemaker.xgboost import hyperparameters
from rehearsal.sagemaker.xgboost.errors import AlgorithmError, TrainingError, UserError
from rehearsal.sagemaker.xgboost.hyperparameters import KINDS, validated
from rehearsal.sagemaker.xgboost.values import Interval

ROUND = {"num_round": "10"}


def refusal(**given: str) -> str:
    with pytest.raises(UserError) as caught:
        validated(ROUND | given)
    return str(caught.value)


def test_values_are_what_they_say() -> None:
    found = validated(
        ROUND
        | {
            "eta": "0.3",
            "eval_metric": "merror,error@0.7",
            "monotone_constraints": "(1, 0, -1)",
            "interaction_constraints": "[[1, 2], [3, 4]]",
            "tree_method": "hist",
            "objective": "multi:softmax",
            "num_class": "3",
        }
    )
    assert found == {
        "num_round": 10,
        "eta": 0.3,
        "eval_metric": ["merror", "error@0.7"],
        "monotone_constraints": (1, 0, -1),
        "interaction_constraints": [[1, 2], [3, 4]],
        "tree_method": "hist",
        "objective": "multi:softmax",
        "num_class": 3,
    }


@pytest.mark.parametrize(("alias", "name"), hyperparameters.ALIASES.items())
def test_an_alias_is_the_name_it_stands_for(alias: str, name: str) -> None:
    assert validated(ROUND | {alias: "1"})[name] == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"max_depht": "3"}, "Extraneous hyperparameter found: max_depht. Did you mean max_depth?"),
        ({"zzz": "3"}, "Extraneous hyperparameter found: zzz. Remove it"),
        ({"num_round": "0"}, "Hyperparameter num_round: 0 is not in [1, +inf)"),
        ({"subsample": "0"}, "Hyperparameter subsample: 0.0 is not in (0, 1]"),
        ({"tree_method": "fast"}, "Hyperparameter tree_method: fast is not in ['auto', 'exact'"),
        ({"eval_metric": "merror,luck"}, "Hyperparameter eval_metric: ['merror', 'luck'] is not"),
        ({"eval_metric": "merror@0.5"}, "Metric 'merror@0.5' is not supported"),
        (
            {"eval_metric": "merror, error"},
            "Hyperparameter eval_metric: ['merror', ' error'] is not",
        ),
        (
            {"eval_metric": "auc", "objective": "count:poisson"},
            "Metric 'auc' can only be applied for classification",
        ),
        ({"objective": "multi:softmax"}, "Require input for parameter 'num_class'"),
        ({"booster": "gblinear", "updater": "prune"}, "Linear updater should be one of"),
        ({"updater": "grow_colmaker,distcol"}, "Only one tree grow plugin can be selected"),
        (
            {"monotone_constraints": "(1,)", "tree_method": "approx"},
            "monotone_constraints can be used only when the tree_method parameter is set to",
        ),
    ],
)
def test_what_is_wrong_is_said_in_the_containers_words(given: dict[str, str], said: str) -> None:
    assert said in refusal(**given)


def test_a_value_of_another_kind_is_named_with_what_would_be_right() -> None:
    assert refusal(max_depth="six") == (
        "Hyperparameter max_depth: could not parse value (caused by ValueError). "
        "Give a whole number in [0, +inf), not 'six'."
    )


def test_a_metric_without_an_objective_fails_as_it_does_in_the_container() -> None:
    with pytest.raises(AlgorithmError, match="objective"):
        validated(ROUND | {"eval_metric": "rmse"})


def test_without_rounds_nothing_is_trained() -> None:
    with pytest.raises(UserError, match="Missing required hyperparameter: num_round"):
        validated({"eta": "0.3"})


@given(st.sampled_from(sorted(KINDS)), st.text(max_size=8))
def test_any_text_is_a_value_or_a_refusal_and_nothing_else(name: str, text: str) -> None:
    with contextlib.suppress(TrainingError):
        assert name in validated(ROUND | {name: text})


@pytest.mark.parametrize(
    ("interval", "shown", "inside", "outside"),
    [
        (Interval(0, 1), "[0, 1]", [0, 0.5, 1], [-0.1, 1.1]),
        (Interval(0, 1, low_open=True), "(0, 1]", [0.1, 1], [0]),
        (Interval(1, 2, low_open=True, high_open=True), "(1, 2)", [1.5], [1, 2]),
        (Interval(low=3), "[3, +inf)", [3, 9e9], [2.9]),
        (Interval(), "(-inf, +inf)", [-9e9, 9e9], []),
    ],
)
def test_an_interval_has_its_ends_unless_they_are_open(
    interval: Interval, shown: str, inside: list[float], outside: list[float]
) -> None:
    assert str(interval) == shown
    assert all(value in interval for value in inside)
    assert not any(value in interval for value in outside)
