"""Values that the parts of shared storage pass on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pulumi


@dataclass(frozen=True)
class DataSource:
    """Input of a SageMaker job on a file system."""

    file_system_id: pulumi.Input[str]
    """Id of the file system."""
    file_system_type: str
    """FSxLustre or EFS."""
    channels: Mapping[str, pulumi.Input[str]]
    """Absolute path of each channel's directory, as SageMaker reads it."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Ids of subnets in a zone of the file system."""
    security_group_id: pulumi.Input[str]
    """Id of a security group that is let in."""


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
    ready: tuple[pulumi.Resource, ...]
    """Resources that readers depend on: they are there once the whole content is."""


class FileSystem(Protocol):
    """A file system as training reads it."""

    def sagemaker_path(self, directory: str) -> pulumi.Output[str]:
        """Return the absolute path by which SageMaker reads a directory below the claims' root."""

    def data_source(
        self, directories: Mapping[str, str], security_group_id: pulumi.Input[str]
    ) -> DataSource:
        """Return the input of a SageMaker job that reads directories of the file system."""
