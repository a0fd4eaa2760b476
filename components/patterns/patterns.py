"""Optional patterns of a stack."""

from collections.abc import Mapping, Sequence

import pulumi

from components.patterns.checkpoints import Checkpoints
from components.patterns.checkpoints_spec import CheckpointsSpec
from components.patterns.distributed_dataset import DistributedDataset
from components.patterns.distributed_dataset_spec import DistributedDatasetSpec
from components.patterns.model_repository import ModelRepository, ModelRepositoryWiring
from components.patterns.model_repository_spec import ModelRepositorySpec
from components.patterns.pod_training import PodTrainingArgs
from components.patterns.pod_training_spec import PodTrainingSpec
from components.storage.base import LoadedDataset


class PatternsArgs(ModelRepositoryWiring):
    """Arguments of `Patterns`. A pattern whose spec is None is not made."""

    model_repository: ModelRepositorySpec | None
    """Models, and the pods that serve them."""
    checkpoints: CheckpointsSpec | None
    """Training on a node with disks of its own."""
    distributed_dataset: DistributedDatasetSpec | None
    """Training with several workers."""
    datasets: Mapping[str, LoadedDataset]
    """Datasets on the shared storage, by name."""
    zones: Sequence[str]
    """Availability Zones of the shared storage."""


class Patterns(pulumi.ComponentResource):
    """The patterns that have settings.

    Resources that depend on this component wait until pods have trained and servers are rolled out.
    """

    endpoints: dict[str, pulumi.Output[str]]
    """URL of each model of the repository inside the cluster."""
    model_directories: list[pulumi.Output[str]]
    """Directories of the models of the repository, from the root of the claim."""

    def __init__(
        self, name: str, args: PatternsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:patterns:Patterns", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        repository, checkpoints = args["model_repository"], args["checkpoints"]
        distributed = args["distributed_dataset"]
        self.endpoints, self.model_directories = {}, []
        if repository is not None:
            models = ModelRepository(
                f"{name}-models",
                {
                    "spec": repository,
                    "claims": args["claims"],
                    "namespace": args["namespace"],
                    "cluster_name": args["cluster_name"],
                    "image": args["image"],
                    "bucket_name": args["bucket_name"],
                    "bucket_arn": args["bucket_arn"],
                    "bucket_key_access": args["bucket_key_access"],
                    "node_groups": args["node_groups"],
                    "training_jobs": args["training_jobs"],
                    "stored_models": args.get("stored_models", {}),
                },
                child,
            )
            self.endpoints, self.model_directories = models.endpoints, models.directories
        if checkpoints is not None:
            Checkpoints(
                f"{name}-checkpoints",
                {
                    **pod_training_args(checkpoints, args),
                    "spec": checkpoints,
                    "cluster_name": args["cluster_name"],
                    "bucket_name": args["bucket_name"],
                    "bucket_arn": args["bucket_arn"],
                    "bucket_key_access": args["bucket_key_access"],
                    "node_group": args["node_groups"][checkpoints.node_group],
                },
                child,
            )
        if distributed is not None:
            DistributedDataset(
                f"{name}-distributed",
                {
                    **pod_training_args(distributed, args),
                    "spec": distributed,
                    "zones": args["zones"],
                },
                child,
            )
        self.register_outputs({})


def pod_training_args(spec: PodTrainingSpec, args: PatternsArgs) -> PodTrainingArgs:
    """Return the arguments that every training in pods has."""
    return {
        "claim": args["claims"][args["namespace"]],
        "dataset": args["datasets"][spec.dataset],
        "image": args["image"],
    }
