"""Training in pods of the cluster: command line, identity and annotations, as pure functions."""

from collections.abc import Mapping
from hashlib import sha256
from typing import TypedDict

import pulumi

from components.patterns.pod_training_spec import PodTrainingSpec
from components.storage.base import Claim, LoadedDataset

MODEL_DIRECTORY = "/opt/ml/model"
"""Directory in which a trainer puts its model, as in a container of SageMaker's."""
CHECKPOINT_DIRECTORY = "/opt/ml/checkpoints"
CHANNELS = ("train", "validation")
"""Channels of a dataset that a trainer reads."""


class PodTrainingArgs(TypedDict):
    """Arguments of every component that trains in pods, beside its spec."""

    claim: Claim
    """Claim on the shared storage. The pods are in its namespace."""
    dataset: LoadedDataset
    """Dataset that the pods read through the claim."""
    image: pulumi.Input[str]
    """Image of the workloads."""


def command_line(
    spec: PodTrainingSpec, args: PodTrainingArgs, more: Mapping[str, str]
) -> list[pulumi.Input[str]]:
    """Return the arguments of `workloads.train`, which reads the channels from the claim.

    Args:
        spec: Settings of the training.
        args: Arguments of the component.
        more: Further options, by name with two hyphens.
    """
    given = {
        **{
            f"--{channel}": f"{args['claim'].mount_path}/{directory}"
            for channel, directory in args["dataset"].channels.items()
            if channel in CHANNELS
        },
        "--model-dir": MODEL_DIRECTORY,
        "--checkpoint-dir": CHECKPOINT_DIRECTORY,
        "--checkpoint-every": str(spec.checkpoint_every),
        "--content-type": spec.content_type,
        **more,
        **{f"--{name}": value for name, value in sorted(spec.hyper_parameters.items())},
    }
    return [part for pair in given.items() for part in pair]


def replacement_annotations(args: PodTrainingArgs) -> dict[str, pulumi.Input[str]]:
    """Return annotations by which a new dataset or a new file system creates a new Job."""
    return {
        "eks-ml-storage/dataset-digest": args["dataset"].digest,
        "eks-ml-storage/file-system-id": args["claim"].file_system_id,
    }


def identity(
    spec: PodTrainingSpec, args: PodTrainingArgs, **more: pulumi.Input[object]
) -> dict[str, pulumi.Input[object]]:
    """Return the values that decide the model and its location.

    Zones, node groups and requests of a pod do not: a completed training does not run again because
    of them.

    Args:
        spec: Settings of the training.
        args: Arguments of the component.
        more: Further values that decide it.
    """
    return {
        "image": args["image"],
        "content_type": spec.content_type,
        "hyper_parameters": spec.hyper_parameters,
        "dataset": args["dataset"].digest,
        "file_system": args["claim"].file_system_id,
        **more,
    }


def progress_key(spec: PodTrainingSpec, dataset: LoadedDataset) -> str:
    """Return a name for checkpoints, the same for the same data and parameters."""
    parameters = sorted(spec.hyper_parameters.items())
    text = f"{dataset.digest} {spec.content_type} {parameters}"
    return sha256(text.encode()).hexdigest()[:12]
