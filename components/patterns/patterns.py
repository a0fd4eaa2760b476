"""The patterns that a stack switches on."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi

from components.node_group import NodeGroup
from components.patterns.checkpoints import Checkpoints, CheckpointsSettings
from components.patterns.distributed_dataset import (
    DistributedDataset,
    DistributedDatasetSettings,
)
from components.patterns.model_repository import ModelRepository, ModelRepositorySettings
from components.patterns.pod_training import PlaceArgs
from components.storage.mount import StorageMount
from components.training.training_job import TrainingJob


class PatternsArgs(TypedDict):
    """What Patterns are made of."""

    model_repository: ModelRepositorySettings | None
    """Models to serve."""
    checkpoints: CheckpointsSettings | None
    """Training on a node with disks of its own."""
    distributed_dataset: DistributedDatasetSettings | None
    """Training with several workers."""
    mount: StorageMount
    """The shared storage."""
    namespace: str
    """Namespace of training in pods."""
    jobs: Mapping[str, TrainingJob]
    """Training jobs by name."""
    groups: Mapping[str, NodeGroup]
    """The node groups by name."""


class Patterns(pulumi.ComponentResource):
    """Each pattern that has settings, and nothing of those that have none."""

    endpoints: dict[str, pulumi.Output[str]]
    """Where each model of the repository answers, inside the cluster."""
    model_directories: list[pulumi.Output[str]]
    """Directories of the models of the repository, from the root of the claim."""
    ready: list[pulumi.Resource]
    """All that reads datasets and models: pods that have trained, servers that are rolled out."""

    def __init__(
        self, name: str, args: PatternsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:patterns:Patterns", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        place: PlaceArgs = {
            "mount": args["mount"],
            "namespace": args["namespace"],
        }
        repository, checkpoints = args["model_repository"], args["checkpoints"]
        distributed = args["distributed_dataset"]
        self.endpoints, self.model_directories, self.ready = {}, [], []
        if repository:
            models = ModelRepository(
                f"{name}-models",
                {
                    "settings": repository,
                    "place": place,
                    "jobs": args["jobs"],
                    "groups": args["groups"],
                },
                child,
            )
            self.endpoints, self.model_directories = models.endpoints, models.directories
            self.ready += models.ready
        if checkpoints:
            followed = Checkpoints(
                f"{name}-checkpoints",
                {
                    "settings": checkpoints,
                    "place": place,
                    "group": args["groups"][checkpoints["node_group"]],
                },
                child,
            )
            self.ready += followed.ready
        if distributed:
            self.ready += DistributedDataset(
                f"{name}-distributed", {"settings": distributed, "place": place}, child
            ).ready
        self.register_outputs({})
