"""Reads datasets from the bucket into the file system, where a link would wait for the first read.

A file of a linked FSx for Lustre file system has a name and a size from the start, and no content
until somebody reads it. Without this the first epoch of a training reads at the speed of S3.

Lustre lets every user ask for the content of a file (hsm.other_request_mask, as the servers come),
so that the pods are no more than any other workload.
"""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.dataset import Dataset
from components.workloads import Mount, WorkloadJob, claim, container, job_spec, pod_template

COMPONENT = "preload"
VOLUME = "storage"
DEADLINE_SECONDS = 6 * 3600


class PreloadsArgs(TypedDict):
    """What Preloads are made of."""

    image: pulumi.Input[str]
    """The workloads image."""
    namespace: pulumi.Input[str]
    """Where the pods are."""
    claim_name: pulumi.Input[str]
    """The claim of that namespace on the shared storage."""
    mount_path: str
    """Where the pods have it."""
    file_system_id: pulumi.Output[str]
    """The file system behind the claim: another one is empty again."""
    datasets: dict[str, Dataset]
    """What to read, by name."""
    directories: dict[str, str]
    """Where each is below the root of the claim, no slash at either end."""


class Preloads(pulumi.ComponentResource):
    """A Job for each dataset, which is done when the file system has all of its content."""

    jobs: dict[str, WorkloadJob]
    """By dataset."""

    def __init__(
        self,
        name: str,
        args: PreloadsArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("eks-ml-storage:data:Preloads", name, {}, opts)
        self._name, self._args = name, args
        self.jobs = {dataset: self._job(dataset, after) for dataset in args["datasets"]}
        self.register_outputs({})

    def ready(self, dataset: str) -> list[pulumi.Resource]:
        """What to wait for before reading a dataset at full speed."""
        return [self.jobs[dataset].job] if dataset in self.jobs else []

    def _job(self, dataset: str, after: Sequence[pulumi.Resource]) -> WorkloadJob:
        """The Job that reads one dataset."""
        return WorkloadJob(
            f"{self._name}-{dataset}",
            {
                "namespace": self._args["namespace"],
                "component": COMPONENT,
                "name_prefix": f"{COMPONENT}-{dataset}",
                "spec": job_spec(self._pod(dataset), deadline_seconds=DEADLINE_SECONDS),
            },
            pulumi.ResourceOptions(parent=self),
            after=[*after, *self._args["datasets"][dataset].objects],
        )

    def _pod(self, dataset: str) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
        """A pod that has the whole claim and reads a directory of it."""
        args = self._args
        return pod_template(
            COMPONENT,
            [
                container(
                    "preload",
                    args["image"],
                    [f"{args['mount_path']}/{args['directories'][dataset]}"],
                    mounts=[Mount(VOLUME, args["mount_path"])],
                )
            ],
            volumes=[claim(VOLUME, args["claim_name"])],
            annotations={
                "eks-ml-storage/dataset-digest": args["datasets"][dataset].digest,
                "eks-ml-storage/file-system-id": args["file_system_id"],
            },
        )
