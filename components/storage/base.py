"""Interface of the back ends of the shared storage, and the values that components pass on.

A file system needs only a VPC and subnets, so it is created at the same time as the control plane.
Its component is complete once it is constructed. Clients, whose security groups may be created
later, get access by `allow_from`.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NotRequired, TypedDict

import pulumi

from components.iam import Document
from components.security_rules import Ports
from components.storage.client_access import ClientAccess
from components.storage.data_source import DataSource, FileSystemDataSource
from components.storage.found_lustre import FoundLustre


class FileSystemArgs(TypedDict):
    """Arguments of every back end beside its spec."""

    vpc_id: pulumi.Input[str]
    """Id of the VPC."""
    subnet_ids: Mapping[str, pulumi.Input[str]]
    """Id of a private subnet by Availability Zone. The order of the zones tells which is first."""
    bucket_name: NotRequired[pulumi.Input[str]]
    """Name of the data bucket, in which a link's prefixes are. Needed for a link with a prefix."""
    bucket_kms_key_arn: NotRequired[pulumi.Input[str] | None]
    """ARN of the KMS key that encrypts the data bucket; S3's own key when absent or None."""
    protect: NotRequired[bool]
    """True to have Pulumi refuse to delete the file system; false by default."""
    found_lustre: NotRequired[FoundLustre | None]
    """FSx for Lustre file system that exists, if the spec names one."""


@dataclass(frozen=True)
class VolumeSource:
    """A file system as the source of a PersistentVolume."""

    driver: str
    """Name of the CSI driver."""
    handle: pulumi.Input[str]
    """Id of the file system, in the form that the driver reads."""
    attributes: Mapping[str, pulumi.Input[str]]
    """Further attributes that the driver needs to mount it."""
    mount_options: list[str]
    """Options of mount(8)."""
    capacity: str
    """Capacity as a Kubernetes quantity. A file system does not enforce it."""
    zone: str | None = None
    """Availability Zone of the file system, where its pods come up; None where any will do."""


@dataclass(frozen=True)
class Directory:
    """A directory of a file system that is mounted by itself."""

    path: str
    """Path from the root of the claims, no slash at either end."""
    uid: int
    """User id of its owner."""
    gid: int
    """Group id of its owner."""
    permissions: str
    """POSIX mode, octal."""
    read_only: bool
    """True if every write is refused."""


@dataclass(frozen=True)
class DirectoryVolume:
    """A directory as the source of a PersistentVolume."""

    volume: VolumeSource
    """Source of the volume."""
    makes_itself: bool
    """True if the storage makes the directory at the first mount; False if it must be there."""


@dataclass(frozen=True)
class StorageClassSettings:
    """A storage class that makes new volumes on demand."""

    name: str
    """Name of the class."""
    provisioner: str
    """Name of the CSI driver."""
    parameters: Mapping[str, pulumi.Input[str]]
    """Parameters of the driver, all of them strings."""
    mount_options: Sequence[str]
    """Options of mount(8)."""
    reclaim_policy: str = "Delete"
    """Delete or Retain: fate of a volume whose claim is deleted."""
    volume_binding_mode: str = "Immediate"
    """Immediate or WaitForFirstConsumer: time at which a volume is made."""
    allow_volume_expansion: bool | None = None
    """True if a claim may ask for more capacity; Kubernetes takes None for false."""
    has_default_name: bool = False
    """True if the config does not name the class."""

    def among(self, stack: str | None) -> "StorageClassSettings":
        """Return the class; one that the config does not name gets a name of the stack's own.

        Args:
            stack: Name of the stack in a cluster that several share; None in one of its own.
        """
        if stack is None or not self.has_default_name:
            return self
        return replace(self, name=f"{self.name}-{stack}")


@dataclass(frozen=True)
class DriverSettings:
    """Values of a CSI driver's chart, and the permissions of its controller."""

    service_account: str
    """Name of the controller's service account."""
    values: dict[str, Any]
    """Values of the chart."""
    policies: list[Document]
    """Permissions of the controller, as IAM policy documents."""
    managed_policies: list[str]
    """Permissions of the controller, as paths of policies that AWS manages."""
    node_account: str | None = None
    """Name of the service account of the pods on the nodes, where mounts need permissions of AWS;
    None where they need none."""
    node_policies: list[Document] = field(default_factory=list)
    """Permissions of these pods, as IAM policy documents."""


@dataclass(frozen=True)
class Claim:
    """A bound PersistentVolumeClaim on the shared storage."""

    namespace: pulumi.Output[str]
    """Namespace of the claim."""
    name: pulumi.Output[str]
    """Name of the claim, known once it is bound."""
    mount_path: str
    """Path at which pods mount it."""
    volume: pulumi.Resource
    """Volume behind it. Kubernetes keeps a claim for as long as a pod mounts it, so a Deployment
    that mounts it must be replaced with its volume."""
    file_system_id: pulumi.Output[str]
    """Id of the file system behind it."""


