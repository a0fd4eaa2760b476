"""Prepares a table for SageMaker's built-in XGBoost: CSV, label first, no header.

    python -m workloads.dataset digits data/digits
    python -m workloads.dataset csv measurements.csv data/mine --label quality

Each writes `train.csv` and `validation.csv` into the folder, the same rows every time. The rule
of the label's place is the built-in algorithm's:
https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html#InputOutput-XGBoost
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

Row = Sequence[str]

SEED = 20_11_2018
"""Of the split: the same rows must land in the same file on every machine."""


class DatasetError(Exception):
    """A table cannot be used for training; the text says why and what to do."""


def digits() -> list[Row]:
    """Scikit-learn's handwritten digits: 1797 rows, the digit, then 64 pixels of 0 to 16.

    The UCI set "Optical Recognition of Handwritten Digits", which scikit-learn ships.
    """
    from sklearn.datasets import load_digits  # noqa: PLC0415  # slow, and only this needs it

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
        DatasetError: no such file or column, a ragged row, or a cell that is not a number.
    """
    if not source.is_file():
        raise DatasetError(f"{source}: there is no such file")
    with source.open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.reader(stream) if row]
    if not rows:
        raise DatasetError(f"{source}: the file is empty")
    header = rows.pop(0) if not all(map(is_number, rows[0])) else None
    column = label_column(source, label, header, width=len(header or rows[0]))
    return [label_first(source, number, row, column) for number, row in enumerate(rows, start=1)]


def label_column(source: Path, label: str, header: Row | None, *, width: int) -> int:
    """The index of the label column.

    Raises:
        DatasetError: the table has no such column.
    """
    if header and label in header:
        return header.index(label)
    if label.isdigit() and int(label) < width:
        return int(label)
    known = ", ".join(header) if header else f"0 to {width - 1} (the file has no header)"
    raise DatasetError(f"{source}: --label {label} is no column of it; there are: {known}")


def label_first(source: Path, number: int, row: Row, column: int) -> Row:
    """A row with its label in front.

    Raises:
        DatasetError: the row is too short, or has a cell that is no number.
    """
    if column >= len(row):
        raise DatasetError(f"{source}: row {number} has {len(row)} cells and no label")
    for cell in row:
        if not is_number(cell):
            raise DatasetError(
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


def split(rows: Sequence[Row], validation: float) -> tuple[list[Row], list[Row]]:
    """The rows shuffled, the same way each time, and cut into train and validation.

    Args:
        rows: at least two.
        validation: the part, between 0 and 1, that is kept for validation; at least one row.

    Raises:
        DatasetError: there are too few rows to have some in each.
    """
    if len(rows) < 2:
        raise DatasetError(f"{len(rows)} rows cannot be split into train and validation")
    shuffled = list(rows)
    random.Random(SEED).shuffle(shuffled)
    kept = min(max(round(len(rows) * validation), 1), len(rows) - 1)
    return shuffled[kept:], shuffled[:kept]


def write(rows: Iterable[Row], target: Path) -> None:
    """Write a CSV file, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".part")
    with draft.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
    draft.replace(target)


def fraction(text: str) -> float:
    """A part between 0 and 1, for argparse."""
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m workloads.dataset", description=__doc__)
    sources = top.add_subparsers(dest="source", required=True)
    shipped = sources.add_parser("digits", help="scikit-learn's handwritten digits")
    own = sources.add_parser("csv", help="a CSV file of your own")
    own.add_argument("file", type=Path)
    own.add_argument("--label", required=True, help="the label column: its name, or number from 0")
    for one in (shipped, own):
        one.add_argument("folder", type=Path, help="where train.csv and validation.csv go")
        one.add_argument("--validation", type=fraction, default=0.2, help="its part of the rows")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    given = parser().parse_args(arguments)
    try:
        rows = digits() if given.source == "digits" else read_csv(given.file, given.label)
        train, validation = split(rows, given.validation)
    except DatasetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    write(train, given.folder / "train.csv")
    write(validation, given.folder / "validation.csv")
    print(f"{given.folder}: {len(train)} rows to train on, {len(validation)} to validate with")
    return 0


if __name__ == "__main__":
    sys.exit(main())
