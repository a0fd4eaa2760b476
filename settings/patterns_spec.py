"""Section `patterns` of the stack file: optional patterns of storage in machine learning."""

from __future__ import annotations

from components.patterns.checkpoints_spec import CheckpointsSpec
from components.patterns.distributed_dataset_spec import DistributedDatasetSpec
from components.patterns.model_repository_spec import ModelRepositorySpec
from components.spec.model import Spec


class PatternsSpec(Spec):
    """Patterns of storage; a pattern without settings is not created."""

    model_repository: ModelRepositorySpec | None = None
    """Models on shared storage, and the pods that serve them."""

    checkpoints: CheckpointsSpec | None = None
    """Training that writes its checkpoints to instance storage."""

    distributed_dataset: DistributedDatasetSpec | None = None
    """Training by several workers on one dataset."""
