"""Datasets of other buckets on the shared storage: copied, or awaited where a link shows them."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.dependencies import split_depends_on
from components.iam import document, read_prefix
from components.pods.job import WorkloadJob
from components.pods.service_account import WorkloadIdentity
from components.pods.templates import (
    Mount,
    container,
    directory_init_container,
    job_spec,
    pod_template,
)
from components.pods.templates import claim as claim_volume
from components.prefix_dataset import PrefixDataset
from components.storage.base import Claim

COMPONENT = "dataset"
DEADLINE_SECONDS = 24 * 3600
"""Longest duration of a copy. One that was stopped goes on where it ended."""
LINK_SECONDS = 1800
"""Longest wait until a link shows what is in S3."""
WORKERS = 16
"""Objects that are copied at once; small ones take as long as a request."""


class PrefixLoadingArgs(TypedDict):
    """Arguments of `PrefixLoading`."""

    datasets: Mapping[str, PrefixDataset]
    """Datasets by name."""
    shown: Mapping[str, str]
    """Directory in which a link shows a dataset, by its name, no slash at either end. The other
    datasets are copied."""
    claim: Claim
    """Claim through which they are copied or awaited. Another file system copies again."""
    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    image: pulumi.Input[str]
    """Image of the workloads."""


class PrefixLoading(pulumi.ComponentResource):
    """A Job for each dataset, complete once the shared storage has exactly its objects.

    A pod may read the prefix of its own dataset, and nothing else of the bucket.
    """

    jobs: dict[str, WorkloadJob]
    """Job of each dataset."""
    directories: dict[str, str]
    """Directory of each dataset, from the root of the claim."""

    def __init__(
        self, name: str, args: PrefixLoadingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:data:PrefixLoading", name, {}, own)
        self.directories = {
            key: args["shown"].get(key, copy_directory(it)) for key, it in args["datasets"].items()
        }
        self.jobs = {}
        for key, dataset in args["datasets"].items():
            account = WorkloadIdentity(
                f"{name}-{key}-identity",
                {
                    "cluster_name": args["cluster_name"],
                    "namespace": args["claim"].namespace,
                    "service_account": f"{COMPONENT}-{key}",
                    "policies": [document(*read_prefix(dataset))],
                },
                pulumi.ResourceOptions(parent=self),
            )
            self.jobs[key] = WorkloadJob(
                f"{name}-{key}",
                {
                    "namespace": args["claim"].namespace,
                    "component": COMPONENT,
                    "name_prefix": f"{COMPONENT}-{key}",
                    "spec": job_spec(
                        loading_pod(args, dataset, self.directories[key], account.service_account),
                        deadline_seconds=DEADLINE_SECONDS,
                    ),
                    "replace_with": [args["claim"].volume],
                    "identity": {
                        "content": dataset.content.digest,
                        "directory": self.directories[key],
                        "file_system": args["claim"].file_system_id,
                    },
                },
                pulumi.ResourceOptions(parent=self, depends_on=[account, *depends_on]),
            )
        self.register_outputs({})


def copy_directory(dataset: PrefixDataset) -> str:
    """Return the directory of a dataset's copy, from the root of the claim."""
    return f"datasets/{dataset.name}/{dataset.content.digest}"


def loading_pod(
    args: PrefixLoadingArgs, dataset: PrefixDataset, directory: str, service_account: str
) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
    """Return a pod that copies a prefix, or waits until a link shows it.

    Args:
        args: Arguments of the component.
        dataset: Dataset of the pod.
        directory: Directory of the dataset, from the root of the claim.
        service_account: Name of the pod's service account.
    """
    claim, image, content = args["claim"], args["image"], dataset.content
    whole = Mount("storage", claim.mount_path)
    arguments: list[pulumi.Input[str]] = [
        dataset.place.uri,
        f"{claim.mount_path}/{directory}",
        "--digest",
        content.digest,
        *(["--manifest", dataset.manifest] if dataset.manifest else []),
    ]
    is_shown = dataset.name in args["shown"]
    if is_shown:
        arguments += ["--shown", str(LINK_SECONDS)]
    else:
        arguments += ["--size", str(content.size), "--workers", str(WORKERS)]
    parent = directory.rpartition("/")[0]
    return pod_template(
        COMPONENT,
        [container("copy_dataset", image, arguments, mounts=[whole])],
        init_containers=[] if is_shown else [directory_init_container(image, whole, [parent])],
        volumes=[claim_volume("storage", claim.name)],
        service_account=service_account,
        annotations={"eks-ml-storage/file-system-id": claim.file_system_id},
    )
