"""The section `patterns`: patterns of storage in machine learning, each of them optional."""

from __future__ import annotations

from components.patterns.checkpoints_spec import CheckpointsSpec
from components.patterns.distributed_dataset_spec import DistributedDatasetSpec
from components.patterns.model_repository_spec import ModelRepositorySpec
from components.spec.model import Spec


class PatternsSpec(Spec):
    """Three patterns; one that is not set does not exist in the stack."""

    model_repository: ModelRepositorySpec | None = None
    """Models on shared storage, and the pods that serve them."""

    checkpoints: CheckpointsSpec | None = None
    """Training that writes its checkpoints to instance storage."""

    distributed_dataset: DistributedDatasetSpec | None = None
    """Training by several workers on one dataset."""
