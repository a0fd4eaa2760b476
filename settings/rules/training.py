"""Rules of training jobs that depend on other sections or on the Region, and advice.

Sources: SageMaker API Reference, CreateTrainingJob, ResourceConfig; Developer Guide, "Managed spot
training".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from components.data_source_spec import local_files
from components.names import kms_region_errors
from components.spec.errors import ConfigError, Path
from components.training.channel_spec import ChannelSpec, dataset_channel
from components.training.instance_types import has_local_disks
from components.training.training_job_spec import (
    IMAGE,
    MOVING_TAGS,
    ContentType,
    DatasetTrainingJobSpec,
)
from settings.stack import Settings

JOBS: Path = ("training", "jobs")
DATASETS: Path = ("datasets",)
ACCELERATED = ("ml.p", "ml.g", "ml.trn")
XGBOOST_CHANNELS = ("train", "validation")


def job_datasets(settings: Settings) -> Iterator[ConfigError]:
    """Check that the datasets of each job are the stack's."""
    known = settings.declared_datasets
    for path, job in _jobs(settings):
        named: dict[Path, str] = {(*path, "dataset"): job.dataset} if job.dataset else {}
        named |= {(*path, "channels", key, "dataset"): it.dataset for key, it in _named(job)}
        for where, dataset in named.items():
            if dataset not in known:
                rule = "must be one of datasets"
                remedy = f"choose from {', '.join(known)}" if known else "add it to datasets"
                yield ConfigError(where, rule, dataset, remedy, (DATASETS,))


def channels(settings: Settings) -> Iterator[ConfigError]:
    """Check that each channel of a job is one of its dataset, and where the job reads it."""
    for path, job in _jobs(settings):
        for name, one in _named(job):
            declared = settings.declared_datasets.get(one.dataset)
            if declared is None:
                continue
            where: Path = (*path, "channels", name)
            names = declared.spec.channel_names
            if not dataset_channel(name, one, names):
                rule = f"must be one of {', '.join(names)}, the channels of {one.dataset}"
                got, remedy = one.channel or name, f"set {names[0]}" if names else "name some"
                yield ConfigError((*where, "channel"), rule, got, remedy, (DATASETS,))
            if one.source == "storage" and not settings.is_on_storage(one.dataset):
                rule = "must be s3: the dataset is not on the shared storage"
                remedy = "set `source: s3`"
                depends_on: tuple[Path, ...] = ((*declared.path, "storage"),)
                yield ConfigError((*where, "source"), rule, one.source, remedy, depends_on)
            if one.distribution == "ShardedByS3Key":
                yield from _shards(settings, where, job, one)
        if job.dataset in settings.datasets and not settings.is_on_storage(job.dataset):
            rule = "must be on the shared storage, from which a job reads its `dataset`"
            remedy = "name `channels` with `source: s3`, or remove `storage: false` of the dataset"
            yield ConfigError((*path, "dataset"), rule, job.dataset, remedy, (DATASETS,))


def xgboost_channels(settings: Settings) -> Iterator[ConfigError]:
    """Check that SageMaker's XGBoost image gets the channels that it knows, as files.

    Source: https://github.com/aws/sagemaker-xgboost-container (channel_validation.py)
    """
    for path, job in _jobs(settings):
        if job.image is not None:
            continue
        declared = settings.declared_datasets.get(job.dataset or "")
        names = declared.spec.channel_names if declared else tuple(job.channels)
        if names and ("train" not in names or {*names} - {*XGBOOST_CHANNELS}):
            rule = "SageMaker's XGBoost reads the channel train, and validation if there is one"
            remedy = "name the channels so, or set an image of your own"
            key = "dataset" if declared else "channels"
            yield ConfigError((*path, key), rule, [*names], remedy, (DATASETS,))
        for name, one in _named(job):
            where: Path = (*path, "channels", name)
            if one.input_mode == "Pipe" or (one.input_mode != "File" and not job.script):
                rule = "SageMaker's XGBoost reads files: File, and FastFile too for the script"
                remedy = "set File, or an image of your own"
                yield ConfigError((*where, "inputMode"), rule, one.input_mode, remedy)
            if one.content_type not in {None, *get_args(ContentType)}:
                rule = "SageMaker's XGBoost reads text/csv or text/libsvm here"
                remedy = "set one of them, or an image of your own"
                yield ConfigError((*where, "contentType"), rule, one.content_type, remedy)


