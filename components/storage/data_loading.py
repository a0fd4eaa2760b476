"""Datasets of the bucket on the shared storage, by a link or by copies."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi

from components.datasets import Dataset
from components.dependencies import split_depends_on
from components.iam import Statement
from components.prefix_dataset import PrefixDataset
from components.storage.base import Claim, FileSystem, LoadedDataset
from components.storage.dataset_copies import DatasetCopies
from components.storage.dataset_imports import DatasetImports
from components.storage.prefix_loading import PrefixLoading


class DataLoadingArgs(TypedDict):
    """Arguments of `DataLoading`."""

    datasets: Mapping[str, Dataset]
    """Datasets of the data bucket, by name."""
    prefixes: NotRequired[Mapping[str, PrefixDataset]]
    """Datasets of other buckets, by name; none by default."""
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
    """Image of the workloads, needed by a preload and by datasets of other buckets."""


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
                directory=file_system.path_of(it.prefix),
                digest=it.digest,
                channels={channel: file_system.path_of(of) for channel, of in it.keys.items()},
                uris={
                    channel: pulumi.Output.concat("s3://", args["bucket_name"], f"/{of}/")
                    for channel, of in it.keys.items()
                },
                uploads=(it,),
                loading_jobs=(imports.jobs[key] if key in linked else copies.jobs[key],),
            )
            for key, it in datasets.items()
        }
        self.datasets |= load_prefixes(f"{name}-prefixes", args, child)
        self.register_outputs({})


def load_prefixes(
    name: str, args: DataLoadingArgs, opts: pulumi.ResourceOptions
) -> dict[str, LoadedDataset]:
    """Bring datasets of other buckets to the shared storage, and return them by name.

    Args:
        name: Name of the component.
        args: Arguments of `DataLoading`.
        opts: Options of the component.
    """
    given = args.get("prefixes", {})
    brought = {key: it for key, it in given.items() if it.on_storage}
    shown = {key: args["file_system"].shown_at(*it.place) for key, it in brought.items()}
    if not brought:
        return {key: loaded_prefix(it, "", ()) for key, it in given.items()}
    loading = PrefixLoading(
        name,
        {
            "datasets": brought,
            "shown": {key: directory for key, directory in shown.items() if directory is not None},
            "claim": args["claim"],
            "cluster_name": args["cluster_name"],
            "image": args["image"],
        },
        opts,
    )
    return {
        key: loaded_prefix(it, loading.directories[key], (loading.jobs[key],))
        if key in brought
        else loaded_prefix(it, "", ())
        for key, it in given.items()
    }


def loaded_prefix(
    dataset: PrefixDataset, directory: str, jobs: tuple[pulumi.Resource, ...]
) -> LoadedDataset:
    """Return a dataset of another bucket as its readers see it.

    Args:
        dataset: The dataset.
        directory: Directory of its files, from the root of the claim; empty if there is none.
        jobs: Jobs that bring them.
    """
    return LoadedDataset(
        name=dataset.name,
        directory=directory,
        digest=dataset.digest,
        channels={
            channel: f"{directory}/{folder}".strip("/")
            for channel, folder in dataset.folders.items()
        }
        if jobs
        else {},
        uris=dataset.uris(),
        loading_jobs=jobs,
    )
