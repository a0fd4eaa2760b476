"""Tables of CSV files: label first, no header, an empty cell is a missing value.

That is the format of SageMaker's built-in algorithm, and what separates cells is what its container
sniffs of the first line.
https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html#InputOutput-XGBoost
https://github.com/aws/sagemaker-xgboost-container (data_utils.py)
"""

from __future__ import annotations

import csv
from array import array
from pathlib import Path
from typing import Any

import numpy as np

from workloads.faults import BadDataError
from workloads.text_files import open_text
from workloads.training.table import Table, strict_float


def read_csv(path: Path) -> Table:
    """The table of a CSV file: label first, no header.

    Raises:
        BadDataError: the file is empty or no text, a row is longer or shorter, a cell is no number
            or an infinite one, or a row has no label.
    """
    if path.stat().st_size == 0:
        raise BadDataError(f"{path} is empty")
    with open_text(path) as stream:
        separator = separator_of(stream.readline())
    try:
        with open_text(path) as stream:
            cells = np.loadtxt(
                stream, np.float32, comments=None, delimiter=separator, ndmin=2, quotechar='"'
            )
    except ValueError:  # a missing value, or something wrong: the slower reader tells which
        cells = csv_cells(path, separator)
    if cells.size == 0 or cells.shape[1] < 2:
        raise BadDataError(
            f"{path} has no features: give rows of a label and at least one feature, with commas "
            "between them"
        )
    check_finite(path, cells)
    return Table(cells[:, 0], cells[:, 1:])


def separator_of(line: str) -> str:
    """The separator that SageMaker's container sniffs of a first line; a comma where in doubt."""
    try:
        sniffed = csv.Sniffer().sniff(line).delimiter
    except csv.Error:
        return ","
    return "," if sniffed.isalnum() or sniffed in ".+-_" else sniffed


def check_finite(path: Path, cells: Any) -> None:
    """Go on only with labels that are there, and without infinite numbers.

    Raises:
        BadDataError: a row has no label, or a cell is infinite in 32 bits.
    """
    if np.isnan(cells[:, 0]).any():
        line = int(np.isnan(cells[:, 0]).argmax()) + 1
        raise BadDataError(f"{path}: row {line} has no label; the first cell of a row is its label")
    if np.isinf(cells).any():
        row, column = divmod(int(np.isinf(cells).argmax()), cells.shape[1])
        raise BadDataError(
            f"{path}: row {row + 1} holds a number that is infinite, or too large for 32 bits, in "
            f"column {column + 1}; leave the cell empty where nothing is known, or scale the column"
        )


def csv_cells(path: Path, separator: str) -> Any:
    """The rows of a CSV file by its columns, an empty cell as NaN.

    Raises:
        BadDataError: as `read_csv`, with the line.
    """
    cells, width = array("f"), 0
    with open_text(path) as stream:
        reader = csv.reader(stream, delimiter=separator)
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
        return strict_float(cell or "nan")
    except ValueError:
        header = "If it is a header, remove it: the first line is data too. " if line == 1 else ""
        raise BadDataError(
            f"{path}: line {line} holds {cell[:40]!r}, which is no number. {header}Encode "
            "categories as numbers and leave out text columns; "
            "`python -m workloads.dataset csv` does what can be done"
        ) from None
