"""The rehearsed container judges hyperparameters as SageMaker's own validator does.

The table of sets and verdicts was recorded from that validator; it says how.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rehearsal.sagemaker.xgboost.errors import TrainingError
from rehearsal.sagemaker.xgboost.hyperparameters import validated

TABLE = Path(__file__).with_name("xgboost_verdicts.json")
SETS = json.loads(TABLE.read_text())["sets"]
STRICTER = ("nan",)
"""Values that the container takes for numbers and the rehearsal does not: xgboost trains on them,
and predicts nothing but NaN."""


def is_taken(given: dict[str, str]) -> bool:
    try:
        validated(given)
    except TrainingError:
        return False
    return True


def test_the_rehearsed_container_judges_as_the_real_one() -> None:
    differences = [
        one["given"]
        for one in SETS
        if is_taken(one["given"]) is bool(one["refusal"])
        and not set(one["given"].values()) & set(STRICTER)
    ]
    assert differences == []


@pytest.mark.difference(
    of="Amazon SageMaker",
    what="The hyperparameter value nan is refused.",
    direction="harsher",
    why="XGBoost trains with it and predicts nothing but NaN.",
)
def test_the_rehearsed_container_does_not_take_what_is_no_number() -> None:
    strange = [one["given"] for one in SETS if set(one["given"].values()) & set(STRICTER)]
    assert strange
    assert not any(is_taken(given) for given in strange)
