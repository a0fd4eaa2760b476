"""Copies datasets from the bucket to the shared storage, where no link brings them."""

from collections.abc import Sequence
from hashlib import sha256
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.datasets import PREFIX, Dataset, manifest
from components.iam import Document, Statement, allow, document
from components.pod_identity import PodIdentity
from components.pods.job import REPLACE_UNREADY, SECONDS_FOR_NODES
from components.pods.templates import claim, job_spec
from components.storage.content_pods import VOLUME, literal, script_container

SERVICE_ACCOUNT = "dataset-copy"
DEADLINE_SECONDS = 6 * 3600
PATIENCE = f"{DEADLINE_SECONDS + SECONDS_FOR_NODES}s"


class DatasetCopiesArgs(TypedDict):
    """What DatasetCopies are made of."""

    cluster_name: pulumi.Input[str]
    """The EKS cluster."""
    namespace: pulumi.Input[str]
    """Where the copying pods run."""
    claim_name: pulumi.Input[str]
    """The claim of that namespace on the shared storage."""
    file_system_id: pulumi.Output[str]
    """The file system behind the claim: another one needs another copy."""
    bucket_name: pulumi.Output[str]
    """The data bucket."""
    bucket_arn: pulumi.Output[str]
    """The data bucket."""
    use_key: list[Statement]
    """What readers of the bucket have to be allowed of its key."""
    datasets: dict[str, Dataset]
    """What to copy, by name."""


class DatasetCopies(pulumi.ComponentResource):
    """A Kubernetes Job for each dataset, and the right to read what they copy; or nothing.

    A content arrives at datasets/NAME/DIGEST of the claim, as a whole, once each of its files has
    the size and SHA-256 that the stack's own file has. A Job is done once and for all, so its name
    tells content and file system: when one of them changes, there is a new Job.
    """

    jobs: dict[str, pulumi.Resource]
    """By dataset; complete when the files are there."""

    def __init__(
        self,
        name: str,
        args: DatasetCopiesArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("eks-ml-storage:data:DatasetCopies", name, {}, opts)
        self._name, self._args = name, args
        before = [*self._reader(), *after] if args["datasets"] else []
        self.jobs = {dataset: self._job(dataset, before) for dataset in args["datasets"]}
        self.register_outputs({})

    def ready(self, dataset: str) -> list[pulumi.Resource]:
        """What to wait for before reading a dataset; nothing where a link brings it."""
        return [self.jobs[dataset]] if dataset in self.jobs else []

    def _reader(self) -> list[pulumi.Resource]:
        """The service account of the Jobs, which may read the datasets."""
        args, child = self._args, pulumi.ResourceOptions(parent=self)
        account = kubernetes.core.v1.ServiceAccount(
            f"{self._name}-account",
            metadata={"name": SERVICE_ACCOUNT, "namespace": args["namespace"]},
            opts=child,
        )
        access = PodIdentity(
            f"{self._name}-access",
            {
                "cluster_name": args["cluster_name"],
                "namespace": args["namespace"],
                "service_account": SERVICE_ACCOUNT,
                "policies": [read_datasets(args["bucket_arn"], args["use_key"])],
                "managed_policies": [],
            },
            child,
        )
        return [account, access]

    def _job(self, dataset: str, before: list[pulumi.Resource]) -> kubernetes.batch.v1.Job:
        """The Job that copies one dataset."""
        source = self._args["datasets"][dataset]
        return kubernetes.batch.v1.Job(
            f"{self._name}-{dataset}",
            metadata={
                "name": self._args["file_system_id"].apply(
                    lambda file_system_id: job_name(dataset, source.digest, file_system_id)
                ),
                "namespace": self._args["namespace"],
                "annotations": REPLACE_UNREADY,
            },
            spec=job_spec(self._pod(source), deadline_seconds=DEADLINE_SECONDS),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*before, source],
                custom_timeouts=pulumi.CustomTimeouts(create=PATIENCE),
            ),
        )

    def _pod(self, source: Dataset) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
        """A pod that copies one content, with credentials from EKS Pod Identity."""
        uri = pulumi.Output.concat("s3://", self._args["bucket_name"], "/", source.prefix)
        variables: dict[str, pulumi.Input[str]] = {
            "SOURCE": uri,
            "DIRECTORY": source.prefix,
            "FILES": literal(manifest(source.files)),
        }
        return {
            "spec": {
                "service_account_name": SERVICE_ACCOUNT,
                "restart_policy": "Never",
                "containers": [script_container("copy", "copy", variables)],
                "volumes": [claim(VOLUME, self._args["claim_name"])],
            }
        }


def job_name(dataset: str, digest: str, file_system_id: str) -> str:
    """A name for the copy of this content to this file system, at most 63 characters."""
    both = sha256(f"{digest} {file_system_id}".encode()).hexdigest()[:8]
    return f"copy-{dataset[:48].rstrip('-')}-{both}"


def read_datasets(bucket_arn: pulumi.Output[str], use_key: Sequence[Statement]) -> Document:
    """Reading what is under datasets/ of a bucket, and nothing else."""
    return document(
        allow(
            ["s3:ListBucket"],
            [bucket_arn],
            {"StringLike": {"s3:prefix": [f"{PREFIX}*"]}},
        ),
        allow(["s3:GetObject"], [pulumi.Output.concat(bucket_arn, "/", PREFIX, "*")]),
        *use_key,
    )
