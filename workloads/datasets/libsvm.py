"""A libsvm file, `LABEL[:WEIGHT] INDEX:VALUE ...` a line; a column that is left out is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workloads.datasets.cells import LARGEST
from workloads.datasets.layout import is_number
from workloads.datasets.problems import Problems
from workloads.faults import BadDataError
from workloads.libsvm import MOST_FEATURES
from workloads.text_files import open_text

PLAIN = re.compile(r"[+-]?\d{1,18}(\.\d*)?( \d{1,8}:[+-]?\d{1,18}(\.\d*)?)*", re.ASCII)
"""A line in which nothing can be wrong, as most are: looked at once, not cell by cell."""
FORM = "write `LABEL INDEX:VALUE ...` with numbers, as 1 7:0.5 12:3"


@dataclass
class SparseTable:
    """A libsvm file that was checked."""

    source: Path
    count: int = 0
    """Rows."""
    size: int = 0
    """Bytes of the rows."""

    def rows(self) -> Iterator[bytes]:
        """Read the file again and give its rows, without comments, blank lines and line ends."""
        for _, cells in lines_of(self.source):
            yield " ".join(cells).encode()


def read_libsvm(source: Path) -> SparseTable:
    """Read a libsvm file once, from its first to its last line, and check all of it.

    Raises:
        MissingInputError: there is no such file.
        BadDataError: it cannot be trained on; the text tells every kind of fault.
    """
    table, problems = SparseTable(source), Problems(source)
    for number, cells in lines_of(source):
        text = " ".join(cells)
        table.count += 1
        table.size += len(text)
        if not PLAIN.fullmatch(text):
            check_label(number, cells[0], problems)
            for cell in cells[1:]:
                check_cell(number, cell, problems)
    problems.check()
    if not table.count:
        raise BadDataError(f"{source}: the file is empty")
    return table


def lines_of(source: Path) -> Iterator[tuple[int, list[str]]]:
    """Give the number and the cells of each line that has some."""
    with open_text(source) as stream:
        for number, line in enumerate(stream, start=1):
            if cells := line.partition("#")[0].split():
                yield number, cells


def check_label(number: int, cell: str, problems: Problems) -> None:
    """Take note of a line that does not begin with a label, and perhaps its weight."""
    if not all(map(is_number, cell.split(":", 1))):
        problems.add(
            "A line does not begin with a label",
            f"line {number} begins with {cell[:40]!r}",
            remedy=f"{FORM}; for a table with separators use `csv` in place of `libsvm`",
        )
    elif any(abs(float(part)) > LARGEST for part in cell.split(":", 1)):
        problems.add(
            "A label is too large for the 32 bits that XGBoost computes with",
            f"line {number}: {cell}",
            remedy="scale the labels",
        )


def check_cell(number: int, cell: str, problems: Problems) -> None:
    """Take note of a cell that is no feature, or one that XGBoost cannot take."""
    index, colon, value = cell.partition(":")
    if index == "qid":
        problems.add(
            "A line has a qid: groups of a ranking would be torn apart",
            f"line {number}",
            remedy="split such a file yourself, and put the two files",
        )
    elif index.isdecimal() and index.isascii() and int(index) > MOST_FEATURES:
        problems.add(
            f"An index is larger than {MOST_FEATURES}: XGBoost keeps about 360 bytes for every "
            "column up to the largest index, used or not",
            f"line {number}: {cell}",
            remedy="number the features that there are, from 0 on",
        )
    elif colon and value.lower() in {"nan", "-nan"} and index.isdecimal():
        return
    elif not (index.isdecimal() and index.isascii() and colon and is_number(value)):
        infinite = value.lower().lstrip("+-") in {"inf", "infinity"}
        problems.add(
            "A value is infinite" if infinite else "A cell is not INDEX:VALUE",
            f"line {number}: {cell[:40]!r}",
            remedy="leave the feature out where nothing is known" if infinite else FORM,
        )
    elif abs(float(value)) > LARGEST:
        problems.add(
            "A value is too large for the 32 bits that XGBoost computes with",
            f"line {number}: {cell[:60]!r}",
            remedy="scale the feature",
        )
