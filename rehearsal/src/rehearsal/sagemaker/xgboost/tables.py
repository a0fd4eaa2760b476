"""Read the rows of data files as arrays: csv without a header and with the label first, libsvm."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from rehearsal.sagemaker.xgboost.channels import CSV
from rehearsal.sagemaker.xgboost.errors import UserError

DEEPEST = 3
_DELIMITERS = ",;\t |"
_ENCODING = "utf-8-sig"  # the container's parser skips a byte order mark
_MISSING = ("", "na", "nan")
# Numbers that the container's parser reads completely; it reads 1_000 as 1 and "5" as missing.
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
_SHOWN = 50
_LABEL_FIRST = (
    "For XGBoost a csv file has no header, numbers only, and the label in its first column"
)
Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Table:
    """Rows of a channel."""

    labels: Numbers
    features: Any
    """Dense array, or a sparse matrix from libsvm."""
    weights: Numbers | None = None


def files_of(folder: Path) -> list[Path]:
    """Return the data files of a channel by name, including folders down to the third level.

    Raises:
        UserError: A file is hidden.
    """
    found = []
    for place, folders, names in os.walk(folder, followlinks=True):
        folders.sort()
        if len(Path(place).relative_to(folder).parts) >= DEEPEST:
            folders.clear()
        for name in sorted(names):
            if name.startswith("."):
                raise UserError(
                    "Hidden file found in the data path! Remove that before training: "
                    f"{Path(place, name).relative_to(folder)}."
                )
            file = Path(place, name)
            if not name.startswith("_") and file.stat().st_size:
                found.append(file)
    return found


def read(files: Sequence[Path], format_: str, *, weighted: bool = False) -> Table:
    """Return the rows of all data files as one table.

    Args:
        files: Data files, at least one.
        format_: Format, csv or libsvm.
        weighted: Read the second column of a csv file as the weight of each row.

    Raises:
        UserError: A file does not have the format; the text names file, line and column.
    """
    return _read_csv(files, weighted=weighted) if format_ == CSV else _read_libsvm(files)


def _read_csv(files: Sequence[Path], *, weighted: bool) -> Table:
    delimiter = _delimiter(files[0])
    parts = [_numbers(file, delimiter) for file in files]
    for file, part in zip(files, parts, strict=True):
        if part.shape[1] != parts[0].shape[1]:
            raise _broken(
                file, 1, f"{part.shape[1]} columns, and {files[0].name} has {parts[0].shape[1]}"
            )
    rows = np.concatenate(parts)
    first = 2 if weighted else 1
    if rows.shape[1] <= first:
        raise _broken(files[0], 1, f"{rows.shape[1]} columns: no feature is left")
    return Table(rows[:, 0], rows[:, first:], rows[:, 1] if weighted else None)


def _delimiter(file: Path) -> str:
    with file.open(encoding=_ENCODING, errors="ignore") as lines:
        line = lines.readline()
    try:
        found = csv.Sniffer().sniff(line).delimiter
    except csv.Error as error:
        raise UserError(
            f"Could not determine delimiter on line {line[:_SHOWN].rstrip()}:\n{error}. The line "
            f"is the first of {file.name}. {_LABEL_FIRST}."
        ) from error
    if found not in _DELIMITERS:
        raise UserError(
            f"The container would take {found!r} for the delimiter, by line "
            f"{line[:_SHOWN].rstrip()} of {file.name}. {_LABEL_FIRST}."
        )
    return found


def _numbers(file: Path, delimiter: str) -> Numbers:
    """Return a csv file as numbers; empty fields are missing values."""
    try:
        return np.loadtxt(
            file, np.float32, comments=None, delimiter=delimiter, ndmin=2, encoding=_ENCODING
        )
    except ValueError:
        return np.array(list(_rows(file, delimiter)), np.float32)


def _rows(file: Path, delimiter: str) -> Iterator[list[float]]:
    """Yield the rows of a csv file that numpy cannot read, up to the first error.

    Such a file has empty fields or an error.
    """
    width = 0
    with file.open(encoding=_ENCODING, errors="replace", newline="") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            row = line.rstrip("\r\n").split(delimiter)  # the container's parser ignores quotes
            width = width or len(row)
            if len(row) != width:
                raise _broken(file, number, f"{len(row)} columns, and the lines before {width}")
            yield [_number(file, number, place, text) for place, text in enumerate(row, 1)]


def _number(file: Path, line: int, column: int, text: str) -> float:
    if column > 1 and text.strip().lower() in _MISSING:
        return float("nan")
    if _NUMBER.fullmatch(text):
        return float(text)
    raise _broken(file, line, f"{text[:_SHOWN]!r} in column {column} is not a number")


def _broken(file: Path, line: int, found: str) -> UserError:
    return UserError(
        f"Failed to load csv data with exception:\n{file.name}, line {line}: {found}. "
        f"{_LABEL_FIRST}: convert or remove that line."
    )


def _read_libsvm(files: Sequence[Path]) -> Table:
    labels: list[float] = []
    weights: list[float] = []
    values: list[float] = []
    columns: list[int] = []
    starts = [0]
    for file in files:
        for head, pairs in _libsvm_rows(file):
            labels.append(head[0])
            weights.extend(head[1:])
            columns.extend(column for column, _ in pairs)
            values.extend(value for _, value in pairs)
            starts.append(len(values))
    features = sparse.csr_matrix((np.array(values, np.float32), columns, starts))
    return Table(
        np.array(labels, np.float32),
        features,
        np.array(weights, np.float32) if len(weights) == len(labels) else None,
    )


def _libsvm_rows(file: Path) -> Iterator[tuple[list[float], list[tuple[int, float]]]]:
    with file.open(errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            words = line.partition("#")[0].split()
            if not words:
                continue
            try:
                head = [float(part) for part in words[0].split(":")]
                pairs = [_pair(word) for word in words[1:]]
            except ValueError as error:
                raise UserError(
                    f"Line {number} '{line[:_SHOWN].rstrip()}...' of file '{file.name}' is not "
                    "'LIBSVM' format. Please ensure the file is in 'LIBSVM' format: label, then "
                    "index:value pairs; or name text/csv as the channel's ContentType."
                ) from error
            yield head, pairs


def _pair(word: str) -> tuple[int, float]:
    column, _, value = word.partition(":")
    return int(column), float(value)
