"""Inputs of SageMaker's training jobs: directories of a file system, or prefixes of a bucket.

SageMaker mounts FSx for Lustre and EFS, and no other file system: jobs read any other storage by
what it has in S3. The names of the fields are ACK's.
Source: SageMaker API Reference, DataSource.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi


@dataclass(frozen=True)
class DataSource(ABC):
    """Input of a SageMaker job, and the network in which the job runs."""

    channels: Mapping[str, pulumi.Input[str]]
    """Place of each channel's files, as SageMaker reads it: an absolute path or an s3:// URI."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Ids of subnets from which the storage can be reached."""
    security_group_id: pulumi.Input[str]
    """Id of a security group that has access to the storage."""

    @abstractmethod
    def of_channel(self, channel: str) -> dict[str, Any]:
        """Return the data source of a channel, as a TrainingJob of ACK has it."""


@dataclass(frozen=True)
class FileSystemDataSource(DataSource):
    """Input of a SageMaker job on a file system that SageMaker mounts."""

    file_system_id: pulumi.Input[str]
    """Id of the file system."""
    file_system_type: str
    """FSxLustre or EFS."""

    def of_channel(self, channel: str) -> dict[str, Any]:
        """Return the directory of a channel, which is only read."""
        return {
            "fileSystemDataSource": {
                "fileSystemID": self.file_system_id,
                "fileSystemType": self.file_system_type,
                "fileSystemAccessMode": "ro",
                "directoryPath": self.channels[channel],
            }
        }


@dataclass(frozen=True)
class S3DataSource(DataSource):
    """Input of a SageMaker job in a bucket, all of which each instance copies.

    The URI of a channel is the beginning of keys, and ends in a slash: else it would also stand for
    directories whose names are longer.
    """

    def of_channel(self, channel: str) -> dict[str, Any]:
        """Return the prefix of a channel."""
        return {
            "s3DataSource": {
                "s3DataType": "S3Prefix",
                "s3URI": self.channels[channel],
                "s3DataDistributionType": "FullyReplicated",
            }
        }
