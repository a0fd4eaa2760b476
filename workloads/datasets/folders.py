"""Train and validation apart, and where each is in a folder."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from workloads.datasets.tables import Row
from workloads.faults import BadDataError, MissingInputError
from workloads.files import existing_directory, files_below, is_draft, whole_file

CHANNELS = ("train", "validation")
"""SageMaker's channels that its XGBoost reads; the first must be there."""

SEED = 20_11_2018
"""Of the split: the same rows must land in the same file on every machine."""

SEPARATORS = {"csv": ",", "libsvm": " "}
"""What stands between two cells, by the end of the file's name. No cell ever needs quotes."""


def split(rows: Sequence[Row], validation: float) -> tuple[list[Row], list[Row]]:
    """The rows shuffled, the same way each time, and cut into train and validation.

    Args:
        rows: at least two.
        validation: the part, between 0 and 1, that is kept for validation; at least one row.

    Raises:
        BadDataError: there are too few rows to have some in each.
    """
    if len(rows) < 2:
        raise BadDataError(f"{len(rows)} rows cannot be split into train and validation")
    shuffled = list(rows)
    random.Random(SEED).shuffle(shuffled)
    kept = min(max(round(len(rows) * validation), 1), len(rows) - 1)
    return shuffled[kept:], shuffled[:kept]


def write(rows: Sequence[Row], target: Path) -> None:
    """Write a file in the format that its name ends with, whole or not at all."""
    separator = SEPARATORS[target.suffix.removeprefix(".")]
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as stream:
        stream.writelines(f"{separator.join(row)}\n".encode() for row in rows)


def channels_of(folder: Path) -> dict[str, list[Path]]:
    """The files of each channel of a folder: CHANNEL.csv, CHANNEL.libsvm or all of CHANNEL/.

    Raises:
        MissingInputError: the folder has nothing to train on.
        BadDataError: it has a channel twice.
    """
    existing_directory(folder)
    found = {channel: _files_of(folder, channel) for channel in CHANNELS}
    if not found[CHANNELS[0]]:
        raise MissingInputError(
            f"{folder} has no train.csv, train.libsvm or train/. Prepare it with "
            "`python -m workloads.dataset`"
        )
    return {channel: files for channel, files in found.items() if files}


def _files_of(folder: Path, channel: str) -> list[Path]:
    found = [path for path in sorted(folder.glob(f"{channel}.*")) if not is_draft(path.name)]
    if (folder / channel).is_dir():
        found.append(folder / channel)
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise BadDataError(f"{folder} has {names}: leave one, for a job reads all of a channel")
    return [file for path in found for file in (files_below(path) if path.is_dir() else [path])]
