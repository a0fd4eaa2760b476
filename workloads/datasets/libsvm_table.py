"""Table in a libsvm file: `LABEL[:WEIGHT] INDEX:VALUE ...` in a line; others are missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workloads.datasets.cells import MAX_FLOAT32
from workloads.datasets.layout import is_number
from workloads.datasets.problems import Problems
from workloads.errors import BadDataError
from workloads.libsvm_limits import MAX_FEATURE_INDEX
from workloads.text_files import open_text

SIMPLE_LINE = re.compile(r"[+-]?\d{1,18}(\.\d*)?( \d{1,8}:[+-]?\d{1,18}(\.\d*)?)*", re.ASCII)
"""Pattern of lines that are certainly valid, so that most lines need only one check."""
FORM_REMEDY = "write `LABEL INDEX:VALUE ...` with numbers, as 1 7:0.5 12:3"


@dataclass
class LibsvmTable:
    """Checked libsvm file."""

    source: Path
    count: int = 0
    """Number of rows."""
    size: int = 0
    """Size of the rows in bytes."""

    def rows(self) -> Iterator[bytes]:
        """Read the file again and yield its rows without comments, blank lines and line ends."""
        for _, cells in read_lines(self.source):
            yield " ".join(cells).encode()


def read_libsvm_table(source: Path) -> LibsvmTable:
    """Read a libsvm file completely and check all of it.

    Raises:
        MissingInputError: The file does not exist.
        BadDataError: The file cannot be used for training; the message has all kinds of problems.
    """
    table, problems = LibsvmTable(source), Problems(source)
    for number, cells in read_lines(source):
        text = " ".join(cells)
        table.count += 1
        table.size += len(text)
        if not SIMPLE_LINE.fullmatch(text):
            check_label(number, cells[0], problems)
            for cell in cells[1:]:
                check_cell(number, cell, problems)
    problems.raise_if_any()
    if not table.count:
        raise BadDataError(f"{source}: the file is empty")
    return table


def read_lines(source: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of each line that is not blank."""
    with open_text(source) as stream:
        for number, line in enumerate(stream, start=1):
            if cells := line.partition("#")[0].split():
                yield number, cells


def check_label(number: int, cell: str, problems: Problems) -> None:
    """Report a line that does not begin with a label, which may have a weight."""
    if not all(map(is_number, cell.split(":", 1))):
        problems.add(
            "A line does not begin with a label",
            f"line {number} begins with {cell[:40]!r}",
            remedy=f"{FORM_REMEDY}; for a CSV file use `csv` instead of `libsvm`",
        )
    elif any(abs(float(part)) > MAX_FLOAT32 for part in cell.split(":", 1)):
        problems.add(
            "A label is too large for the 32 bits that XGBoost computes with",
            f"line {number}: {cell}",
            remedy="scale the labels",
        )


def check_cell(number: int, cell: str, problems: Problems) -> None:
    """Report a cell that is not a feature, or that XGBoost cannot use."""
    index, colon, value = cell.partition(":")
    if index == "qid":
        problems.add(
            "A line has a qid: a random split would break the groups of a ranking",
            f"line {number}",
            remedy="split the file yourself, and upload both parts with `put`",
        )
    elif index.isdecimal() and index.isascii() and int(index) > MAX_FEATURE_INDEX:
        problems.add(
            f"An index is larger than {MAX_FEATURE_INDEX}: XGBoost keeps about 360 bytes for every "
            "column up to the largest index, used or not",
            f"line {number}: {cell}",
            remedy="number the features consecutively from 0",
        )
    elif colon and value.lower() in {"nan", "-nan"} and index.isdecimal():
        return
    elif not (index.isdecimal() and index.isascii() and colon and is_number(value)):
        infinite = value.lower().lstrip("+-") in {"inf", "infinity"}
        problems.add(
            "A value is infinite" if infinite else "A cell is not INDEX:VALUE",
            f"line {number}: {cell[:40]!r}",
            remedy="leave the feature out if its value is unknown" if infinite else FORM_REMEDY,
        )
    elif abs(float(value)) > MAX_FLOAT32:
        problems.add(
            "A value is too large for the 32 bits that XGBoost computes with",
            f"line {number}: {cell[:60]!r}",
            remedy="scale the feature",
        )
