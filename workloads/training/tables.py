"""Tables to train on: CSV or libsvm files, and the part of them that is one worker's.

The formats are those of SageMaker's built-in algorithm: in CSV the label comes first and there is
no header; an empty cell is a missing value.
https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html#InputOutput-XGBoost
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from workloads.faults import BadDataError, MissingInputError, UsageError
from workloads.files import files_below

CSV, LIBSVM = "csv", "libsvm"


@dataclass(frozen=True)
class Shard:
    """Which part of the data one worker reads."""

    index: int = 0
    of: int = 1

    def take(self, things: Any) -> Any:
        """Its part of a sequence: each that comes `of` after the one before."""
        return things[self.index :: self.of]


@dataclass(frozen=True)
class Table:
    """Rows to train on."""

    labels: Any
    """One a row."""
    features: Any
    """Rows by columns, dense or sparse."""
    weights: Any = None
    """One a row, or none."""

    def part(self, shard: Shard) -> Table:
        """The rows of one worker."""
        weights = None if self.weights is None else shard.take(self.weights)
        return Table(shard.take(self.labels), shard.take(self.features), weights)


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
    """A channel's files, without those that tell of others, as _SUCCESS.

    Raises:
        MissingInputError: there is no such directory, or no file in it.
    """
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


def is_sparse(table: Table) -> bool:
    """Whether a table tells only of features that are there; others are missing."""
    return bool(sparse.issparse(table.features))


def widened(features: Any, width: int) -> Any:
    """Sparse rows with as many columns as another part of the dataset has."""
    features.resize(features.shape[0], max(width, features.shape[1]))
    return features


def read_csv(path: Path) -> Table:
    """The table of a CSV file: label first, no header.

    Raises:
        BadDataError: the file is empty, a row is longer or shorter, or a cell is no number.
    """
    if path.stat().st_size == 0:
        raise BadDataError(f"{path} is empty")
    try:
        cells = np.loadtxt(path, np.float32, comments=None, delimiter=",", ndmin=2, quotechar='"')
    except ValueError:  # a missing value, or something wrong: the slower reader tells which
        cells = np.array(csv_rows(path), np.float32)
    if cells.size == 0 or cells.shape[1] < 2:
        raise BadDataError(
            f"{path} has no features: give rows of a label and at least one feature, with commas "
            "between them"
        )
    if np.isnan(cells[:, 0]).any():
        line = int(np.isnan(cells[:, 0]).argmax()) + 1
        raise BadDataError(f"{path}: row {line} has no label; the first cell of a row is its label")
    return Table(cells[:, 0], cells[:, 1:])


def csv_rows(path: Path) -> list[list[float]]:
    """The rows of a CSV file, an empty cell as NaN.

    Raises:
        BadDataError: as `read_csv`, with the line.
    """
    with path.open(newline="", encoding="utf-8", errors="replace") as stream:
        reader = csv.reader(stream)
        rows = [[number(path, reader.line_num, cell) for cell in row] for row in reader if row]
    for line, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise BadDataError(
                f"{path}: row {line} has {len(row)} cells and the first has {len(rows[0])}; "
                "every row needs a label and the same features"
            )
    return rows


def number(path: Path, line: int, cell: str) -> float:
    """A cell's number.

    Raises:
        BadDataError: it is none.
    """
    try:
        return float(cell or "nan")
    except ValueError:
        header = "If it is a header, remove it: the first line is data too. " if line == 1 else ""
        raise BadDataError(
            f"{path}: line {line} holds {cell[:40]!r}, which is no number. {header}Encode "
            "categories as numbers and leave out text columns; "
            "`python -m workloads.dataset csv` does what can be done"
        ) from None


def read_libsvm(path: Path) -> Table:
    """The table of a libsvm file: `LABEL[:WEIGHT] INDEX:VALUE ...` a line.

    Raises:
        BadDataError: the file is empty or a line is not of that form.
    """
    labels, weights, values = array("f"), array("f"), array("f")
    indices, starts = array("l"), array("l", [0])
    with path.open(encoding="utf-8", errors="replace") as stream:
        for line, text in enumerate(stream, start=1):
            if not (words := text.partition("#")[0].split()):
                continue
            try:
                label, _, weight = words[0].partition(":")
                labels.append(float(label))
                weights.append(float(weight or 1))
                for word in words[1:]:
                    index, _, value = word.partition(":")
                    indices.append(feature(index))
                    values.append(float(value))
            except ValueError:
                raise BadDataError(
                    f"{path}: line {line} begins with {text[:40].rstrip()!r}, which is not "
                    "`LABEL INDEX:VALUE ...` with numbers; for CSV give --content-type text/csv"
                ) from None
            starts.append(len(indices))
    if not labels:
        raise BadDataError(f"{path} is empty")
    width = max(indices, default=0) + 1
    rows = sparse.csr_matrix(
        (np.array(values), np.array(indices), np.array(starts)), shape=(len(labels), width)
    )
    return Table(np.array(labels), rows, np.array(weights))


def feature(text: str) -> int:
    """A feature's index, from 0.

    Raises:
        ValueError: it is none.
    """
    index = int(text)
    if index < 0:
        raise ValueError(text)
    return index
