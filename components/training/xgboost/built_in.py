"""Problems of the hyperparameters of SageMaker's built-in XGBoost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.spec.errors import NOT_SET
from components.spec.spelling import closest_match
from components.training.xgboost.parameters import ALIASES, PARAMETERS
from components.training.xgboost.relations import RELATIONS, ParameterProblem, removed_methods

REQUIRED = ("num_round",)


def built_in_problems(given: Mapping[str, str], version: str) -> Iterator[ParameterProblem]:
    """Yield a problem for each hyperparameter that SageMaker's built-in XGBoost would refuse.

    Args:
        given: Hyperparameters by name; the values are text.
        version: The tag of SageMaker's XGBoost, such as 3.2-0.
    """
    right: dict[str, str] = {}
    written: dict[str, str] = {}
    for name, value in given.items():
        known = ALIASES.get(name, name)
        found = _problem(name, known, value, written)
        if found:
            yield found
        else:
            right[known] = value
        written.setdefault(known, name)
    for name in REQUIRED:
        if name not in written and not _is_misspelt(name, given):
            rule = "XGBoost needs its number of rounds, 1 or more"
            yield ParameterProblem(name, rule, NOT_SET, 'set for instance "50"')
    yield from _related(right, written, version)


def _problem(
    name: str, known: str, value: str, written: Mapping[str, str]
) -> ParameterProblem | None:
    if known not in PARAMETERS:
        near = closest_match(name, (*PARAMETERS, *ALIASES))
        rule = "SageMaker's built-in XGBoost has no such hyperparameter"
        return ParameterProblem(name, rule, value, f"use {near}" if near else "remove it")
    if known in written:
        rule = f"is {written[known]} by another name, and only one of the two can count"
        return ParameterProblem(name, rule, value, f"remove it, or {written[known]}")
    kind = PARAMETERS[known]
    if not kind.allows(value):
        return ParameterProblem(name, f"must be {kind.description}", value, kind.remedy(value))
    return None


def _related(
    right: Mapping[str, str], written: Mapping[str, str], version: str
) -> Iterator[ParameterProblem]:
    wrong = written.keys() - right.keys()
    found = [one for relation in RELATIONS for one in relation(right)]
    for one in [*found, *removed_methods(right, version)]:
        if not wrong & {one.name, *one.depends_on}:
            yield one


def _is_misspelt(name: str, given: Mapping[str, str]) -> bool:
    unknown = [one for one in given if ALIASES.get(one, one) not in PARAMETERS]
    return any(closest_match(one, (*PARAMETERS, *ALIASES)) == name for one in unknown)
