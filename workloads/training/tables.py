"""The tables of a channel's files, put together: one worker's part of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

from workloads.faults import BadDataError, MissingInputError, UsageError
from workloads.files import files_below
from workloads.training.csv_tables import read_csv
from workloads.training.libsvm_tables import read_libsvm
from workloads.training.table import Shard, Table, is_sparse, widened

CSV, LIBSVM = "csv", "libsvm"


def format_of(content_type: str) -> str:
    """The format, csv or libsvm, for a channel's content type, as text/csv; label_size=1.

    Raises:
        UsageError: it is neither.
    """
    kind = content_type.partition(";")[0].strip().lower()
    name = kind.removeprefix("text/").removeprefix("x-")
    if name not in {CSV, LIBSVM}:
        raise UsageError(f"content type {content_type}: give text/csv or text/libsvm")
    return name


def read(directory: Path, content_type: str, shard: Shard) -> Table:
    """One worker's part of a channel: files where there are enough for all, otherwise rows.

    Raises:
        MissingInputError: there is no such directory, or no file in it.
        BadDataError: a file is not what its content type says.
    """
    files = files_of(directory, shard)
    read_one = read_csv if format_of(content_type) == CSV else read_libsvm
    table = joined([(file, read_one(file)) for file in files])
    return table.part(shard) if shares_files(directory, shard) else table


def files_of(directory: Path, shard: Shard) -> list[Path]:
    """The files that one worker reads.

    Raises:
        MissingInputError: there is no such directory, or no file in it.
    """
    files = data_files(directory)
    return files if shares_files(directory, shard) else list(shard.take(files))


def shares_files(directory: Path, shard: Shard) -> bool:
    """Whether workers have rows of the same files, as there are fewer files than workers."""
    return len(data_files(directory)) < shard.of


def data_files(directory: Path) -> list[Path]:
    """A channel's files, without those that tell of others, as _SUCCESS; or the one file named.

    Raises:
        MissingInputError: there is no such file or directory, or no file in it.
    """
    if directory.is_file():
        return [directory]
    if not directory.exists():
        raise MissingInputError(
            f"{directory}: there is no such file or directory. Give one with the data; in a pod, "
            "mount the shared volume, and give the path below its mount point"
        )
    files = [path for path in files_below(directory) if not path.name.startswith("_")]
    if not files:
        raise MissingInputError(f"{directory} holds no data files; put CSV or libsvm files there")
    return files


def joined(tables: Sequence[tuple[Path, Table]]) -> Table:
    """Tables of several files, one after the other.

    Raises:
        BadDataError: their rows are not of the same length; sparse ones may differ.
    """
    first, table = tables[0]
    if len(tables) == 1:
        return table
    labels = np.concatenate([table.labels for _, table in tables])
    if is_sparse(table):
        weights = np.concatenate([table.weights for _, table in tables])
        width = max(table.features.shape[1] for _, table in tables)
        rows = sparse.vstack([widened(table.features, width) for _, table in tables], format="csr")
        return Table(labels, rows, weights)
    for file, other in tables:
        if other.features.shape[1] != table.features.shape[1]:
            raise BadDataError(
                f"{file} has {other.features.shape[1] + 1} columns and {first} has "
                f"{table.features.shape[1] + 1}: all files of a dataset must have the same columns"
            )
    return Table(labels, np.concatenate([table.features for _, table in tables]))
