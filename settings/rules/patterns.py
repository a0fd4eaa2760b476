"""Rules of the patterns of storage that other sections of the config have a part in.

Source: FSx for Lustre User Guide, "File system access" (a file system is in one zone).
"""

from __future__ import annotations

from collections.abc import Iterator

from components.node_group_spec import NodeGroupSpec
from components.patterns.model_repository_spec import ModelSpec
from components.patterns.pod_training_spec import PodTrainingSpec
from components.spec.errors import ConfigError, Path
from settings.rules.node_groups import GROUPS
from settings.rules.storage import NAMESPACES, TRAINING_NAMESPACE
from settings.rules.training import DATASETS, JOBS
from settings.stack import Settings

PATTERNS: Path = ("patterns",)
MODELS: Path = (*PATTERNS, "modelRepository", "models")
CHECKPOINTS: Path = (*PATTERNS, "checkpoints")
DISTRIBUTED: Path = (*PATTERNS, "distributedDataset")


def model_jobs(settings: Settings) -> Iterator[ConfigError]:
    """Check that the job of a model is one of the stack's."""
    for name, model in _models(settings):
        job, known = model.job, ", ".join(settings.training.jobs)
        if job is not None and model.prefix is None and job not in settings.training.jobs:
            remedy = f"choose from {known}" if known else "add it to training.jobs"
            path = (*MODELS, name, "job")
            yield ConfigError(path, "must be one of training.jobs", job, remedy, (JOBS,))


def stored_models(settings: Settings) -> Iterator[ConfigError]:
    """Check that a model which no job makes is one of the stack's."""
    for name, model in _models(settings):
        if model.model is not None and model.model not in settings.models:
            known = ", ".join(settings.models)
            remedy = f"choose from {known}" if known else "add it to models"
            path: Path = (*MODELS, name, "model")
            yield ConfigError(path, "must be one of models", model.model, remedy, (("models",),))


def model_namespaces(settings: Settings) -> Iterator[ConfigError]:
    """Check that the namespace of a server has a claim, by which it reads the model."""
    names = settings.storage.namespaces
    for name, model in _models(settings):
        if model.namespace is not None and model.namespace not in names:
            rule = "must be one of storage.namespaces: the server reads the model by its claim"
            remedy = f"add it there, or set {names[0]}" if names else "add it there"
            path: Path = (*MODELS, name, "namespace")
            yield ConfigError(path, rule, model.namespace, remedy, (NAMESPACES,))


def server_node_groups(settings: Settings) -> Iterator[ConfigError]:
    """Check that the node group of a server is one of the stack's."""
    for name, model in _models(settings):
        wanted = model.server.node_group
        if wanted is not None and wanted not in settings.node_groups:
            path: Path = (*MODELS, name, "server", "nodeGroup")
            yield _no_such_group(settings, path, wanted)


def scratch_node_group(settings: Settings) -> Iterator[ConfigError]:
    """Check that checkpoints are written to instance storage."""
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
    """Check that pods which train read a dataset of the stack's."""
    for path, pattern in _training(settings):
        known = settings.declared_datasets
        if pattern.dataset not in known:
            remedy = f"choose from {', '.join(known)}" if known else "add it to datasets"
            rule = "must be one of datasets"
            yield ConfigError((*path, "dataset"), rule, pattern.dataset, remedy, (DATASETS,))
        elif "train" not in known[pattern.dataset].spec.channel_names:
            rule = "must have the channel train, which pods that train read"
            names = [*known[pattern.dataset].spec.channel_names]
            where = known[pattern.dataset]
            remedy = f"name a channel of {pattern.dataset} train"
            depends_on: tuple[Path, ...] = (where.files, (*where.path, "channels"))
            yield ConfigError((*path, "dataset"), rule, names, remedy, depends_on)
        elif not settings.is_on_storage(pattern.dataset):
            rule = "must be on the shared storage, which pods that train read"
            where = known[pattern.dataset]
            remedy = f"remove `storage: false` of {pattern.dataset}"
            depends_on = ((*where.path, "storage"),)
            yield ConfigError((*path, "dataset"), rule, pattern.dataset, remedy, depends_on)


def training_claim(settings: Settings) -> Iterator[ConfigError]:
    """Check that the training namespace has a claim, through which pods that train read."""
    value, names = settings.training.namespace, settings.storage.namespaces
    for path, _ in _training(settings):
        if value not in names and not settings.training.jobs:
            rule = "must be one of storage.namespaces: pods that train read by its claim"
            yield ConfigError(TRAINING_NAMESPACE, rule, value, "add it there", (NAMESPACES, path))


def nodes_beside_the_file_system(settings: Settings) -> Iterator[ConfigError]:
    """Check that there are nodes in the file system's zone, where workers run."""
    pattern, storage = settings.patterns.distributed_dataset, settings.storage
    if pattern is None or storage.active_fsx is None:
        return
    zone = storage.active_fsx.zone
    if zone is None and settings.deployed.is_known:
        zone = next(iter(settings.network.zones), None)
    if zone is None:
        return
    if not any(_serves(settings, group, zone) for group in settings.node_groups.values()):
        rule = "its workers run in the file system's zone, where no node group without taints is"
        path, depends_on = (*DISTRIBUTED, "workers"), (GROUPS, ("storage", "fsx", "zone"))
        yield ConfigError(
            path, rule, pattern.workers, f"add {zone} to a node group's zones", depends_on
        )


def _serves(settings: Settings, group: NodeGroupSpec, zone: str) -> bool:
    there = group.zones or settings.network.zones or [zone]
    return zone in there and not group.repels_pods and group.max_size > 0


def _models(settings: Settings) -> list[tuple[str, ModelSpec]]:
    repository = settings.patterns.model_repository
    return [*repository.models.items()] if repository else []


def _training(settings: Settings) -> Iterator[tuple[Path, PodTrainingSpec]]:
    patterns = settings.patterns
    for path, pattern in (
        (CHECKPOINTS, patterns.checkpoints),
        (DISTRIBUTED, patterns.distributed_dataset),
    ):
        if pattern is not None:
            yield path, pattern


def _no_such_group(settings: Settings, path: Path, value: str) -> ConfigError:
    known = ", ".join(settings.node_groups)
    remedy = f"choose from {known}" if known else "add it to nodeGroups"
    return ConfigError(path, "must be one of nodeGroups", value, remedy, (GROUPS,))


RULES = (
    model_jobs,
    stored_models,
    model_namespaces,
    server_node_groups,
    scratch_node_group,
    datasets,
    training_claim,
    nodes_beside_the_file_system,
)
