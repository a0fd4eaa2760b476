"""Rules of SageMaker training jobs.

Sources: SageMaker API Reference, CreateTrainingJob, ResourceConfig; Developer Guide, "XGBoost
hyperparameters" and "Managed spot training"; "Docker registry paths", which says not to use the
tags :1 and :latest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from components.names import label_errors
from components.spec.errors import NOT_SET, ConfigError, Path
from settings.stack import Settings
from settings.training import TrainingJob
from settings.training_instances import has_local_disks, suggestion, training_types
from settings.xgboost.limits import size_errors
from settings.xgboost.relations import Problem
from settings.xgboost.script import script_problems
from settings.xgboost.verdict import problems

JOBS: Path = ("training", "jobs")
DATASETS: Path = ("bucket", "datasets")

LONGEST_NAME = 40
"""SageMaker takes 63 characters; the rest is for the stack and a hash of the job's spec."""
IMAGE = re.compile(
    r"\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/[a-z0-9._/-]+"
    r"(?P<version>:[\w.-]+|@sha256:[0-9a-f]{64})?",
    re.ASCII,
)
TOO_OLD_FOR_SCRIPTS = {"1.7-1"}
"""Source: https://github.com/aws/sagemaker-xgboost-container (docker/1.7-1/base)"""
MOVING_TAGS = {None, ":1", ":latest"}
RESERVED_PARAMETERS = "sagemaker_"


def job_names(settings: Settings) -> Iterator[ConfigError]:
    """A job's name is part of the names of a Kubernetes object and a SageMaker job."""
    yield from label_errors(JOBS, settings.training.jobs, LONGEST_NAME)


def job_datasets(settings: Settings) -> Iterator[ConfigError]:
    """A job reads a dataset that is there."""
    known = settings.bucket.datasets
    for path, job in _jobs(settings):
        if job.dataset not in known:
            rule = "must be one of bucket.datasets"
            remedy = f"choose from {', '.join(known)}" if known else "add it to bucket.datasets"
            yield ConfigError((*path, "dataset"), rule, job.dataset, remedy, (DATASETS,))


def instance_types(settings: Settings) -> Iterator[ConfigError]:
    """SageMaker has instance types of its own, fewer than EC2."""
    for path, job in _jobs(settings):
        if job.instance_type not in training_types():
            rule = "must be a SageMaker instance type for training, such as ml.m5.large"
            remedy = f"set {suggestion(job.instance_type) or 'ml.m5.large'}"
            yield ConfigError((*path, "instanceType"), rule, job.instance_type, remedy)


def images(settings: Settings) -> Iterator[ConfigError]:
    """An image of one's own is in ECR, and pinned."""
    for path, job in _jobs(settings):
        if job.image is None:
            continue
        image = IMAGE.fullmatch(job.image)
        if image is None:
            rule = "must be an image in Amazon ECR: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG"
            yield ConfigError(
                (*path, "image"), rule, job.image, "push it to ECR, and give that address"
            )
        elif image["version"] in MOVING_TAGS:
            rule = "must have a tag or digest that does not move: never :1, :latest or none"
            yield ConfigError((*path, "image"), rule, job.image, "give the tag of one release")
        elif settings.region and image["region"] != settings.region:
            rule = "must be in the stack's Region: SageMaker pulls images from no other"
            remedy = f"push it to Amazon ECR in {settings.region}, and give that address"
            yield ConfigError((*path, "image"), rule, job.image, remedy, (("aws:region",),))


def spot(settings: Settings) -> Iterator[ConfigError]:
    """Spot training has a time limit that counts the waiting in."""
    for path, job in _jobs(settings):
        where, wait = (*path, "maxWaitSeconds"), job.max_wait_seconds
        least = f"set {job.max_runtime_seconds} or more"
        if job.spot and wait is None:
            rule = "spot training needs a limit on waiting and training in all"
            yield ConfigError(where, rule, NOT_SET, least, ((*path, "spot"),))
        elif not job.spot and wait is not None:
            rule = "has a meaning only with spot training"
            yield ConfigError(
                where, rule, wait, "remove it, or set `spot: true`", ((*path, "spot"),)
            )
        elif wait is not None and wait < job.max_runtime_seconds:
            rule = "must be at least maxRuntimeSeconds"
            yield ConfigError(where, rule, wait, least, ((*path, "maxRuntimeSeconds"),))


