"""Reader of CSV files: label first, no header, empty cells are missing values.

This is the format of SageMaker's built-in algorithm. The separator is sniffed from the first line,
as its container does.
https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html#InputOutput-XGBoost
https://github.com/aws/sagemaker-xgboost-container (data_utils.py)
"""

from __future__ import annotations

import csv
from array import array
from pathlib import Path
from typing import Any

import numpy as np

from workloads.errors import BadDataError
from workloads.text_files import open_text
from workloads.training.table import Table, parse_float


def read_csv(path: Path) -> Table:
    """Read the table of a CSV file.

    Raises:
        BadDataError: The file is empty or not text, rows differ in length, a cell is not a finite
            number, or a row has no label.
    """
    if path.stat().st_size == 0:
        raise BadDataError(f"{path} is empty")
    with open_text(path) as stream:
        separator = sniff_separator(stream.readline())
    try:
        with open_text(path) as stream:
            cells = np.loadtxt(
                stream, np.float32, comments=None, delimiter=separator, ndmin=2, quotechar='"'
            )
    except ValueError:  # a missing value or an error, which the slower reader can tell apart
        cells = read_cells(path, separator)
    if cells.size == 0 or cells.shape[1] < 2:
        raise BadDataError(
            f"{path} has no features: give rows of a label and at least one feature, with commas "
            "between them"
        )
    check_values(path, cells)
    return Table(cells[:, 0], cells[:, 1:])


def sniff_separator(line: str) -> str:
    """Return the separator that SageMaker's container sniffs from a first line, or a comma."""
    try:
        sniffed = csv.Sniffer().sniff(line).delimiter
    except csv.Error:
        return ","
    return "," if sniffed.isalnum() or sniffed in ".+-_" else sniffed


def check_values(path: Path, cells: Any) -> None:
    """Check that each row has a label and that no number is infinite in 32 bits.

    Raises:
        BadDataError: A label is missing, or a number is infinite.
    """
    if np.isnan(cells[:, 0]).any():
        line = int(np.isnan(cells[:, 0]).argmax()) + 1
        raise BadDataError(f"{path}: row {line} has no label; the first cell of a row is its label")
    if np.isinf(cells).any():
        row, column = divmod(int(np.isinf(cells).argmax()), cells.shape[1])
        raise BadDataError(
            f"{path}: row {row + 1} holds a number that is infinite, or too large for 32 bits, in "
            f"column {column + 1}; leave the cell empty if unknown, or scale the column"
        )


def read_cells(path: Path, separator: str) -> Any:
    """Read the cells of a CSV file as rows and columns; an empty cell is NaN.

    Raises:
        BadDataError: See `read_csv`; the message names the line.
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
            cells.extend([parse_cell(path, reader.line_num, cell) for cell in row])
    return np.array(cells).reshape(-1, max(width, 1))


def parse_cell(path: Path, line: int, cell: str) -> float:
    """Parse a cell as a number; an empty one is NaN.

    Raises:
        BadDataError: The cell is not a number.
    """
    try:
        return parse_float(cell or "nan")
    except ValueError:
        header = "If it is a header, remove it: the first line is data too. " if line == 1 else ""
        raise BadDataError(
            f"{path}: line {line} holds {cell[:40]!r}, which is not a number. {header}Encode "
            "categories as numbers and leave out columns of texts, for example with "
            "`python -m workloads.dataset csv`"
        ) from None
