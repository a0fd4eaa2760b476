"""The training job of a batch of new data, as a template with placeholders for the batch.

Three things are agreed with `workloads.on_new_data`: the directory of a batch, the placeholder of
the batch's id, and the annotation with the beginning of the jobs' names.
"""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.training.training_job import (
    TrainingJobArgs,
    checkpoint_uri,
    name_prefix,
    specification,
)

BATCHES = "batches"
"""Directory of all batches on the shared storage."""
BATCH = "$BATCH"
"""Placeholder in the template, which the workload replaces by the id of a batch."""
BATCH_SUFFIX_LENGTH = 13
"""Characters that the workload adds to a job's name: a hyphen and the id."""
NAME_PREFIX = "eks-ml-storage/name-prefix"
"""Annotation of the template with the beginning of a job's name."""


def batch_directory(dataset: str, channel: str) -> str:
    """Return the directory of a channel of a batch, from the root of the claim."""
    return f"{BATCHES}/{dataset}/{BATCH}/{channel}"


def template(
    like: TrainingJobArgs,
    directories: Mapping[str, pulumi.Input[str]],
    owner: dict[str, Any],
) -> dict[str, Any]:
    """Return a TrainingJob without a name, with $BATCH in place of a batch's id.

    Args:
        like: Arguments of the job that it is like in all but its data.
        directories: Directory of the batch for each channel, as SageMaker sees it.
        owner: Reference to the object with which the jobs are deleted.
    """
    args: TrainingJobArgs = {
        **like,
        "source": replace(like["source"], channels=directories),
        "dataset_digest": BATCH,
    }
    spec = specification(args)
    if like["spec"].checkpoints:
        spec["checkpointConfig"] = {"s3URI": checkpoint_uri(args, BATCH)}
    return {
        "apiVersion": "sagemaker.services.k8s.aws/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {
            "namespace": like["namespace"],
            "annotations": {NAME_PREFIX: name_prefix(like)[: 63 - BATCH_SUFFIX_LENGTH].rstrip("-")},
            "ownerReferences": [owner],
        },
        "spec": spec,
    }


def template_name(text: str) -> str:
    """Return a name with a hash of the template's text."""
    return f"on-new-data-{sha256(text.encode()).hexdigest()[:8]}"


def owner_reference(role: kubernetes.rbac.v1.Role) -> dict[str, Any]:
    """Return a reference to a Role as the owner, which is deleted after the objects it owns."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "name": role.metadata.name,
        "uid": role.metadata.uid,
        "blockOwnerDeletion": True,
    }
