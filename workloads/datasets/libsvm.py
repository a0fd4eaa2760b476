"""Rows of a libsvm file: `LABEL[:WEIGHT] INDEX:VALUE ...`; a column that is left out is missing."""

from __future__ import annotations

from pathlib import Path

from workloads.datasets.tables import Row, existing_file, is_number
from workloads.faults import BadDataError


def read_libsvm(source: Path) -> list[Row]:
    """The rows of a libsvm file, a cell for the label and one for each value.

    Raises:
        MissingInputError: there is no such file.
        BadDataError: it is empty, or a line is of another form.
    """
    existing_file(source)
    with source.open(encoding="utf-8") as stream:
        rows = [
            checked(source, number, cells)
            for number, line in enumerate(stream, start=1)
            if (cells := line.partition("#")[0].split())
        ]
    if not rows:
        raise BadDataError(f"{source}: the file is empty")
    return rows


def checked(source: Path, number: int, row: Row) -> Row:
    """The row, if the algorithm can read it.

    Raises:
        BadDataError: it cannot.
    """
    label, *cells = row
    if not all(map(is_number, label.split(":", 1))) or label.startswith(":"):
        raise BadDataError(f"{source}: line {number} begins with {label!r}, which is no label")
    for cell in cells:
        index, colon, value = cell.partition(":")
        if index == "qid":
            raise BadDataError(
                f"{source}: line {number} has a qid. Groups of a ranking would be torn apart: "
                "split such a file yourself, and put the two files"
            )
        if not (index.isdecimal() and colon and value and is_number(value)):
            raise BadDataError(
                f"{source}: line {number} holds {cell!r}, which is not INDEX:VALUE, as 7:0.5"
            )
    return row
