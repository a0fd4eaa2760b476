"""Rules of the patterns of storage.

Sources: FSx for Lustre User Guide, "File system access" (a file system is in one zone);
Kubernetes, "Resource Management for Pods and Containers"; XGBoost, "XGBoost Parameters".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.names import label_errors
from components.node_group_spec import NodeGroupSpec
from components.spec.errors import NOT_SET, ConfigError, Path
from components.training.training_job_spec import script_errors
from settings.patterns import Model, PodTraining
from settings.rules.node_groups import GROUPS
from settings.rules.resources import quantity_errors, resource_errors
from settings.rules.storage import NAMESPACES, TRAINING_NAMESPACE
from settings.rules.training import DATASETS, JOBS
from settings.stack import Settings

PATTERNS: Path = ("patterns",)
MODELS: Path = (*PATTERNS, "modelRepository", "models")
CHECKPOINTS: Path = (*PATTERNS, "checkpoints")
DISTRIBUTED: Path = (*PATTERNS, "distributedDataset")

PREFIX = re.compile(r"[^/:\s][^:\s]*/")


def model_names(settings: Settings) -> Iterator[ConfigError]:
    """A model's name is part of the name of its Service."""
    yield from label_errors(MODELS, dict(_models(settings)), longest=40)


def model_sources(settings: Settings) -> Iterator[ConfigError]:
    """A model comes from one place."""
    for name, model in _models(settings):
        path: Path = (*MODELS, name)
        if (model.job is None) == (model.prefix is None):
            rule = "must have a job or a prefix, one of the two"
            got = NOT_SET if model.job is None else {"job": model.job, "prefix": model.prefix}
            yield ConfigError(path, rule, got, "name what trains it, or where its files are")
        elif model.job is not None and model.job not in settings.training.jobs:
            known = ", ".join(settings.training.jobs)
            remedy = f"choose from {known}" if known else "add it to training.jobs"
            yield ConfigError(
                (*path, "job"), "must be one of training.jobs", model.job, remedy, (JOBS,)
            )
        elif model.prefix is not None and not PREFIX.fullmatch(model.prefix):
            rule = "must be a prefix of the data bucket with a slash at its end, and none before it"
            yield ConfigError(
                (*path, "prefix"), rule, model.prefix, f"write for instance models/{name}/"
            )


def model_namespaces(settings: Settings) -> Iterator[ConfigError]:
    """A server reads the model through its namespace's claim."""
    names = settings.storage.namespaces
    for name, model in _models(settings):
        if model.namespace is not None and model.namespace not in names:
            rule = "must be one of storage.namespaces: the server reads the model by its claim"
            remedy = f"add it there, or set {names[0]}" if names else "add it there"
            path: Path = (*MODELS, name, "namespace")
            yield ConfigError(path, rule, model.namespace, remedy, (NAMESPACES,))


def server_arguments(settings: Settings) -> Iterator[ConfigError]:
    """The workloads image has its own command line."""
    for name, model in _models(settings):
        if model.server.args and model.server.image is None:
            rule = "has a meaning only with an image of your own"
            path: Path = (*MODELS, name, "server")
            args = list(model.server.args)
            yield ConfigError(
                (*path, "args"), rule, args, "remove it, or set image", ((*path, "image"),)
            )


def server_node_groups(settings: Settings) -> Iterator[ConfigError]:
    """A server runs on a node group that is there."""
    for name, model in _models(settings):
        wanted = model.server.node_group
        if wanted is not None and wanted not in settings.node_groups:
            path: Path = (*MODELS, name, "server", "nodeGroup")
            yield _no_such_group(settings, path, wanted)


def scratch_node_group(settings: Settings) -> Iterator[ConfigError]:
    """Checkpoints are written to instance storage."""
    pattern, path = settings.patterns.checkpoints, (*CHECKPOINTS, "nodeGroup")
    if pattern is None:
        return
    group = settings.node_groups.get(pattern.node_group)
    if group is None:
        yield _no_such_group(settings, path, pattern.node_group)
    elif not group.instance_store:
        rule = "must be a node group with instanceStore, whose disks the checkpoints are written to"
        fast = [name for name, one in settings.node_groups.items() if one.instance_store]
        set_it = f"set nodeGroups.{pattern.node_group}.instanceStore to true"
        remedy = f"choose from {', '.join(fast)}" if fast else set_it
        yield ConfigError(path, rule, pattern.node_group, remedy, (GROUPS,))


