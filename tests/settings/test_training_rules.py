"""Training jobs: hyperparameters, limits of SageMaker, and advice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.spec.errors import NOT_SET, format_path
from components.training.instance_types import suggest_type, training_types
from settings.rules import warnings
from tests.settings.configs import REMOVED, Case, assert_refused, checked, keys

JOB = "training.jobs.digits"
GIVEN = f"{JOB}.hyperParameters"
MANY = {f"p{n}": "1" for n in range(100)}

CASES = {
    "an image of another Region": Case(
        {"training.jobs.digits.image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1.0"},
        "training.jobs.digits.image",
        "in the stack's Region",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1.0",
        "push it to Amazon ECR in us-west-2",
    ),
    "a misspelt hyperparameter": Case(
        {f"{GIVEN}.max_dept": "3"}, f"{GIVEN}.max_dept", "no such", "3", "use max_depth"
    ),
    "metrics with a space between them": Case(
        {f"{GIVEN}.eval_metric": "merror, mlogloss"},
        f"{GIVEN}.eval_metric",
        "no spaces",
        "merror, mlogloss",
        'set "merror,mlogloss"',
    ),
    "a hundred and three hyperparameters": Case(
        {f"{JOB}.image": "123456789012.dkr.ecr.us-west-2.amazonaws.com/own:1.0",
         f"{GIVEN}": {**MANY, "a": "1", "b": "2", "c": "3"}},
        GIVEN, "takes 100 hyperparameters", "103 hyperparameters", "remove 3",
    ),
    "a hyperparameter with a value of 2,501 characters": Case(
        {f"{JOB}.image": "123456789012.dkr.ecr.us-west-2.amazonaws.com/own:1.0",
         f"{GIVEN}": {"long": "x" * 2501}},
        f"{GIVEN}.long", "2500 characters", "x" * 2501, "from 2501",
    ),
    "a hyperparameter with a value of two lines": Case(
        {f"{JOB}.image": "123456789012.dkr.ecr.us-west-2.amazonaws.com/own:1.0",
         f"{GIVEN}": {"lines": "1\n2"}},
        f"{GIVEN}.lines", "one line", "1\n2", "shorten",
    ),
    "a hyperparameter with a name of 257 characters": Case(
        {f"{JOB}.image": "123456789012.dkr.ecr.us-west-2.amazonaws.com/own:1.0",
         f"{GIVEN}": {"n" * 257: "1"}},
        f"{GIVEN}.{'n' * 257}", "256 characters", "n" * 257, "shorten",
    ),
    "an instance type that there is not": Case(
        {f"{JOB}.instanceType": "ml.m99.large"},
        f"{JOB}.instanceType", "SageMaker instance type", "ml.m99.large", "set ml.m8i.large",
    ),
    "an instance type of SageMaker twice over": Case(
        {f"{JOB}.instanceType": "ml.ml.m5.large"},
        f"{JOB}.instanceType", "SageMaker instance type", "ml.ml.m5.large", "set ml.m5.large",
    ),
    "a family without a size": Case(
        {f"{JOB}.instanceType": "ml.m5"},
        f"{JOB}.instanceType", "SageMaker instance type", "ml.m5", "set ml.m5.large",
    ),
    "an EC2 instance type that SageMaker does not train on": Case(
        {f"{JOB}.instanceType": "m6g.large"},
        f"{JOB}.instanceType", "SageMaker instance type", "m6g.large", "set ml.m8i.large",
    ),
    "a size that the family has not": Case(
        {f"{JOB}.instanceType": "ml.c5.large"},
        f"{JOB}.instanceType", "SageMaker instance type", "ml.c5.large", "set ml.c5.xlarge",
    ),
    "a script without rounds": Case(
        {f"{JOB}.script": True, f"{GIVEN}.num_round": REMOVED},
        f"{GIVEN}.num_round", "number of rounds", NOT_SET, '"50"',
    ),
    "what our script does not take": Case(
        {f"{JOB}.script": True, f"{GIVEN}.csv_weights": "1"},
        f"{GIVEN}.csv_weights", "script has no such", "1", "remove it",
    ),
    "a misspelt hyperparameter of our script": Case(
        {f"{JOB}.script": True, f"{GIVEN}.max_dept": "3"},
        f"{GIVEN}.max_dept", "script has no such", "3", "use max_depth",
    ),
    "a path that is SageMaker's to tell our script": Case(
        {f"{JOB}.script": True, f"{GIVEN}.model_dir": "/tmp"},
        f"{GIVEN}.model_dir", "script has no such", "/tmp", "remove it",
    ),
    "a value that xgboost refuses in our script": Case(
        {f"{JOB}.script": True, f"{GIVEN}.learning_rate": "-1"},
        f"{GIVEN}.learning_rate", "a number from 0", "-1", '"0.3"',
    ),
    "a tree method of GPUs in our script": Case(
        {f"{JOB}.script": True, f"{GIVEN}.tree_method": "gpu_hist"},
        f"{GIVEN}.tree_method", "one of auto", "gpu_hist", 'set "',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: Case) -> None:
    assert_refused(case)


def test_an_image_of_ones_own_has_a_hundred_hyperparameters_of_its_own() -> None:
    own = {f"{JOB}.image": "123456789012.dkr.ecr.us-west-2.amazonaws.com/own:1.0"}
    assert keys({**own, GIVEN: MANY}) == []


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({f"{GIVEN}.early_stopping_rounds": "5"}, f"{GIVEN}.early_stopping_rounds"),
        ({f"{JOB}.spot": True, f"{JOB}.maxWaitSeconds": 7200}, f"{JOB}.spot"),
        (
            {f"{JOB}.instanceType": "ml.g5.xlarge", f"{JOB}.volumeSizeGib": 100},
            f"{JOB}.volumeSizeGib",
        ),
    ],
)
def test_what_sagemaker_takes_and_nobody_means_is_advised_on(
    changes: dict[str, Any], key: str
) -> None:
    settings, errors = checked(changes)
    assert errors == []
    assert [format_path(one.path) for one in warnings(settings)] == [key]


def test_early_stopping_with_a_metric_and_spot_with_checkpoints_need_no_advice() -> None:
    settings, errors = checked(
        {
            f"{GIVEN}.early_stopping_rounds": "5",
            f"{GIVEN}.eval_metric": "merror",
            f"{JOB}.spot": True,
            f"{JOB}.maxWaitSeconds": 7200,
            f"{JOB}.checkpoints": True,
        }
    )
    assert errors == []
    assert list(warnings(settings)) == []


def test_the_instance_types_are_those_of_botocores_model() -> None:
    session = pytest.importorskip("botocore.session").get_session()
    model = session.get_service_model("sagemaker")
    assert set(model.shape_for("TrainingInstanceType").enum) == training_types(), (
        "run tools/training_instance_types"
    )


@given(st.text(max_size=20) | st.from_regex(r"(ml\.)?[a-z]{1,2}\d{1,2}[a-z]?(\.\w*)?"))
def test_an_instance_type_that_is_proposed_is_one(name: str) -> None:
    assert suggest_type(name) in {None, *training_types()}


def test_our_script_takes_what_the_built_in_algorithm_does_not() -> None:
    own = {"eta": "1.5", "objective": "reg:quantileerror", "quantile_alpha": "0.5"}
    given = {**own, "num_round": "5", "checkpoint_every": "2"}
    assert keys({f"{JOB}.script": True, GIVEN: given}) == []
