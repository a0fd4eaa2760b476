"""What the training job of a batch of new data is made of, with places for what tells the batch.

Agreed with `workloads.on_new_data`: where it puts a batch, what it puts the batch's id in the
place of, and what the names of its jobs begin with.
"""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.dataset import Dataset
from components.training.specification import TrainingJobArgs, specification

BATCHES = "batches"
"""Where batches are on the shared storage."""
BATCH = "$BATCH"
"""What the workload puts the id of a batch in the place of, in its template."""
BATCH_ID = 13
"""Characters that the workload adds to a job's name: a hyphen and the id."""
NAME_PREFIX = "eks-ml-storage/name-prefix"
"""The annotation of the template that tells what a job's name begins with."""


def batch_directory(dataset: Dataset, channel: str) -> str:
    """Where the workload puts a channel of a batch, from what claims show as the root."""
    return f"{BATCHES}/{dataset.name}/{BATCH}/{channel}"


def template(
    like: TrainingJobArgs,
    directories: Mapping[str, pulumi.Output[str]],
    owner: dict[str, Any],
) -> dict[str, Any]:
    """A TrainingJob without a name, with $BATCH where a batch's id belongs.

    Args:
        like: The job that it is like in all but what it reads and what tells of that.
        directories: For each channel, the batch's directory as SageMaker sees it.
        owner: The object that deletes the jobs when it goes.
    """
    prefix = f"{like['name_prefix'][: 63 - BATCH_ID].rstrip('-')}"
    checkpoints = like["checkpoint_path"]
    args: TrainingJobArgs = {
        **like,
        "checkpoint_path": pulumi.Output.concat(checkpoints, "/", BATCH) if checkpoints else None,
        "source": replace(like["source"], channels=directories),
        "tags": {**like["tags"], "DatasetDigest": BATCH},
        "dataset_digest": BATCH,
    }
    return {
        "apiVersion": "sagemaker.services.k8s.aws/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {
            "namespace": like["namespace"],
            "annotations": {NAME_PREFIX: prefix},
            "ownerReferences": [owner],
        },
        "spec": specification(args),
    }


def template_name(text: str) -> str:
    """A name that tells the content."""
    return f"on-new-data-{sha256(text.encode()).hexdigest()[:8]}"


def owner_reference(role: kubernetes.rbac.v1.Role) -> dict[str, Any]:
    """A Role as the owner that is not gone before what it owns."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "name": role.metadata.name,
        "uid": role.metadata.uid,
        "blockOwnerDeletion": True,
    }
