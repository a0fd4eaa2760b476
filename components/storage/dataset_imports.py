"""Waits for datasets that a link brings from the bucket, and checks them.

FSx imports asynchronously and says nothing when it is done. So a Job waits until the file system
shows the dataset's files, reads them, and compares their SHA-256: reading also brings their bytes,
which Lustre otherwise fetches at the first access of a training. With a preload, `lfs` asks for the
bytes of many files at once before.

Lustre lets every user ask for the content of a file (hsm.other_request_mask, as the servers come),
so that the pods are no more than any other workload.
"""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.datasets import Dataset, manifest
from components.pods.job import WorkloadJob
from components.pods.templates import Mount, claim, container, job_spec, pod_template
from components.storage.content_pods import VOLUME, literal, script_container

COMPONENT = "import"
DEADLINE_SECONDS = 6 * 3600
IMPORT_SECONDS = 1800
"""What an import may take; FSx promises nothing, and takes seconds to minutes."""


class DatasetImportsArgs(TypedDict):
    """Arguments of `DatasetImports`."""

    image: pulumi.Input[str]
    """Workloads image, needed by a preload only."""
    namespace: pulumi.Input[str]
    """Namespace of the pods."""
    claim_name: pulumi.Input[str]
    """That namespace's claim on the shared storage."""
    mount_path: str
    """Path at which a preload mounts it."""
    file_system_id: pulumi.Output[str]
    """File system behind the claim; another one has to import again."""
    bucket_name: pulumi.Input[str]
    """Name of the data bucket."""
    datasets: dict[str, Dataset]
    """Datasets to wait for, by name."""
    directories: dict[str, str]
    """Path of each below the root of the claim, no slash at either end."""
    preload: bool
    """Whether `lfs` is asked for all bytes before they are read."""


class DatasetImports(pulumi.ComponentResource):
    """A Job for each dataset, complete once the file system has exactly its content."""

    jobs: dict[str, WorkloadJob]
    """By dataset."""

    def __init__(
        self,
        name: str,
        args: DatasetImportsArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("eks-ml-storage:data:DatasetImports", name, {}, opts)
        self._name, self._args = name, args
        self.jobs = {dataset: self._job(dataset, after) for dataset in args["datasets"]}
        self.register_outputs({})

    def ready(self, dataset: str) -> list[pulumi.Resource]:
        """The Job to wait for before reading a dataset; none for one that no link brings."""
        return [self.jobs[dataset]] if dataset in self.jobs else []

    def _job(self, dataset: str, after: Sequence[pulumi.Resource]) -> WorkloadJob:
        """The Job of one dataset."""
        return WorkloadJob(
            f"{self._name}-{dataset}",
            {
                "namespace": self._args["namespace"],
                "component": COMPONENT,
                "name_prefix": f"{COMPONENT}-{dataset}",
                "spec": job_spec(self._pod(dataset), deadline_seconds=DEADLINE_SECONDS),
            },
            pulumi.ResourceOptions(
                parent=self, depends_on=[*after, self._args["datasets"][dataset]]
            ),
        )

    def _pod(self, dataset: str) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
        """A pod that waits for names and sizes, has the bytes brought, and compares them."""
        variables = self._variables(dataset)
        first = script_container("await-import", "await_import", variables)
        return pod_template(
            COMPONENT,
            [script_container("check", "check", variables)],
            init_containers=[first, *([self._preload(dataset)] if self._args["preload"] else [])],
            volumes=[claim(VOLUME, self._args["claim_name"])],
        )

    def _variables(self, dataset: str) -> dict[str, pulumi.Input[str]]:
        """What the scripts are told."""
        args, source = self._args, self._args["datasets"][dataset]
        return {
            "SOURCE": pulumi.Output.concat("s3://", args["bucket_name"], "/", source.prefix),
            "DIRECTORY": args["directories"][dataset],
            "FILES": literal(manifest(source.files)),
            "FILE_SYSTEM": args["file_system_id"],
            "PATIENCE": str(IMPORT_SECONDS),
        }

    def _preload(self, dataset: str) -> kubernetes.core.v1.ContainerArgsDict:
        """The workload that asks Lustre for the bytes of many files at once."""
        args = self._args
        return container(
            "preload",
            args["image"],
            [f"{args['mount_path']}/{args['directories'][dataset]}"],
            mounts=[Mount(VOLUME, args["mount_path"])],
        )
