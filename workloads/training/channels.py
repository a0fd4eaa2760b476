"""The channels of a training, train and validation: read, and checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from workloads.faults import BadDataError
from workloads.summary import Progress
from workloads.training import labels
from workloads.training.group import Group
from workloads.training.table import Shard, Table, is_sparse, widened
from workloads.training.tables import files_of, read

Channels = Mapping[str, Table]


def read_channels(
    directories: Mapping[str, Path], content_type: str, shard: Shard, progress: Progress
) -> Channels:
    """One worker's part of each channel.

    Raises:
        MissingInputError: a directory is not there, or has no file.
        BadDataError: a file is not what its content type says.
    """
    channels = {}
    for channel, directory in directories.items():
        channels[channel] = read(directory, content_type, shard)
        for file in files_of(directory, shard):
            progress.add(files=1, size=file.stat().st_size)
    return channels


def check(channels: Channels, classes: int | None, group: Group) -> None:
    """Check that the channels of all workers can train one model; give them the same width.

    Raises:
        BadDataError: columns differ, or the first column can be no label.
    """
    train = channels["train"]
    width = int(group.largest(max(table.features.shape[1] for table in channels.values()))[0])
    lowest, highest = group.largest(
        -train.labels.min(initial=np.inf), train.labels.max(initial=-np.inf)
    )
    group.agree(lambda: _check(channels, width, classes))
    if classes:
        labels.check_differ("train", -lowest, highest)


def _check(channels: Channels, width: int, classes: int | None) -> None:
    for channel, table in channels.items():
        if is_sparse(table):
            widened(table.features, width)
        elif table.features.shape[1] != width:
            raise BadDataError(
                f"{channel} has {table.features.shape[1]} features, and others have {width}: all "
                f"files of all channels need the same columns. {labels.REMEDY}"
            )
        if classes:
            labels.check_classes(channel, table.labels, classes)


def matrix(table: Table) -> Any:
    """A table as xgboost takes it."""
    return xgboost.DMatrix(table.features, label=table.labels, weight=table.weights)