@dataclass(frozen=True)
class LoadedDataset:
    """A dataset that can be read from the shared storage."""

    name: str
    """Name of the dataset."""
    digest: str
    """Digest of its content."""
    channels: Mapping[str, str]
    """Directory of each channel, from the root of the claim; no slash at either end."""
    loading_jobs: tuple[pulumi.Resource, ...]
    """Resources that readers depend on: they are there once the whole content is."""
    uris: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Address of each channel in S3, with a slash at its end."""
    uploads: tuple[pulumi.Resource, ...] = ()
    """Resources that readers of S3 depend on: they are there once all objects are."""
    directory: str = ""
    """Directory of all its files, from the root of the claim; no slash at either end. Empty if the
    shared storage does not have them."""


class FileSystem(pulumi.ComponentResource):
    """A file system that pods, SageMaker jobs and hosts of the VPC mount at the same time."""

    backend: str
    """Name of the back end in the config."""
    driver_name: str
    """Name of its CSI driver."""
    ports: tuple[Ports, ...]
    """TCP ports that clients open connections to."""
    calls_clients: bool
    """True where the servers open connections to clients too."""
    sagemaker_type: str
    """FSxLustre or EFS; unused by a file system that SageMaker does not mount."""
    file_system_id: pulumi.Output[str]
    """Id of the file system."""
    dns_name: pulumi.Output[str]
    """DNS name of the file system."""
    mount_name: pulumi.Output[str]
    """Lustre's name of the file system; "/" where there is no such name."""
    subnet_ids: list[pulumi.Output[str]]
    """Ids of the subnets in the file system's zones. SageMaker jobs that read it run in them."""
    zones: list[str]
    """Availability Zones of the file system."""
    security_group_id: pulumi.Output[str]
    """Id of the file system's security group."""
    volume: VolumeSource
    """The whole file system as a volume."""
    storage_classes: list[StorageClassSettings]
    """Storage classes by which a claim gets storage of its own."""
    driver: DriverSettings
    """Settings of the CSI driver."""
    mount_command: pulumi.Output[str]
    """Command by which root mounts it on a host of the VPC outside the cluster. The host's security
    group needs access; see `allow_from`."""
    needs_preload: bool
    """True if the content of linked files is to be loaded before it is read."""
    exported_to: pulumi.Output[str] | None = None
    """Beginning of the s3:// URIs that the files of the claims are exported to by themselves, from
    where jobs read them; None where jobs mount the file system."""
    mirrors_bucket: bool = False
    """True if linked files are the bucket's objects in both directions: they go with their objects,
    and removing a file deletes its object."""

    def allow_from(
        self,
        client: str,
        security_group_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> ClientAccess:
        """Let the members of a security group mount the file system.

        Args:
            client: Name of the client, part of the names of the rules.
            security_group_id: Id of the client's security group.
            opts: Options of the component that is made.
        """
        name = f"{self._name}-{self.backend}"
        return ClientAccess(
            f"{name}-{client}",
            {
                "file_system": name,
                "client": client,
                "security_group_id": self.security_group_id,
                "client_security_group_id": security_group_id,
                "ports": self.ports,
                "calls_clients": self.calls_clients,
            },
            opts,
        )

    def directory(
        self, name: str, directory: Directory, opts: pulumi.ResourceOptions
    ) -> DirectoryVolume:
        """Return a directory as a volume, whose mounts show nothing beside it.

        Args:
            name: Beginning of the names of resources that it needs.
            directory: The directory.
            opts: Options of these resources.

        Raises:
            pulumi.RunError: The back end mounts no directory by itself.
        """
        del opts
        raise pulumi.RunError(f"{name}: {self.backend} mounts no {directory.path} by itself")

    @abstractmethod
    def is_linked(self, key: str) -> bool:
        """Return whether the bucket's objects under a key show on the file system by themselves."""

    def shown_at(self, bucket: str, prefix: str) -> str | None:
        """Return the directory in which a link shows objects of another bucket.

        Args:
            bucket: Name of the bucket.
            prefix: Prefix with a slash at its end; empty for the whole bucket.

        Returns:
            A path from the root of the claims, no slash at either end; None if no link shows them.
        """
        del bucket, prefix
        return None

    @abstractmethod
    def path_of(self, key: str) -> str:
        """Return the directory in which the files of a key prefix of the data bucket are.

        Args:
            key: A key prefix of the bucket, no slash at either end.

        Returns:
            A path from the root of the claims, no slash at either end.
        """

    @abstractmethod
    def sagemaker_path(self, directory: str) -> pulumi.Output[str]:
        """Return the path or s3:// URI by which SageMaker reads a directory of the claims."""

    def input_prefixes(self, *directories: str) -> list[str]:
        """Return the prefixes of the data bucket below which SageMaker reads directories.

        Jobs that mount the file system read nothing in the bucket, so that there are none.

        Args:
            directories: Key prefixes of datasets and directories of the claims.
        """
        del directories
        return []

    def waits_of_jobs(self, dataset: LoadedDataset) -> tuple[pulumi.Resource, ...]:
        """Return the resources that a SageMaker job on a dataset waits for."""
        return dataset.loading_jobs

    def dataset_source(
        self, dataset: LoadedDataset, security_group_id: pulumi.Input[str]
    ) -> DataSource:
        """Return the input of a SageMaker job that reads a dataset of the shared storage.

        Args:
            dataset: The dataset.
            security_group_id: Id of the job's security group, which needs access; see `allow_from`.
        """
        return self.data_source(dataset.channels, security_group_id)

    def data_source(
        self, directories: Mapping[str, str], security_group_id: pulumi.Input[str]
    ) -> DataSource:
        """Return the input of a SageMaker job that reads directories of the file system.

        Args:
            directories: Directory of each channel, from the root of the claims.
            security_group_id: Id of the job's security group, which needs access; see `allow_from`.
        """
        return FileSystemDataSource(
            file_system_id=self.file_system_id,
            file_system_type=self.sagemaker_type,
            channels={each: self.sagemaker_path(path) for each, path in directories.items()},
            subnet_ids=self.subnet_ids,
            security_group_id=security_group_id,
        )
