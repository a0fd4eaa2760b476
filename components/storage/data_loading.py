"""Datasets of the bucket on the shared storage, by a link or by copies."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi

from components.datasets import Dataset
from components.dependencies import split_depends_on
from components.iam import Statement
from components.storage.base import Claim, FileSystem, LoadedDataset
from components.storage.dataset_copies import DatasetCopies
from components.storage.dataset_imports import DatasetImports


class DataLoadingArgs(TypedDict):
    """Arguments of `DataLoading`."""

    datasets: Mapping[str, Dataset]
    """Datasets of the data bucket, by name."""
    file_system: FileSystem
    """The shared storage, which tells the directories and what a link shows."""
    claim: Claim
    """Claim through which the datasets are copied or checked."""
    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    bucket_name: pulumi.Input[str]
    """Name of the data bucket."""
    bucket_access: list[Statement]
    """Statements that allow to read the datasets in the bucket."""
    image: pulumi.Input[str]
    """Image of the workloads, needed by a preload only."""


class DataLoading(pulumi.ComponentResource):
    """Every dataset on the shared storage: copied, or checked where a link shows it."""

    datasets: dict[str, LoadedDataset]
    """Datasets as they can be read, by name."""

    def __init__(
        self, name: str, args: DataLoadingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:storage:DataLoading", name, {}, own)
        child = pulumi.ResourceOptions(parent=self, depends_on=depends_on)
        file_system, datasets = args["file_system"], args["datasets"]
        linked = {key: it for key, it in datasets.items() if file_system.is_linked(it.prefix)}
        copies = DatasetCopies(
            f"{name}-copies",
            {
                "cluster_name": args["cluster_name"],
                "claim": args["claim"],
                "bucket_name": args["bucket_name"],
                "bucket_access": args["bucket_access"],
                "datasets": {key: it for key, it in datasets.items() if key not in linked},
            },
            child,
        )
        imports = DatasetImports(
            f"{name}-imports",
            {
                "image": args["image"],
                "claim": args["claim"],
                "bucket_name": args["bucket_name"],
                "datasets": linked,
                "directories": {key: file_system.path_of(it.prefix) for key, it in linked.items()},
                "preload": file_system.needs_preload,
            },
            child,
        )
        self.datasets = {
            key: LoadedDataset(
                name=key,
                digest=it.digest,
                channels={channel: file_system.path_of(of) for channel, of in it.keys.items()},
                loading_jobs=(imports.jobs[key] if key in linked else copies.jobs[key],),
            )
            for key, it in datasets.items()
        }
        self.register_outputs({})
