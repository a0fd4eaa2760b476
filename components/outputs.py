"""The outputs of a stack, each declared once with its description.

docs/outputs.md is generated from the same table (`make schema`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pulumi

from components.bucket import Bucket
from components.clusters import AnyCluster
from components.networks import AnyNetwork
from components.patterns.patterns import Patterns
from components.storage.base import FileSystem, LoadedDataset
from components.storage.bench import StorageBench
from components.storage.claims import Claims
from components.storage.data_jobs import DataJobs
from components.storage.directory_claims import DirectoryClaims
from components.storage.efs import EfsFileSystem
from components.storage.mountpoint import Mountpoint
from components.storage.scratch import Scratch
from components.storage.storages import Mounted
from components.training.on_new_data import OnNewData
from components.training.training import Training


class Stack(NamedTuple):
    """The components that outputs are taken from."""

    network: AnyNetwork
    cluster: AnyCluster
    bucket: Bucket
    datasets: Mapping[str, LoadedDataset]
    storages: Mapping[str, Mounted]
    backend: str
    image: pulumi.Input[str]
    training: Training
    on_new_data: OnNewData | None
    patterns: Patterns
    directory_claims: DirectoryClaims
    scratch: Scratch | None = None
    data_jobs: DataJobs | None = None
    s3: Mountpoint | None = None
    bench: StorageBench | None = None

    @property
    def file_system(self) -> FileSystem:
        """File system of the active storage."""
        return self.storages[self.backend].file_system

    @property
    def claims(self) -> Claims:
        """Claims on the active storage."""
        return self.storages[self.backend].claims

    @property
    def further(self) -> dict[str, Mounted]:
        """Storages beside the active one."""
        return {name: one for name, one in self.storages.items() if name != self.backend}


@dataclass(frozen=True)
class Output:
    """An output of the stack."""

    name: str

    description: str
    """Sentences about the value, for a person who has only the name."""

    type: str
    """Type of the value in words."""

    example: str
    """Command line that uses it."""

    value: Callable[[Stack], Any]
    """Takes the value from the stack; called only if the output exists."""

    exists: str = "Always."
    """Sentence that tells when the output exists."""

    when: Callable[[Stack], bool] = lambda _: True
    """Tells if the output exists in a stack."""


OUTPUTS = (
    Output(
        "clusterName",
        "Name of the EKS cluster, PROJECT-STACK.",
        "string",
        'aws eks describe-cluster --name "$(pulumi stack output clusterName)"',
        lambda stack: stack.cluster.name,
    ),
    Output(
        "kubeconfig",
        "Kubeconfig of the cluster, with the AWS credentials that deploy the stack. It runs "
        "`aws eks get-token`.",
        "secret string, JSON",
        "pulumi stack output kubeconfig --show-secrets > kubeconfig.json",
        lambda stack: pulumi.Output.secret(stack.cluster.kubeconfig),
    ),
    Output(
        "kubeconfigCommand",
        "Command that adds the cluster to your own kubeconfig, with the AWS profile and role that "
        "the stack's config names, or else the credentials of your environment.",
        "string",
        'eval "$(pulumi stack output kubeconfigCommand)"',
        lambda stack: stack.cluster.kubeconfig_command,
    ),
    Output(
        "vpcId",
        "Id of the VPC.",
        "string",
        'aws ec2 describe-subnets --filters "Name=vpc-id,Values=$(pulumi stack output vpcId)"',
        lambda stack: stack.network.vpc_id,
    ),
    Output(
        "bucket",
        "Name of the data bucket, which holds the datasets and the trained models.",
        "string",
        'aws s3 ls "s3://$(pulumi stack output bucket)/models/"',
        lambda stack: stack.bucket.name,
    ),
    Output(
        "storageBackend",
        "Storage back end in use, `fsx` or `efs`.",
        "string",
        'aws "$(pulumi stack output storageBackend)" describe-file-systems',
        lambda stack: stack.file_system.backend,
    ),
    Output(
        "fileSystemId",
        "Id of the file system, fs-...",
        "string",
        "pulumi config set --path 'allowReplacementOf[0]' \"$(pulumi stack output fileSystemId)\"",
        lambda stack: stack.file_system.file_system_id,
    ),
    Output(
        "fileSystemDnsName",
        "DNS name of the file system inside the VPC.",
        "string",
        'getent hosts "$(pulumi stack output fileSystemDnsName)"',
        lambda stack: stack.file_system.dns_name,
    ),
    Output(
        "mountName",
        "Name that FSx for Lustre mounts the file system by; `/` on EFS.",
        "string",
        'mount -t lustre "$(pulumi stack output fileSystemDnsName)@tcp:/'
        '$(pulumi stack output mountName)" /mnt',
        lambda stack: stack.file_system.mount_name,
    ),
    Output(
        "mountPath",
        "Directory where pods of this stack mount the shared storage.",
        "string",
        'kubectl exec POD -- ls "$(pulumi stack output mountPath)"',
        lambda stack: stack.claims.mount_path,
    ),
    Output(
        "mountCommand",
        "Command that mounts the file system, as root, on a host of the VPC outside the cluster. "
        "The host needs the package lustre-client 2.12 or later for FSx, amazon-efs-utils for EFS, "
        "and a security group that the file system admits.",
        "string",
        "sudo $(pulumi stack output mountCommand)",
        lambda stack: stack.file_system.mount_command,
    ),
    Output(
        "storageClass",
        "Name of the StorageClass from which a claim gets storage of its own.",
        "string",
        'kubectl describe storageclass "$(pulumi stack output storageClass)"',
        lambda stack: next(iter(stack.storages[stack.backend].classes.names.values())),
    ),
    Output(
        "claims",
        "Name of the PersistentVolumeClaim on the shared storage in each namespace.",
        "map of namespaces to strings",
        "pulumi stack output claims --json | jq -r .training",
        lambda stack: {name: claim.name for name, claim in stack.claims.by_namespace.items()},
    ),
    Output(
        "furtherStorages",
        "Storages of `storage.also`, each with `fileSystemId`, `dnsName`, `mountCommand`, "
        "`storageClasses`, the names of its `claims` by namespace, and the `mountPath` that they "
        "are meant for.",
        "map of storage names to objects",
        "pulumi stack output furtherStorages --json | jq -r .efs.fileSystemId",
        lambda stack: {name: _further(one) for name, one in stack.further.items()},
        exists="With `storage.also`.",
        when=lambda stack: bool(stack.further),
    ),
    Output(
        "s3Claims",
        "Name of the PersistentVolumeClaim on the prefix of `storage.s3` in each namespace. Pods "
        "of this stack mount it at /mnt/s3.",
        "map of namespaces to strings",
        "pulumi stack output s3Claims --json | jq -r .training",
        lambda stack: {name: one.name for name, one in _s3(stack).by_namespace.items()},
        exists="With s3 in `storage.also`.",
        when=lambda stack: stack.s3 is not None,
    ),
    Output(
        "directoryClaims",
        "Namespace of each claim on a single directory, by the claim's name.",
        "map of claim names to strings",
        "pulumi stack output directoryClaims --json | jq -r .results",
        lambda stack: {name: one.namespace for name, one in stack.directory_claims.by_name.items()},
        exists="With `storage.claims`.",
        when=lambda stack: bool(stack.directory_claims.by_name),
    ),
    Output(
        "storageBench",
        "Name of the Job that measures each storage, in the namespace of `storage.bench`. Its log "
        "ends with a table.",
        "map of storages to strings",
        'kubectl -n training logs "job/$(pulumi stack output storageBench --json | jq -r .efs)"',
        lambda stack: _bench(stack).jobs,
        exists="With `storage.bench`.",
        when=lambda stack: stack.bench is not None,
    ),
    Output(
        "scratchClaims",
        "Name of the PersistentVolumeClaim on the nodes' own disks in each namespace. Pods of this "
        "stack mount it at `storage.scratch.mountPath`.",
        "map of namespaces to strings",
        "pulumi stack output scratchClaims --json | jq -r .training",
        lambda stack: {name: one.name for name, one in _scratch(stack).by_namespace.items()},
        exists="With `storage.scratch`.",
        when=lambda stack: stack.scratch is not None,
    ),
    Output(
        "accessPoints",
        "Id of each access point of `storage.efs.accessPoints`.",
        "map of names to strings",
        "aws efs describe-access-points --access-point-id "
        '"$(pulumi stack output accessPoints --json | jq -r .team)"',
        lambda stack: _efs(stack).access_point_ids,
        exists="With `storage.efs.accessPoints`.",
        when=lambda stack: _has_efs(stack) and bool(_efs(stack).access_point_ids),
    ),
    Output(
        "replicaFileSystemId",
        "Id of the copy that `storage.efs.replication` keeps, which outlives the stack.",
        "string",
        'aws efs delete-file-system --file-system-id "$(pulumi stack output replicaFileSystemId)"',
        lambda stack: _efs(stack).replica_id,
        exists="With `storage.efs.replication`.",
        when=lambda stack: _has_efs(stack) and _efs(stack).replica_id is not None,
    ),
    Output(
        "datasets",
        "Directory of each dataset in a pod that mounts the claim at `mountPath`.",
        "map of dataset names to strings",
        "pulumi stack output datasets --json | jq -r .digits",
        lambda stack: {
            name: f"{stack.claims.mount_path}/{dataset.directory}"
            for name, dataset in stack.datasets.items()
            if dataset.directory
        },
    ),
    Output(
        "workloadsImage",
        "Image that the stack's own pods run: `workloads.image`, or the one that `make image` "
        "pushes. A stack without preload, onNewData and patterns runs none of them.",
        "string",
        'docker pull "$(pulumi stack output workloadsImage)"',
        lambda stack: stack.image,
    ),
    Output(
        "trainingJobs",
        "Name in SageMaker of each training job.",
        "map of job names to strings",
        "aws sagemaker describe-training-job --training-job-name "
        '"$(pulumi stack output trainingJobs --json | jq -r .digits)"',
        lambda stack: stack.training.job_names,
    ),
    Output(
        "inbox",
        "Address in S3 where new data for the job of `training.onNewData` is put, at train/FILE or "
        "validation/FILE below it.",
        "string",
        'python -m workloads.dataset put data/more "$(pulumi stack output inbox)"',
        lambda stack: _on_new_data(stack).uri,
        exists="With `training.onNewData`.",
        when=lambda stack: stack.on_new_data is not None,
    ),
    Output(
        "inboxDeadLetters",
        "URL of the SQS queue that keeps events of the inbox which could not be handled.",
        "string",
        'aws sqs receive-message --queue-url "$(pulumi stack output inboxDeadLetters)"',
        lambda stack: _on_new_data(stack).events.dead_letter_url,
        exists="With `training.onNewData`.",
        when=lambda stack: stack.on_new_data is not None,
    ),
    Output(
        "dataJobs",
        "Name in Kubernetes of each job of `dataJobs`; all of them are complete.",
        "map of job names to strings",
        'kubectl logs -n training "job/$(pulumi stack output dataJobs --json | jq -r .fetch)"',
        lambda stack: _data_jobs(stack).job_names,
        exists="With `dataJobs`.",
        when=lambda stack: stack.data_jobs is not None and bool(stack.data_jobs.job_names),
    ),
    Output(
        "modelEndpoints",
        "URL inside the cluster at which each model of the repository is served.",
        "map of model names to strings",
        "pulumi stack output modelEndpoints --json | jq -r .digits",
        lambda stack: stack.patterns.endpoints,
        exists="With models in `patterns.modelRepository`.",
        when=lambda stack: bool(stack.patterns.endpoints),
    ),
)


def outputs(stack: Stack) -> dict[str, Any]:
    """Return the outputs of the stack by name; the names are the same with every back end."""
    return {one.name: one.value(stack) for one in OUTPUTS if one.when(stack)}


def _data_jobs(stack: Stack) -> DataJobs:
    assert stack.data_jobs is not None, "called only if there are some"
    return stack.data_jobs


def _has_efs(stack: Stack) -> bool:
    return "efs" in stack.storages


def _efs(stack: Stack) -> EfsFileSystem:
    file_system = stack.storages["efs"].file_system
    assert isinstance(file_system, EfsFileSystem), "called only with EFS"
    return file_system


def _further(storage: Mounted) -> dict[str, Any]:
    file_system, claims = storage.file_system, storage.claims
    return {
        "fileSystemId": file_system.file_system_id,
        "dnsName": file_system.dns_name,
        "mountCommand": file_system.mount_command,
        "storageClasses": [*storage.classes.names.values()],
        "claims": {namespace: claim.name for namespace, claim in claims.by_namespace.items()},
        "mountPath": claims.mount_path,
    }


def _on_new_data(stack: Stack) -> OnNewData:
    assert stack.on_new_data is not None, "called only if it exists"
    return stack.on_new_data


def _scratch(stack: Stack) -> Scratch:
    assert stack.scratch is not None, "called only if it exists"
    return stack.scratch


def _s3(stack: Stack) -> Mountpoint:
    assert stack.s3 is not None, "called only if it exists"
    return stack.s3


def _bench(stack: Stack) -> StorageBench:
    assert stack.bench is not None, "called only if it exists"
    return stack.bench