def scripts(settings: Settings) -> Iterator[ConfigError]:
    """Our script runs in SageMaker's image, which learns of it by hyperparameters of its own."""
    for path, job in _jobs(settings):
        if job.script and job.image is not None:
            rule = "the script runs in SageMaker's XGBoost image only"
            remedy = "remove image, or set `script: false`"
            yield ConfigError((*path, "script"), rule, job.script, remedy, ((*path, "image"),))
        if job.script and job.image is None and job.xgboost_version in TOO_OLD_FOR_SCRIPTS:
            rule = "the script needs Python 3.10 and xgboost 3, and this image has 3.8 and 1.7"
            where = (*path, "xgboostVersion")
            remedy = "set 3.2-0, or `script: false`"
            yield ConfigError(where, rule, job.xgboost_version, remedy, ((*path, "script"),))
        for name in job.hyper_parameters:
            if job.image is None and name.startswith(RESERVED_PARAMETERS):
                rule = f"SageMaker's image keeps hyperparameters {RESERVED_PARAMETERS}... to itself"
                yield ConfigError(_parameter(path, name), rule, name, "remove it; see `script`")


def hyper_parameters(settings: Settings) -> Iterator[ConfigError]:
    """SageMaker's built-in XGBoost takes hyperparameters of its own, and judges them strictly."""
    for path, job in _xgboost_jobs(settings):
        if not job.script:
            yield from _at(path, problems(_own(job), job.xgboost_version))


def hyper_parameter_sizes(settings: Settings) -> Iterator[ConfigError]:
    """SageMaker limits the number of hyperparameters and their lengths."""
    for path, job in _jobs(settings):
        where = (*path, "hyperParameters")
        yield from size_errors(where, job.hyper_parameters, script=job.script)


def script_parameters(settings: Settings) -> Iterator[ConfigError]:
    """Our script takes hyperparameters of its own too."""
    for path, job in _xgboost_jobs(settings):
        if job.script:
            yield from script_errors(path, _own(job))


def early_stopping(settings: Settings) -> Iterator[ConfigError]:
    """Advise on early stopping, which the built-in algorithm leaves out without a metric."""
    for path, job in _xgboost_jobs(settings):
        given = job.hyper_parameters
        measured = {"eval_metric", "_tuning_objective_metric"} & given.keys()
        if not job.script and "early_stopping_rounds" in given and not measured:
            where = _parameter(path, "early_stopping_rounds")
            rule = "does nothing without eval_metric: training goes on to the last round"
            yield ConfigError(
                where, rule, given["early_stopping_rounds"], "set eval_metric, or remove it"
            )


def spot_checkpoints(settings: Settings) -> Iterator[ConfigError]:
    """Advise on spot training, which begins anew without checkpoints."""
    for path, job in _jobs(settings):
        if job.spot and not job.checkpoints:
            rule = "without checkpoints, a job whose capacity is taken back begins anew"
            yield ConfigError((*path, "spot"), rule, job.spot, "set `checkpoints: true`")


def volumes(settings: Settings) -> Iterator[ConfigError]:
    """Advise on volumes of instances that have disks of their own.

    Source: SageMaker API Reference, ResourceConfig, VolumeSizeInGB.
    """
    for path, job in _jobs(settings):
        if has_local_disks(job.instance_type) and "volume_size_gib" in job.model_fields_set:
            rule = f"means nothing on {job.instance_type}, which uses its own NVMe disks instead"
            yield ConfigError((*path, "volumeSizeGib"), rule, job.volume_size_gib, "remove it")


def script_errors(path: Path, given: Mapping[str, str]) -> Iterator[ConfigError]:
    """Find what our script would refuse of the hyperparameters of the training at a path."""
    yield from _at(path, script_problems(given))


def _at(path: Path, found: Iterable[Problem]) -> Iterator[ConfigError]:
    """Problems of hyperparameters as errors of the training at a path."""
    for one in found:
        depends_on = tuple(_parameter(path, name) for name in one.depends_on)
        yield ConfigError(_parameter(path, one.name), one.rule, one.value, one.remedy, depends_on)


def _own(job: TrainingJob) -> dict[str, str]:
    """A job's hyperparameters without those that are SageMaker's, of which `scripts` tells."""
    given = job.hyper_parameters
    return {key: given[key] for key in given if not key.startswith(RESERVED_PARAMETERS)}


def _jobs(settings: Settings) -> Iterator[tuple[Path, TrainingJob]]:
    """Every job, and where it is set."""
    for name, job in settings.training.jobs.items():
        yield (*JOBS, name), job


def _xgboost_jobs(settings: Settings) -> Iterator[tuple[Path, TrainingJob]]:
    """The jobs that train with SageMaker's XGBoost."""
    for path, job in _jobs(settings):
        if job.image is None:
            yield path, job


def _parameter(path: Path, name: str) -> Path:
    """Where a job's hyperparameter is set."""
    return (*path, "hyperParameters", name)


RULES = (
    job_names,
    job_datasets,
    instance_types,
    images,
    spot,
    scripts,
    hyper_parameters,
    hyper_parameter_sizes,
    script_parameters,
)

WARNINGS = (early_stopping, spot_checkpoints, volumes)
