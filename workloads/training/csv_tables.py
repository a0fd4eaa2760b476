"""Tables of CSV files: label first, no header, an empty cell is a missing value.

That is the format of SageMaker's built-in algorithm.
https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html#InputOutput-XGBoost
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from workloads.faults import BadDataError
from workloads.training.table import Table


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
