"""Rules of SageMaker for a training job, as far as its spec alone can break them.

Sources: SageMaker API Reference, CreateTrainingJob, ResourceConfig; Developer Guide, "XGBoost
hyperparameters" and "Managed spot training"; "Docker registry paths", which says not to use the
tags :1 and :latest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from components.spec.errors import NOT_SET, ConfigError, Path
from components.training.instance_types import suggestion, training_types
from components.training.xgboost.limits import size_errors
from components.training.xgboost.relations import Problem
from components.training.xgboost.script import script_problems
from components.training.xgboost.verdict import problems

if TYPE_CHECKING:
    from components.training.training_job_spec import TrainingJobSpec

IMAGE = re.compile(
    r"\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/[a-z0-9._/-]+"
    r"(?P<version>:[\w.-]+|@sha256:[0-9a-f]{64})?",
    re.ASCII,
)
"""URI of an image in Amazon ECR."""
MOVING_TAGS = {None, ":1", ":latest"}
TOO_OLD_FOR_SCRIPTS = {"1.7-1"}
"""Source: https://github.com/aws/sagemaker-xgboost-container (docker/1.7-1/base)"""
RESERVED_PREFIX = "sagemaker_"
"""Beginning of the hyperparameters that SageMaker's image keeps to itself."""
HYPER_PARAMETERS = "hyperParameters"


def instance_type(spec: TrainingJobSpec) -> Iterator[ConfigError]:
    """Yield an error for a type that SageMaker does not train on: it has fewer than EC2."""
    if spec.instance_type not in training_types():
        rule = "must be a SageMaker instance type for training, such as ml.m5.large"
        remedy = f"set {suggestion(spec.instance_type) or 'ml.m5.large'}"
        yield ConfigError(("instanceType",), rule, spec.instance_type, remedy)


def image(spec: TrainingJobSpec) -> Iterator[ConfigError]:
    """Yield an error for an image outside Amazon ECR, and for one whose tag can move."""
    if spec.image is None:
        return
    found = IMAGE.fullmatch(spec.image)
    if found is None:
        rule = "must be an image in Amazon ECR: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG"
        yield ConfigError(("image",), rule, spec.image, "push it to ECR, and give that address")
    elif found["version"] in MOVING_TAGS:
        rule = "must have a tag or digest that does not move: never :1, :latest or none"
        yield ConfigError(("image",), rule, spec.image, "give the tag of one release")


def spot(spec: TrainingJobSpec) -> Iterator[ConfigError]:
    """Yield an error for spot training without a limit on waiting, and for a limit without it."""
    path, wait = ("maxWaitSeconds",), spec.max_wait_seconds
    enough = f"set {spec.max_runtime_seconds} or more"
    if spec.spot and wait is None:
        rule = "spot training needs a limit on waiting and training in all"
        yield ConfigError(path, rule, NOT_SET, enough, (("spot",),))
    elif not spec.spot and wait is not None:
        rule = "has a meaning only with spot training"
        yield ConfigError(path, rule, wait, "remove it, or set `spot: true`", (("spot",),))
    elif wait is not None and wait < spec.max_runtime_seconds:
        rule = "must be at least maxRuntimeSeconds"
        yield ConfigError(path, rule, wait, enough, (("maxRuntimeSeconds",),))


def script(spec: TrainingJobSpec) -> Iterator[ConfigError]:
    """Yield an error for a script in an image that cannot run it."""
    if spec.script and spec.image is not None:
        rule = "the script runs in SageMaker's XGBoost image only"
        remedy = "remove image, or set `script: false`"
        yield ConfigError(("script",), rule, spec.script, remedy, (("image",),))
    if spec.script and spec.image is None and spec.xgboost_version in TOO_OLD_FOR_SCRIPTS:
        rule = "the script needs Python 3.10 and xgboost 3, and this image has 3.8 and 1.7"
        path, remedy = ("xgboostVersion",), "set 3.2-0, or `script: false`"
        yield ConfigError(path, rule, spec.xgboost_version, remedy, (("script",),))


def hyper_parameters(spec: TrainingJobSpec) -> Iterator[ConfigError]:
    """Yield an error for each hyperparameter that SageMaker's XGBoost or the script refuses."""
    given = spec.hyper_parameters
    if spec.image is None:
        own = {key: given[key] for key in given if not key.startswith(RESERVED_PREFIX)}
        for name in (key for key in given if key not in own):
            rule = f"SageMaker's image keeps hyperparameters {RESERVED_PREFIX}... to itself"
            path = (HYPER_PARAMETERS, name)
            yield ConfigError(path, rule, name, "remove it; see `script`")
        if spec.script:
            yield from script_errors((), own)
        else:
            yield from _errors((), problems(own, spec.xgboost_version))
    yield from size_errors((HYPER_PARAMETERS,), given, script=spec.script)


def script_errors(path: Path, given: Mapping[str, str]) -> Iterator[ConfigError]:
    """Yield an error for each hyperparameter that the training script refuses.

    Args:
        path: Path of the training, which has `hyperParameters` below it.
        given: Hyperparameters by name.
    """
    yield from _errors(path, script_problems(given))


def _errors(path: Path, found: Iterable[Problem]) -> Iterator[ConfigError]:
    for one in found:
        depends_on = tuple((*path, HYPER_PARAMETERS, name) for name in one.depends_on)
        own = (*path, HYPER_PARAMETERS, one.name)
        yield ConfigError(own, one.rule, one.value, one.remedy, depends_on)


RULES = (instance_type, image, spot, script, hyper_parameters)
