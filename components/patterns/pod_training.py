"""What training in pods of the cluster has in common: what is read, where it goes, as whom."""

from collections.abc import Mapping
from hashlib import sha256
from typing import TypedDict

import pulumi

from components.datasets import Dataset
from components.storage.mount import StorageMount

MODEL_DIRECTORY = "/opt/ml/model"
"""Where a trainer puts its model, as in a container of SageMaker's."""
CHECKPOINT_DIRECTORY = "/opt/ml/checkpoints"


class PodTrainingArgs(TypedDict):
    """How training in pods is done."""

    dataset: str
    """What it reads, by its name in the bucket."""
    content_type: str
    """text/csv or text/libsvm."""
    hyper_parameters: dict[str, str]
    """XGBoost's."""
    checkpoint_every: int
    """Rounds from one checkpoint to the next."""
    max_runtime_seconds: int
    """When it is given up."""
    cpu: str
    """What each pod asks for."""
    memory: str
    """What each pod asks for and is limited to."""


class PlaceArgs(TypedDict):
    """Where a pattern is at work."""

    mount: StorageMount
    """The shared storage."""
    namespace: str
    """One of the namespaces of the mount."""


def command_line(
    args: PodTrainingArgs, mount: StorageMount, dataset: Dataset, more: Mapping[str, str]
) -> list[pulumi.Input[str]]:
    """The arguments of `workloads.train`, which reads the channels from the claim."""
    storage = mount.storage
    given = {
        **{
            f"--{channel}": f"{mount.path}/{storage.directory(key)}"
            for channel, key in dataset.keys.items()
        },
        "--model-dir": MODEL_DIRECTORY,
        "--checkpoint-dir": CHECKPOINT_DIRECTORY,
        "--checkpoint-every": str(args["checkpoint_every"]),
        "--content-type": args["content_type"],
        **more,
        **{f"--{name}": value for name, value in sorted(args["hyper_parameters"].items())},
    }
    return [part for pair in given.items() for part in pair]


def told_by(mount: StorageMount, dataset: Dataset) -> dict[str, pulumi.Input[str]]:
    """Annotations that make another Job of another content, and of another file system."""
    return {
        "eks-ml-storage/dataset-digest": dataset.digest,
        "eks-ml-storage/file-system-id": mount.storage.file_system_id,
    }


def identity(
    args: PodTrainingArgs, mount: StorageMount, dataset: Dataset, **more: pulumi.Input[object]
) -> dict[str, pulumi.Input[object]]:
    """Everything that decides which model comes out, and where it is.

    Zones, node groups and what a pod asks for do not: training that is completed is not run again
    because of them.
    """
    return {
        "image": mount.image,
        "content_type": args["content_type"],
        "hyper_parameters": args["hyper_parameters"],
        "dataset": dataset.digest,
        "file_system": mount.storage.file_system_id,
        **more,
    }


def progress_key(args: PodTrainingArgs, dataset: Dataset) -> str:
    """What training can go on from: the same for the same data and parameters."""
    parameters = sorted(args["hyper_parameters"].items())
    return sha256(f"{dataset.digest} {args['content_type']} {parameters}".encode()).hexdigest()[:12]
