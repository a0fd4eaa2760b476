"""Tables of CSV files: label first, no header, an empty cell is a missing value.

That is the format of SageMaker's built-in algorithm.
https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html#InputOutput-XGBoost
"""

from __future__ import annotations

import csv
from array import array
from pathlib import Path
from typing import Any

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
        cells = csv_cells(path)
    if cells.size == 0 or cells.shape[1] < 2:
        raise BadDataError(
            f"{path} has no features: give rows of a label and at least one feature, with commas "
            "between them"
        )
    if np.isnan(cells[:, 0]).any():
        line = int(np.isnan(cells[:, 0]).argmax()) + 1
        raise BadDataError(f"{path}: row {line} has no label; the first cell of a row is its label")
    return Table(cells[:, 0], cells[:, 1:])


def csv_cells(path: Path) -> Any:
    """The rows of a CSV file by its columns, an empty cell as NaN.

    Raises:
        BadDataError: as `read_csv`, with the line.
    """
    cells, width = array("f"), 0
    with path.open(newline="", encoding="utf-8", errors="replace") as stream:
        reader = csv.reader(stream)
        for row in filter(None, reader):
            width = width or len(row)
            if len(row) != width:
                raise BadDataError(
                    f"{path}: line {reader.line_num} has {len(row)} cells and the first has "
                    f"{width}; every row needs a label and the same features"
                )
            cells.extend([number(path, reader.line_num, cell) for cell in row])
    return np.array(cells).reshape(-1, max(width, 1))


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