def new_data(settings: Settings) -> Iterator[ConfigError]:
    """Check that batches of new data have a dataset of files in the data bucket beside them."""
    wanted = settings.training.on_new_data
    job = settings.training.jobs.get(wanted.job) if wanted else None
    if wanted and job and (not job.dataset or job.dataset in settings.prefix_datasets):
        rule = "must be a job on a dataset of files, beside which new data is put"
        remedy = "name a job whose `dataset` has `files`"
        path: Path = ("training", "onNewData", "job")
        depends_on: tuple[Path, ...] = ((*JOBS, wanted.job, "dataset"), DATASETS)
        yield ConfigError(path, rule, wanted.job, remedy, depends_on)


def keys(settings: Settings) -> Iterator[ConfigError]:
    """Check that the KMS keys of jobs and prefixes are those of the stack's Region."""
    for path, job in _jobs(settings):
        yield from kms_region_errors(
            (*path, "volumeKmsKeyArn"), job.volume_kms_key_arn, settings.region
        )
        yield from kms_region_errors(
            (*path, "outputKmsKeyArn"), job.output_kms_key_arn, settings.region
        )
    for name, dataset in settings.datasets.items():
        where: Path = ("datasets", name, "kmsKeyArn")
        yield from kms_region_errors(where, dataset.kms_key_arn, settings.region)
    for name, model in settings.models.items():
        where = ("models", name, "kmsKeyArn")
        yield from kms_region_errors(where, model.kms_key_arn, settings.region)


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


def options(settings: Settings) -> Iterator[ConfigError]:
    """Advise on options that have no effect on the instances of a job.

    Source: SageMaker API Reference, StoppingCondition, MaxPendingTimeInSeconds.
    """
    for path, job in _jobs(settings):
        if job.encrypt_traffic and job.instance_count == 1:
            rule = "means nothing for one instance, which sends nothing to others"
            where: Path = (*path, "encryptTraffic")
            yield ConfigError(where, rule, job.encrypt_traffic, "remove it")
        accelerated = job.instance_type.startswith(ACCELERATED)
        if job.max_pending_seconds is not None and not accelerated:
            rule = f"has no effect on {job.instance_type}: it is for accelerated instances"
            where = (*path, "maxPendingSeconds")
            yield ConfigError(where, rule, job.max_pending_seconds, "remove it")


def volumes(settings: Settings) -> Iterator[ConfigError]:
    """Advise on volumes of instances that have disks of their own.

    Source: SageMaker API Reference, ResourceConfig, VolumeSizeInGB.
    """
    for path, job in _jobs(settings):
        if has_local_disks(job.instance_type) and "volume_size_gib" in job.model_fields_set:
            rule = f"means nothing on {job.instance_type}, which uses its own NVMe disks instead"
            yield ConfigError((*path, "volumeSizeGib"), rule, job.volume_size_gib, "remove it")


def _named(job: DatasetTrainingJobSpec) -> Iterator[tuple[str, ChannelSpec]]:
    yield from job.channels.items()


def _shards(
    settings: Settings, where: Path, job: DatasetTrainingJobSpec, channel: ChannelSpec
) -> Iterator[ConfigError]:
    """Check that each instance gets an object, as far as the number of objects is known."""
    spec = settings.declared_datasets[channel.dataset].spec
    own = dataset_channel(str(where[-1]), channel, spec.channel_names)
    found = settings.listings.get((*DATASETS, channel.dataset))
    count = len(local_files(spec.paths.get(own, ())))
    if found is not None and own:
        folder = spec.folders[own]
        count = found.in_folders.get(folder, 0) if folder else found.objects
    # A manifest tells no number.
    if 0 < count < job.instance_count and spec.manifest is None:
        rule = f"has {count} objects for {job.instance_count} instances: some would get none"
        remedy = "set FullyReplicated, or fewer instances"
        depends_on = ((*where[:3], "instanceCount"),)
        yield ConfigError((*where, "distribution"), rule, channel.distribution, remedy, depends_on)


def _jobs(settings: Settings) -> Iterator[tuple[Path, DatasetTrainingJobSpec]]:
    for name, job in settings.training.jobs.items():
        yield (*JOBS, name), job


RULES = (job_datasets, channels, xgboost_channels, new_data, keys, image_regions)

WARNINGS = (early_stopping, spot_checkpoints, options, volumes)
