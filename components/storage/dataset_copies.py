"""Copies of datasets from the bucket to the shared storage, where no link shows them."""

from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.datasets import Dataset, manifest
from components.dependencies import split_depends_on
from components.iam import Statement, document
from components.pod_identity import PodIdentity
from components.pods.job import REPLACE_UNREADY, SECONDS_FOR_NODES
from components.pods.templates import claim as claim_volume
from components.pods.templates import job_spec
from components.storage.base import Claim
from components.storage.content_pods import VOLUME, FileList, file_list, script_container

SERVICE_ACCOUNT = "dataset-copy"
DEADLINE_SECONDS = 6 * 3600
CREATE_TIMEOUT = f"{DEADLINE_SECONDS + SECONDS_FOR_NODES}s"


class DatasetCopiesArgs(TypedDict):
    """Arguments of `DatasetCopies`."""

    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    claim: Claim
    """Claim through which the datasets are copied. Another file system needs another copy."""
    bucket_name: pulumi.Input[str]
    """Name of the data bucket."""
    bucket_access: list[Statement]
    """Statements that allow to read the datasets in the bucket."""
    datasets: Mapping[str, Dataset]
    """Datasets to copy, by name."""


class DatasetCopies(pulumi.ComponentResource):
    """A Kubernetes Job for each dataset, and the permission to read the datasets in the bucket.

    The files appear at datasets/NAME/DIGEST of the claim all at once, after each has the size and
    SHA-256 of the local file. A Job runs once, so its name has a hash of content and file system: a
    change of either creates a new Job.
    """

    jobs: dict[str, kubernetes.batch.v1.Job]
    """Job of each dataset, complete when the files are there."""

    def __init__(
        self, name: str, args: DatasetCopiesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:data:DatasetCopies", name, {}, own)
        claim, self.jobs = args["claim"], {}
        if args["datasets"]:
            child = pulumi.ResourceOptions(parent=self)
            account = kubernetes.core.v1.ServiceAccount(
                f"{name}-account",
                metadata={"name": SERVICE_ACCOUNT, "namespace": claim.namespace},
                opts=child,
            )
            access = PodIdentity(
                f"{name}-access",
                {
                    "cluster_name": args["cluster_name"],
                    "namespace": claim.namespace,
                    "service_account": SERVICE_ACCOUNT,
                    "policies": [document(*args["bucket_access"])],
                    "managed_policies": [],
                },
                child,
            )
            depends_on += [account, access]
        for dataset, source in args["datasets"].items():
            files = file_list(
                f"{name}-{dataset}-{source.digest}", manifest(source.files), claim.namespace, self
            )
            self.jobs[dataset] = kubernetes.batch.v1.Job(
                f"{name}-{dataset}",
                metadata={
                    "name": claim.file_system_id.apply(
                        partial(copy_job_name, dataset, source.digest)
                    ),
                    "namespace": claim.namespace,
                    "annotations": REPLACE_UNREADY,
                },
                spec=job_spec(
                    copying_pod(source, files, args["bucket_name"], claim.name),
                    deadline_seconds=DEADLINE_SECONDS,
                ),
                opts=pulumi.ResourceOptions(
                    parent=self,
                    depends_on=[*depends_on, source],
                    custom_timeouts=pulumi.CustomTimeouts(create=CREATE_TIMEOUT),
                ),
            )
        self.register_outputs({})


def copying_pod(
    source: Dataset,
    files: FileList,
    bucket_name: pulumi.Input[str],
    claim_name: pulumi.Input[str],
) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
    """Return a pod that copies one content, with credentials from EKS Pod Identity.

    Args:
        source: Dataset to copy.
        files: List of its files.
        bucket_name: Name of the data bucket.
        claim_name: Name of the claim.
    """
    variables: dict[str, pulumi.Input[str]] = {
        "SOURCE": pulumi.Output.concat("s3://", bucket_name, "/", source.prefix),
        "DIRECTORY": source.prefix,
        **files.variables,
    }
    return {
        "spec": {
            "service_account_name": SERVICE_ACCOUNT,
            "restart_policy": "Never",
            "containers": [script_container("copy", "copy", variables)],
            "volumes": [claim_volume(VOLUME, claim_name), *files.volumes],
        }
    }


def copy_job_name(dataset: str, digest: str, file_system_id: str) -> str:
    """Return a name for the copy of a content to a file system, at most 63 characters."""
    both = sha256(f"{digest} {file_system_id}".encode()).hexdigest()[:8]
    return f"copy-{dataset[:48].rstrip('-')}-{both}"