def datasets(settings: Settings) -> Iterator[ConfigError]:
    """Pods that train read a dataset that is there."""
    for path, pattern in _training(settings):
        known = settings.bucket.datasets
        if pattern.dataset not in known:
            remedy = f"choose from {', '.join(known)}" if known else "add it to bucket.datasets"
            rule = "must be one of bucket.datasets"
            yield ConfigError((*path, "dataset"), rule, pattern.dataset, remedy, (DATASETS,))


def hyper_parameters(settings: Settings) -> Iterator[ConfigError]:
    """Pods train with our script."""
    for path, pattern in _training(settings):
        yield from script_errors(path, pattern.hyper_parameters)


def training_claim(settings: Settings) -> Iterator[ConfigError]:
    """Pods that train are in the training namespace, and read through its claim."""
    value, names = settings.training.namespace, settings.storage.namespaces
    for path, _ in _training(settings):
        if value not in names and not settings.training.jobs:
            rule = "must be one of storage.namespaces: pods that train read by its claim"
            yield ConfigError(TRAINING_NAMESPACE, rule, value, "add it there", (NAMESPACES, path))


def quantities(settings: Settings) -> Iterator[ConfigError]:
    """What a pod asks for, Kubernetes must be able to read."""
    for path, pattern in _training(settings):
        for key, value in (("cpu", pattern.cpu), ("memory", pattern.memory)):
            yield from quantity_errors((*path, key), key, value)
    for name, model in _models(settings):
        yield from resource_errors((*MODELS, name, "server", "resources"), model.server.resources)


def nodes_beside_the_file_system(settings: Settings) -> Iterator[ConfigError]:
    """Workers run in the file system's zone, so there have to be nodes."""
    pattern, storage = settings.patterns.distributed_dataset, settings.storage
    zone = storage.fsx.zone or next(iter(settings.network.zones), None)
    if pattern is None or storage.backend != "fsx" or zone is None:
        return
    if not any(_serves(settings, group, zone) for group in settings.node_groups.values()):
        rule = "its workers run in the file system's zone, where no node group without taints is"
        path, depends_on = (*DISTRIBUTED, "workers"), (GROUPS, ("storage", "fsx", "zone"))
        yield ConfigError(
            path, rule, pattern.workers, f"add {zone} to a node group's zones", depends_on
        )


def _serves(settings: Settings, group: NodeGroupSpec, zone: str) -> bool:
    """Whether a group has nodes in a zone for pods that tolerate nothing."""
    there = group.zones or settings.network.zones
    return zone in there and not group.repels and group.max_size > 0


def _models(settings: Settings) -> list[tuple[str, Model]]:
    """Every model and its name."""
    repository = settings.patterns.model_repository
    return [*repository.models.items()] if repository else []


def _training(settings: Settings) -> Iterator[tuple[Path, PodTraining]]:
    """Every pattern that trains in pods, and where it is set."""
    patterns = settings.patterns
    for path, pattern in (
        (CHECKPOINTS, patterns.checkpoints),
        (DISTRIBUTED, patterns.distributed_dataset),
    ):
        if pattern is not None:
            yield path, pattern


def _no_such_group(settings: Settings, path: Path, value: str) -> ConfigError:
    """The error of a node group that is not there."""
    known = ", ".join(settings.node_groups)
    remedy = f"choose from {known}" if known else "add it to nodeGroups"
    return ConfigError(path, "must be one of nodeGroups", value, remedy, (GROUPS,))


RULES = (
    model_names,
    model_sources,
    model_namespaces,
    server_arguments,
    server_node_groups,
    scratch_node_group,
    datasets,
    hyper_parameters,
    training_claim,
    quantities,
    nodes_beside_the_file_system,
)
