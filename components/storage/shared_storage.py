"""What every back end of the shared storage promises."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, TypedDict

import pulumi

from components.bucket import Bucket
from components.iam import Document
from components.network import Network
from components.storage.base import DataSource


class StorageArgs(TypedDict):
    """What every back end is made of, beside the settings of its own."""

    network: Network
    """Where clients are; the file system is in the private subnets."""
    bucket: Bucket
    """The data bucket, whose datasets belong on the file system."""
    clients: dict[str, pulumi.Output[str]]
    """Security groups to admit from the start, by a name for each."""
    protect: bool
    """Whether Pulumi refuses to delete the file system."""


class VolumeArgs(TypedDict):
    """A file system as a persistent volume of Kubernetes."""

    driver: str
    """Name of the CSI driver."""
    handle: pulumi.Input[str]
    """What the driver knows the file system by."""
    attributes: dict[str, pulumi.Input[str]]
    """What else the driver needs to mount it."""
    mount_options: list[str]
    """Options of mount(8)."""
    capacity: str
    """As a Kubernetes quantity; a file system does not enforce it."""


class StorageClassArgs(TypedDict):
    """A storage class that makes new volumes on demand."""

    name: str
    """The class's name."""
    provisioner: str
    """Name of the CSI driver."""
    parameters: dict[str, pulumi.Input[str]]
    """The driver's parameters, all of them strings."""
    mount_options: list[str]
    """Options of mount(8)."""


class DriverArgs(TypedDict):
    """What a CSI driver's chart is told, and what its controller may do."""

    service_account: str
    """The controller's service account."""
    values: dict[str, Any]
    """The chart's values."""
    policies: list[Document]
    """The controller's permissions, as policy documents."""
    managed_policies: list[str]
    """The controller's permissions, as paths of policies that AWS manages."""


class SharedStorage(pulumi.ComponentResource):
    """A file system that pods, SageMaker jobs and hosts of the VPC mount at the same time."""

    back_end: str
    """What stack config calls it."""
    driver_name: str
    """Name of its CSI driver."""
    bucket: Bucket
    """The data bucket."""
    file_system_id: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    mount_name: pulumi.Output[str]
    """What Lustre calls the file system; "/" where there is no such name."""
    subnet_ids: list[pulumi.Output[str]]
    """Subnets whose zone the file system is in: a SageMaker job runs in them."""
    zones: list[str]
    """The zones that the file system is in."""
    sagemaker_type: str
    """FSxLustre or EFS."""
    sagemaker_root: pulumi.Output[str]
    """What SageMaker's directory paths begin with; no slash at its end."""
    ready: list[pulumi.Resource]
    """What must exist before anyone can mount it."""

    @property
    @abstractmethod
    def volume(self) -> VolumeArgs:
        """The whole file system, as one volume."""

    @property
    @abstractmethod
    def storage_class(self) -> StorageClassArgs:
        """The class by which a claim gets storage of its own."""

    @property
    @abstractmethod
    def driver(self) -> DriverArgs:
        """The CSI driver's settings."""

    @property
    @abstractmethod
    def mount_command(self) -> pulumi.Output[str]:
        """What root types on a host of the VPC outside the cluster; its group must be admitted."""

    @abstractmethod
    def admit(self, clients: Mapping[str, pulumi.Input[str]]) -> list[pulumi.Resource]:
        """Open the way to the members of security groups, given by a name for each."""

    def brings(self, key: str) -> bool:
        """Whether the bucket's objects under a key appear on the file system by themselves."""
        del key
        return False

    @property
    def preloads(self) -> bool:
        """Whether Lustre is asked for the bytes of what it brings before they are needed."""
        return False

    def directory(self, key: str) -> str:
        """Where the files of a key of the data bucket are, or belong, on the file system.

        Args:
            key: A key prefix of the bucket, no slash at either end.

        Returns:
            A path from what claims show as the root, no slash at either end.
        """
        return key

    def sagemaker_path(self, directory: str) -> pulumi.Output[str]:
        """Return the absolute path by which SageMaker reads a directory below the claims' root."""
        return pulumi.Output.concat(self.sagemaker_root, "/", directory)

    def data_source(
        self, directories: Mapping[str, str], security_group_id: pulumi.Input[str]
    ) -> DataSource:
        """Return the input of a SageMaker job that reads directories of the file system."""
        return DataSource(
            file_system_id=self.file_system_id,
            file_system_type=self.sagemaker_type,
            channels={each: self.sagemaker_path(path) for each, path in directories.items()},
            subnet_ids=self.subnet_ids,
            security_group_id=security_group_id,
        )
