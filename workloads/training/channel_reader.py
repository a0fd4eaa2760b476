"""Reader of one channel, whose files become one table, divided between the workers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

from workloads.errors import BadDataError, MissingInputError, UsageError
from workloads.files import list_files
from workloads.training.csv_reader import read_csv
from workloads.training.libsvm_reader import read_libsvm
from workloads.training.table import Shard, Table, is_sparse, widen

CSV, LIBSVM = "csv", "libsvm"


def data_format(content_type: str) -> str:
    """Return csv or libsvm for a content type such as `text/csv; label_size=1`.

    Raises:
        UsageError: The content type is not supported.
    """
    kind = content_type.partition(";")[0].strip().lower()
    name = kind.removeprefix("text/").removeprefix("x-")
    if name not in {CSV, LIBSVM}:
        raise UsageError(f"content type {content_type}: give text/csv or text/libsvm")
    return name


def read_channel(directory: Path, content_type: str, shard: Shard) -> Table:
    """Read one worker's part of a channel: whole files, or rows if there are too few files.

    Raises:
        MissingInputError: The directory does not exist, or has no files.
        BadDataError: A file does not have the format of the content type.
    """
    files = shard_files(directory, shard)
    read_one = read_csv if data_format(content_type) == CSV else read_libsvm
    table = concatenate([(file, read_one(file)) for file in files])
    return table.take(shard) if splits_rows(directory, shard) else table


def shard_files(directory: Path, shard: Shard) -> list[Path]:
    """Return the files that one worker reads.

    Raises:
        MissingInputError: The directory does not exist, or has no files.
    """
    files = list_data_files(directory)
    return files if splits_rows(directory, shard) else list(shard.take(files))


def splits_rows(directory: Path, shard: Shard) -> bool:
    """Return True if there are fewer files than workers, which then share the rows of all files."""
    return len(list_data_files(directory)) < shard.count


def list_data_files(directory: Path) -> list[Path]:
    """Return the files of a channel, without metadata such as _SUCCESS; it may be a single file.

    Raises:
        MissingInputError: The file or directory does not exist, or the directory has no files.
    """
    if directory.is_file():
        return [directory]
    if not directory.exists():
        raise MissingInputError(
            f"{directory}: there is no such file or directory. Give one with the data; in a pod, "
            "mount the shared volume, and give the path below its mount point"
        )
    files = [path for path in list_files(directory) if not path.name.startswith("_")]
    if not files:
        raise MissingInputError(f"{directory} holds no data files; put CSV or libsvm files there")
    return files


def concatenate(tables: Sequence[tuple[Path, Table]]) -> Table:
    """Concatenate the tables of several files.

    Raises:
        BadDataError: Dense tables have different numbers of columns.
    """
    first, table = tables[0]
    if len(tables) == 1:
        return table
    labels = np.concatenate([table.labels for _, table in tables])
    if is_sparse(table):
        weights = np.concatenate([table.weights for _, table in tables])
        width = max(table.features.shape[1] for _, table in tables)
        rows = sparse.vstack([widen(table.features, width) for _, table in tables], format="csr")
        return Table(labels, rows, weights)
    for file, other in tables:
        if other.features.shape[1] != table.features.shape[1]:
            raise BadDataError(
                f"{file} has {other.features.shape[1] + 1} columns and {first} has "
                f"{table.features.shape[1] + 1}: all files of a dataset must have the same columns"
            )
    return Table(labels, np.concatenate([table.features for _, table in tables]))
