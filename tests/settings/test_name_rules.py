"""The names of project and stack, which become part of names in AWS and Kubernetes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.spec.errors import ConfigError
from tests.settings.configs import checked

SAGEMAKER = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
"""SageMaker API Reference, TrainingJobName."""


def named(project: str, stack: str) -> list[ConfigError]:
    """The errors of a valid config in a project and stack of those names."""
    return checked({}, names=(project, stack))[1]


@pytest.mark.parametrize(
    ("stack", "fitting"),
    [
        ("my_stack", "my-stack"),
        ("prod.eu", "prod-eu"),
        ("Prod", "prod"),
        ("-dev-", "dev"),
        ("x" * 41, "x" * 40),
        ("___", "main"),
    ],
)
def test_a_stack_whose_name_aws_refuses_later_is_refused_with_one_that_fits(
    stack: str, fitting: str
) -> None:
    (error,) = named("eks-ml-storage", stack)
    assert error.path == ("pulumi:stack",)
    assert error.value == stack
    assert f"`pulumi stack rename {fitting}`" in error.remedy
    assert named("eks-ml-storage", fitting) == []


@pytest.mark.parametrize("project", ["my_project", "ml.eu", "ML"])
def test_a_project_whose_name_eks_refuses_later_is_refused(project: str) -> None:
    (error,) = named(project, "dev")
    assert error.path == ("pulumi:project",)
    assert "Pulumi.yaml" in error.remedy


def test_a_cluster_name_longer_than_eks_takes_is_refused() -> None:
    (error,) = named("p" * 70, "s" * 30)
    assert "at most 100 characters" in error.rule


@given(st.text(min_size=1, max_size=60))
def test_every_name_that_is_taken_is_one_that_sagemaker_takes(stack: str) -> None:
    if not named("eks-ml-storage", stack):
        assert SAGEMAKER.fullmatch(f"{stack}-digits-0123abcd"[-63:].lstrip("-"))
