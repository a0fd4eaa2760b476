"""Removal of former contents of datasets and models from the shared storage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.datasets import Dataset
from components.dependencies import split_depends_on
from components.pods.job import WorkloadJob
from components.pods.templates import claim as claim_volume
from components.pods.templates import job_spec
from components.prefix_dataset import PrefixDataset
from components.storage.base import Claim, FileSystem
from components.storage.content_pods import VOLUME, escape_variables, script_container
from components.storage.prefix_loading import copy_directory

MODELS = "models"
"""Directory of all models, from the root of the claim."""
COMPONENT = "remove-old"
DEADLINE_SECONDS = 3600


@dataclass(frozen=True)
class DirectoryInUse:
    """A directory with a content in use, beside which former contents are."""

    kind: Literal["ours", "linked"]
    """ours: nobody else writes beside it. linked: a link may show objects of others beside it, so
    that only directories named by a digest are removed."""
    directory: pulumi.Input[str]
    """Path from the root of the claim, no slash at either end."""


class OldContentsArgs(TypedDict):
    """Arguments of `OldContents`."""

    claim: Claim
    """Claim through which they are removed. Another file system holds nothing old yet."""
    in_use: Sequence[DirectoryInUse]
    """Directories of all contents in use."""


class OldContents(pulumi.ComponentResource):
    """A Job that removes former contents beside those in use, once nothing reads them.

    It depends on the resources of `depends_on`, the readers of the new contents: training jobs that
    SageMaker has accepted, completed trainings in pods, and servers that are rolled out. An update
    that fails earlier leaves the old contents, and the next successful update removes them.
    """

    def __init__(
        self, name: str, args: OldContentsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:storage:OldContents", name, {}, own)
        if args["in_use"]:
            WorkloadJob(
                name,
                {
                    "namespace": args["claim"].namespace,
                    "component": COMPONENT,
                    "name_prefix": COMPONENT,
                    "spec": job_spec(removing_pod(args), deadline_seconds=DEADLINE_SECONDS),
                },
                pulumi.ResourceOptions(parent=self, depends_on=depends_on),
            )
        self.register_outputs({})


def directories_in_use(
    file_system: FileSystem,
    datasets: Mapping[str, Dataset],
    models: Iterable[pulumi.Output[str]],
    prefixes: Iterable[PrefixDataset] = (),
) -> list[DirectoryInUse]:
    """Return the directories of datasets and models on the shared storage.

    A link may show objects of others beside a dataset, and objects of the bucket in the directory
    of models: then these are left to it. Where files are the objects themselves, those of a former
    dataset go with its objects, and nothing else in the bucket is removed.

    Args:
        file_system: The shared storage.
        datasets: Datasets of the data bucket, by name.
        models: Directories of the models in use, from the root of the claim.
        prefixes: Datasets of other buckets; only copies of them are the stack's own.
    """
    copied = [
        one for one in prefixes if one.on_storage and file_system.shown_at(*one.place) is None
    ]
    return [
        *(
            DirectoryInUse(
                "linked" if file_system.is_linked(dataset.prefix) else "ours",
                file_system.path_of(dataset.prefix),
            )
            for dataset in datasets.values()
            if not (file_system.mirrors_bucket and file_system.is_linked(dataset.prefix))
        ),
        *(DirectoryInUse("ours", copy_directory(one)) for one in copied),
        *(DirectoryInUse("ours", one) for one in models if not file_system.is_linked(MODELS)),
    ]


def removing_pod(args: OldContentsArgs) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
    """Return a pod that is root, because models belong to the workloads and imports to root."""
    claim = args["claim"]
    lines = [pulumi.Output.concat(each.kind, "\t", each.directory, "\n") for each in args["in_use"]]
    keep = pulumi.Output.concat(*lines).apply(escape_variables)
    script = script_container(
        "remove", "remove_old", {"KEEP": keep}, capabilities=("DAC_OVERRIDE",)
    )
    return {
        "metadata": {"annotations": {"eks-ml-storage/file-system-id": claim.file_system_id}},
        "spec": {
            "restart_policy": "Never",
            "automount_service_account_token": False,
            "containers": [script],
            "volumes": [claim_volume(VOLUME, claim.name)],
        },
    }
