"""Files of the train and validation channels in a folder."""

from __future__ import annotations

from pathlib import Path

from workloads.errors import BadDataError, MissingInputError
from workloads.files import is_temporary, list_files, require_directory

CHANNELS = ("train", "validation")
"""Channels of SageMaker's XGBoost; the first one is required."""


def find_channels(folder: Path) -> dict[str, list[Path]]:
    """Return the files of each channel: CHANNEL.csv, CHANNEL.libsvm, or all files in CHANNEL/.

    Raises:
        MissingInputError: The folder has no train channel.
        BadDataError: The folder has a channel twice.
    """
    require_directory(folder)
    found = {channel: _files_of(folder, channel) for channel in CHANNELS}
    if not found[CHANNELS[0]]:
        raise MissingInputError(
            f"{folder} has no train.csv, train.libsvm or train/. Prepare it with "
            "`python -m workloads.dataset`"
        )
    return {channel: files for channel, files in found.items() if files}


def _files_of(folder: Path, channel: str) -> list[Path]:
    found = [path for path in sorted(folder.glob(f"{channel}.*")) if not is_temporary(path.name)]
    if (folder / channel).is_dir():
        found.append(folder / channel)
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise BadDataError(
            f"{folder} has {names}: keep one, because a job reads all files of a channel"
        )
    return [file for path in found for file in (list_files(path) if path.is_dir() else [path])]
