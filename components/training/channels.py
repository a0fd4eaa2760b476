"""Channels of a training job as ACK has them: of the shared storage, or of S3."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.storage.base import FileSystem, LoadedDataset
from components.storage.data_source import DataSource
from components.training.channel_spec import ChannelSpec, dataset_channel


@dataclass(frozen=True)
class ChannelInput:
    """One channel of a job."""

    name: str
    """Name of the channel."""
    source: Mapping[str, Any]
    """Data source, as a TrainingJob of ACK has it."""
    spec: ChannelSpec | None = None
    """Settings of the channel; None for one of the job's dataset."""
    content: str = ""
    """Digest of the dataset and its channel; empty for one of the job's dataset."""

    def request(self, content_type: str | None) -> dict[str, Any]:
        """Return the channel in a TrainingJob's inputDataConfig.

        Args:
            content_type: Format of the job's data; None to tell the container none.
        """
        spec = self.spec
        own = content_type if spec is None else spec.content_type or content_type
        channel: dict[str, Any] = {
            "channelName": self.name,
            **({} if own is None else {"contentType": own}),
            "inputMode": "File" if spec is None else spec.input_mode,
            "dataSource": self.source,
        }
        if spec is not None and spec.compression:
            channel["compressionType"] = spec.compression
        if spec is not None and spec.record_wrapper:
            channel["recordWrapperType"] = spec.record_wrapper
        if spec is not None and spec.shuffle_seed is not None:
            channel["shuffleConfig"] = {"seed": spec.shuffle_seed}
        return channel

    def identity(self) -> list[Any]:
        """Return the values of a channel that decide the model."""
        spec = self.spec
        if spec is None:
            return [self.name]
        how = [spec.distribution, spec.compression, spec.record_wrapper, spec.shuffle_seed]
        return [self.name, self.content, spec.content_type, *how]


def whole_source(source: DataSource) -> list[ChannelInput]:
    """Return each channel of a source, read as files."""
    return [ChannelInput(name, source.of_channel(name)) for name in source.channels]


def named_channels(
    channels: Mapping[str, ChannelSpec],
    datasets: Mapping[str, LoadedDataset],
    file_system: FileSystem,
    security_group_id: pulumi.Input[str],
) -> list[ChannelInput]:
    """Return channels that are named one by one.

    Args:
        channels: Settings of the channels, by name.
        datasets: Datasets by name.
        file_system: The shared storage.
        security_group_id: Id of the job's security group.
    """
    found = []
    for name, spec in channels.items():
        dataset = datasets[spec.dataset]
        own = dataset_channel(name, spec, [*dataset.uris])
        if spec.source == "s3":
            source = s3_source(dataset.uris[own], spec)
        else:
            source = file_system.dataset_source(dataset, security_group_id).of_channel(own)
        found.append(ChannelInput(name, source, spec, f"{dataset.digest}/{own}"))
    return found


def s3_source(uri: pulumi.Input[str], spec: ChannelSpec) -> dict[str, Any]:
    """Return the objects below a prefix, which ends in a slash, as a data source."""
    return {
        "s3DataSource": {
            "s3DataType": "S3Prefix",
            "s3URI": uri,
            "s3DataDistributionType": spec.distribution,
        }
    }
