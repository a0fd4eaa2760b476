"""Rules of training jobs that depend on other sections or on the Region, and advice.

Sources: SageMaker API Reference, CreateTrainingJob, ResourceConfig; Developer Guide, "Managed spot
training".
"""

from __future__ import annotations

from collections.abc import Iterator

from components.spec.errors import ConfigError, Path
from components.training.instance_types import has_local_disks
from components.training.training_job_spec import IMAGE, MOVING_TAGS, DatasetTrainingJobSpec
from settings.stack import Settings

JOBS: Path = ("training", "jobs")
DATASETS: Path = ("datasets",)
XGBOOST_CHANNELS = ("train", "validation")


def job_datasets(settings: Settings) -> Iterator[ConfigError]:
    """Check that the dataset of each job is one of the stack's."""
    known = settings.declared_datasets
    for path, job in _jobs(settings):
        if job.dataset not in known:
            rule = "must be one of datasets"
            remedy = f"choose from {', '.join(known)}" if known else "add it to datasets"
            yield ConfigError((*path, "dataset"), rule, job.dataset, remedy, (DATASETS,))


def xgboost_channels(settings: Settings) -> Iterator[ConfigError]:
    """Check that SageMaker's XGBoost image gets the channels that it knows.

    Source: https://github.com/aws/sagemaker-xgboost-container (channel_validation.py)
    """
    for path, job in _jobs(settings):
        declared = settings.declared_datasets.get(job.dataset)
        if declared is None or job.image is not None:
            continue
        names = declared.spec.channel_names
        if "train" not in names or {*names} - {*XGBOOST_CHANNELS}:
            rule = "SageMaker's XGBoost reads the channel train, and validation if there is one"
            remedy = f"name the channels of {job.dataset} so, or set an image of your own"
            depends_on = (declared.files, (*declared.path, "channels"))
            yield ConfigError((*path, "dataset"), rule, [*names], remedy, depends_on)


def new_data(settings: Settings) -> Iterator[ConfigError]:
    """Check that batches of new data have a dataset of files in the data bucket beside them."""
    wanted = settings.training.on_new_data
    job = settings.training.jobs.get(wanted.job) if wanted else None
    if wanted and job and job.dataset in settings.prefix_datasets:
        rule = "must be a job on a dataset of files, beside which new data is put"
        where = settings.declared_datasets[job.dataset].path
        remedy = "name a job whose dataset has `files`"
        path: Path = ("training", "onNewData", "job")
        depends_on = ((*JOBS, wanted.job, "dataset"), (*where, "uri"))
        yield ConfigError(path, rule, wanted.job, remedy, depends_on)


def image_regions(settings: Settings) -> Iterator[ConfigError]:
    """Check that a job's own image is in the stack's Region."""
    for path, job in _jobs(settings):
        image = IMAGE.fullmatch(job.image or "")
        if image is None or image["version"] in MOVING_TAGS:
            continue
        if settings.region and image["region"] != settings.region:
            rule = "must be in the stack's Region: SageMaker pulls images from no other"
            remedy = f"push it to Amazon ECR in {settings.region}, and give that address"
            yield ConfigError((*path, "image"), rule, job.image, remedy, (("aws:region",),))


def early_stopping(settings: Settings) -> Iterator[ConfigError]:
    """Advise on early stopping, which the built-in algorithm leaves out without a metric."""
    for path, job in _jobs(settings):
        given = job.hyper_parameters
        measured = {"eval_metric", "_tuning_objective_metric"} & given.keys()
        if job.image is not None or job.script or measured:
            continue
        for name in given.keys() & {"early_stopping_rounds"}:
            rule = "does nothing without eval_metric: training goes on to the last round"
            where = (*path, "hyperParameters", name)
            yield ConfigError(where, rule, given[name], "set eval_metric, or remove it")


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


def _jobs(settings: Settings) -> Iterator[tuple[Path, DatasetTrainingJobSpec]]:
    for name, job in settings.training.jobs.items():
        yield (*JOBS, name), job


RULES = (job_datasets, xgboost_channels, new_data, image_regions)

WARNINGS = (early_stopping, spot_checkpoints, volumes)
