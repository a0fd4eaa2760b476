"""Rows with the label first: what the built-in algorithms want of a CSV file, without a header.

https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html#InputOutput-XGBoost
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from workloads.faults import BadDataError, MissingInputError, UsageError

Row = Sequence[str]


def digits() -> list[Row]:
    """Scikit-learn's handwritten digits: 1797 rows, the digit, then 64 pixels of 0 to 16.

    The UCI set "Optical Recognition of Handwritten Digits", which scikit-learn ships.

    Raises:
        UsageError: scikit-learn is not installed, as in the image of the workloads.
    """
    try:
        from sklearn.datasets import load_digits  # noqa: PLC0415  # slow, and only this needs it
    except ImportError as error:
        raise UsageError("the digits are a part of scikit-learn: install that") from error

    pixels, labels = load_digits(return_X_y=True)
    return [
        [str(label), *(f"{pixel:g}" for pixel in image)]
        for label, image in zip(labels, pixels, strict=True)
    ]


def read_csv(source: Path, label: str) -> list[Row]:
    """The rows of a CSV file with its label column moved to the front.

    Args:
        source: a CSV file; its first line is a header unless every cell of it is a number.
        label: the label column, by its name in the header or its number, counted from 0.

    Raises:
        MissingInputError: there is no such file.
        BadDataError: no such column, a ragged row, or a cell that is not a number.
    """
    existing_file(source)
    with source.open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.reader(stream) if row]
    if not rows:
        raise BadDataError(f"{source}: the file is empty")
    header = rows.pop(0) if not all(map(is_number, rows[0])) else None
    column = label_column(source, label, header, width=len(header or rows[0]))
    return [label_first(source, number, row, column) for number, row in enumerate(rows, start=1)]


def existing_file(path: Path) -> None:
    """Go on only with a file.

    Raises:
        MissingInputError: there is none.
    """
    if not path.is_file():
        raise MissingInputError(f"{path}: there is no such file; check its path")


def label_column(source: Path, label: str, header: Row | None, *, width: int) -> int:
    """The index of the label column.

    Raises:
        BadDataError: the table has no such column.
    """
    if header and label in header:
        return header.index(label)
    if label.isdigit() and int(label) < width:
        return int(label)
    known = ", ".join(header) if header else f"0 to {width - 1} (the file has no header)"
    raise BadDataError(f"{source}: --label {label} is no column of it; there are: {known}")


def label_first(source: Path, number: int, row: Row, column: int) -> Row:
    """A row with its label in front.

    Raises:
        BadDataError: the row is too short, or has a cell that is no number.
    """
    if column >= len(row):
        raise BadDataError(f"{source}: row {number} has {len(row)} cells and no label")
    for cell in row:
        if not is_number(cell):
            raise BadDataError(
                f"{source}: row {number} holds {cell!r}. Every cell must be a number: encode "
                "categories as numbers and leave out text columns"
            )
    return [row[column], *row[:column], *row[column + 1 :]]


def is_number(cell: str) -> bool:
    """Whether a cell is a number; an empty one is XGBoost's missing value, and is."""
    try:
        float(cell or "nan")
    except ValueError:
        return False
    return True
