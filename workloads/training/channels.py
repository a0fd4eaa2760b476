"""Channels of a training, `train` and `validation`, checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from workloads.errors import BadDataError
from workloads.summary import Progress
from workloads.training import labels
from workloads.training.channel_reader import read_channel, shard_files
from workloads.training.group import WorkerGroup
from workloads.training.table import Shard, Table, is_sparse, widen

Channels = Mapping[str, Table]


def read_channels(
    directories: Mapping[str, Path], content_type: str, shard: Shard, progress: Progress
) -> Channels:
    """Read one worker's part of each channel.

    Raises:
        MissingInputError: A directory does not exist, or has no files.
        BadDataError: A file does not have the format of its content type.
    """
    channels = {}
    for channel, directory in directories.items():
        channels[channel] = read_channel(directory, content_type, shard)
        for file in shard_files(directory, shard):
            progress.add(files=1, size=file.stat().st_size)
    return channels


def check_channels(channels: Channels, classes: int | None, group: WorkerGroup) -> None:
    """Check the channels of all workers, and give sparse tables the same number of columns.

    Raises:
        BadDataError: The columns differ, or the first column is not a label.
    """
    train = channels["train"]
    width = int(group.allreduce_max(max(table.features.shape[1] for table in channels.values()))[0])
    lowest, highest = group.allreduce_max(
        -train.labels.min(initial=np.inf), train.labels.max(initial=-np.inf)
    )
    group.run_on_all(lambda: _check_local(channels, width, classes))
    if classes:
        labels.check_labels_differ("train", -lowest, highest)


def _check_local(channels: Channels, width: int, classes: int | None) -> None:
    for channel, table in channels.items():
        if is_sparse(table):
            widen(table.features, width)
        elif table.features.shape[1] != width:
            raise BadDataError(
                f"{channel} has {table.features.shape[1]} features, and others have {width}: all "
                f"files of all channels must have the same columns. {labels.REMEDY}"
            )
        if classes:
            labels.check_classes(channel, table.labels, classes)


def to_dmatrix(table: Table) -> Any:
    """Return a table as a matrix of xgboost."""
    return xgboost.DMatrix(table.features, label=table.labels, weight=table.weights)
