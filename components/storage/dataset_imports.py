"""Jobs that wait until FSx has imported the datasets of the bucket, and check their content.

FSx imports asynchronously and does not report the end. So a Job waits until the file system has the
dataset's files, reads them, and compares their SHA-256. Reading also loads their content, which
Lustre otherwise does when a training first reads a file. With a preload, `lfs` first loads many
files at once.

Lustre lets every user ask for the content of a file (hsm.other_request_mask, as the servers come),
so that the pods are no more than any other workload.
"""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.datasets import Dataset, manifest
from components.dependencies import split_depends_on
from components.pods.job import WorkloadJob
from components.pods.templates import Mount, container, job_spec, pod_template
from components.pods.templates import claim as claim_volume
from components.storage.base import Claim
from components.storage.content_pods import VOLUME, FileList, file_list, script_container

COMPONENT = "import"
DEADLINE_SECONDS = 6 * 3600
IMPORT_SECONDS = 1800
"""Longest wait for an import. FSx promises nothing, and takes seconds to minutes."""


class DatasetImportsArgs(TypedDict):
    """Arguments of `DatasetImports`."""

    image: pulumi.Input[str]
    """Image of the workloads, needed by a preload only."""
    claim: Claim
    """Claim through which the datasets are read. Another file system has to import again."""
    bucket_name: pulumi.Input[str]
    """Name of the data bucket."""
    datasets: Mapping[str, Dataset]
    """Datasets to wait for, by name."""
    directories: Mapping[str, str]
    """Directory of each from the root of the claim, no slash at either end."""
    preload: bool
    """True to have `lfs` ask for all bytes before they are read."""


class DatasetImports(pulumi.ComponentResource):
    """A Job for each dataset, complete once the file system has exactly its content."""

    jobs: dict[str, WorkloadJob]
    """Job of each dataset."""

    def __init__(
        self, name: str, args: DatasetImportsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:data:DatasetImports", name, {}, own)
        lists = {
            dataset: file_list(
                f"{name}-{dataset}-{source.digest}",
                manifest(source.files),
                args["claim"].namespace,
                self,
            )
            for dataset, source in args["datasets"].items()
        }
        self.jobs = {
            dataset: WorkloadJob(
                f"{name}-{dataset}",
                {
                    "namespace": args["claim"].namespace,
                    "component": COMPONENT,
                    "name_prefix": f"{COMPONENT}-{dataset}",
                    "spec": job_spec(
                        importing_pod(args, dataset, lists[dataset]),
                        deadline_seconds=DEADLINE_SECONDS,
                    ),
                },
                pulumi.ResourceOptions(parent=self, depends_on=[*depends_on, source]),
            )
            for dataset, source in args["datasets"].items()
        }
        self.register_outputs({})


def importing_pod(
    args: DatasetImportsArgs, dataset: str, files: FileList
) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
    """Return a pod that waits for names and sizes, has the bytes fetched, and compares them."""
    source, claim = args["datasets"][dataset], args["claim"]
    directory = args["directories"][dataset]
    variables: dict[str, pulumi.Input[str]] = {
        "SOURCE": pulumi.Output.concat("s3://", args["bucket_name"], "/", source.prefix),
        "DIRECTORY": directory,
        **files.variables,
        "FILE_SYSTEM": claim.file_system_id,
        "PATIENCE": str(IMPORT_SECONDS),
    }
    preload = container(
        # Asks Lustre for the bytes of many files at once.
        "preload",
        args["image"],
        [f"{claim.mount_path}/{directory}"],
        mounts=[Mount(VOLUME, claim.mount_path)],
    )
    first = script_container("await-import", "await_import", variables)
    return pod_template(
        COMPONENT,
        [script_container("check", "check", variables)],
        init_containers=[first, *([preload] if args["preload"] else [])],
        volumes=[claim_volume(VOLUME, claim.name), *files.volumes],
    )
