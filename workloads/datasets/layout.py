"""The layout of a CSV file: its separator, its header, the width of its rows."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from workloads.datasets.problems import Problems
from workloads.faults import BadDataError

MISSING = frozenset(
    [
        "",
        "NA",
        "N/A",
        "n/a",
        "#N/A",
        "#NA",
        "<NA>",
        "NaN",
        "nan",
        "-NaN",
        "-nan",
        "NULL",
        "null",
        "None",
    ]
)
"""Texts that stand for a missing value, as R, pandas, spreadsheets and databases write it."""

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
SEPARATORS = (",", "\t", ";", "|", " ")
"""Tried in this order where the sniffed one does not fit."""
ROW_NAMES = ("", "Unnamed: 0", "rownames")
"""Names that R, pandas and Rdatasets give a first column that only numbers the rows."""

Row = Sequence[str]


@dataclass
class Layout:
    """The layout of a CSV file."""

    separator: str
    width: int
    """Cells in a row."""
    names: list[str] = field(default_factory=list)
    """One a column, or none where the file has no header."""
    header_line: int = 0
    """The line of the header, from 1, after which the rows come; 0 where there is none."""
    fits: bool = True
    """The header has as many columns as the rows."""
    row_names: bool = False
    """The first column only names the rows."""
    notes: list[str] = field(default_factory=list)
    """Sentences that say what was understood, for the user."""
    stated_rows: int | None = None
    """Number of rows by the first line of scikit-learn's files."""

    def column(self, index: int) -> str:
        """Name a column for the user."""
        return f"column {self.names[index]!r}" if self.names else f"column {index}"


def find_layout(
    sample: Sequence[str],
    line: int,
    separator: str | None,
    header: bool | None,
    problems: Problems,
) -> Layout:
    """Find out the layout of a file by its first lines.

    Args:
        sample: the first lines, without blank ones; at least one.
        line: the line of the file, from 1, on which the first of them is.
        separator: the one that the user gave.
        header: whether the first line is one, by the user.
        problems: takes note of what cannot be understood.

    Raises:
        BadDataError: a cell of these lines has no end.
    """
    try:
        separator = separator or separator_of(sample)
        first, *rest = rows_of(sample, separator)
    except csv.Error as error:
        raise BadDataError(
            f"{problems.source}: the first lines cannot be split into cells ({error}): is a quote "
            "never closed, or the file no table?"
        ) from error
    widths = Counter(map(len, rest or [first]))
    width = len(first) if len(first) in widths else widths.most_common(1)[0][0]
    layout = Layout(separator, width)
    if separator != ",":
        layout.notes.append(f"the separator is {separator!r}")
    if header is None and is_count_line(first, layout.width):
        layout.header_line, layout.stated_rows = line, int(first[0])
        layout.notes.append(
            f"line {line} counts {first[0]} rows and {first[1]} features: no header"
        )
    elif header or (header is None and looks_like_header(first, problems)):
        layout.header_line = line
        add_header(layout, list(first), rest, problems)
    return layout


def separator_of(sample: Sequence[str]) -> str:
    """Return the separator that SageMaker's XGBoost container sniffs, if the rows agree with it.

    Source: _get_csv_delimiter of data_utils.py in
    https://github.com/aws/sagemaker-xgboost-container: Python's Sniffer on the first line; its
    encoder.py takes a comma where a letter or digit was sniffed. The first line alone misleads
    (a comma in a header's name): where rows have other widths then, the usual ones are tried.
    """
    try:
        sniffed = csv.Sniffer().sniff(sample[0]).delimiter
    except csv.Error:
        sniffed = ","
    if sniffed.isalnum() or sniffed in ".-+_\"'" or not sniffed.isascii():
        sniffed = ","
    even: list[str] = []
    for separator in (sniffed, *SEPARATORS):
        first, *rest = [len(row) for row in rows_of(sample, separator)]
        widths = set(rest or [first])
        if len(widths) == 1 and min(widths) > 1:
            if abs(first - min(widths)) <= 1:
                return separator
            even.append(separator)
    return [*even, sniffed][0]


def rows_of(sample: Sequence[str], separator: str) -> list[Row]:
    """Split lines, some of them quoted, into cells."""
    return [
        [cell.strip() for cell in row] for row in reader(stripped(sample, separator), separator)
    ]


def stripped(lines: Iterable[str], separator: str) -> Iterator[str]:
    """Give lines without spaces at their ends, which separate nothing."""
    return (line.strip(" \n") + "\n" if separator == " " else line for line in lines)


def reader(lines: Iterable[str], separator: str) -> Any:
    """Return the standard library's reader, with quotes, and spaces after a separator skipped."""
    return csv.reader(lines, delimiter=separator, skipinitialspace=True)


def is_number(cell: str) -> bool:
    """Tell whether a text is a number as XGBoost reads it: no underscores, no hexadecimal."""
    return NUMBER.fullmatch(cell) is not None


def is_count_line(first: Row, width: int) -> bool:
    """Tell whether a first line counts rows and features, and names classes, as scikit-learn's."""
    if len(first) < 3 or not (first[0].isdecimal() and first[1].isdecimal()):
        return False
    return int(first[1]) + 1 == width and not any(map(is_number, first[2:]))


def looks_like_header(first: Row, problems: Problems) -> bool:
    """Tell whether the first row names the columns.

    A row without any number does, and so do 0, 1, 2 ... as pandas names columns that have no names.
    A row of numbers and missing values does not. Of any other row only the user can tell: a year
    may be a name, and a text a category.
    """
    texts = [cell for cell in first if not is_number(cell) and cell not in MISSING]
    numbers = [cell for cell in first if is_number(cell)]
    unnamed = len(numbers) > 2 and numbers == [str(index) for index in range(len(numbers))]
    if unnamed and (first[0] == "" or len(numbers) == len(first) > 3):
        return True
    if texts and numbers:
        problems.add(
            "The first line has numbers and texts: it may be a header, or a row",
            f"{', '.join(first)[:80]}",
            remedy="give --header if it names the columns, or --no-header if it is a row",
        )
    return bool(texts)


def add_header(layout: Layout, names: list[str], rest: Sequence[Row], problems: Problems) -> None:
    """Add the header to a layout: as wide as the rows, or one narrower where rows have names."""
    if len(names) == layout.width + 1 and names[-1] == "":
        names.pop()
    if 1 < len(names) == layout.width - 1 and all(row[-1] != "" for row in rest):
        names.insert(0, "")
        layout.notes.append(
            f"the header has {layout.width - 1} names and rows have {layout.width} cells, as "
            "R's write.table writes them"
        )
    if len(names) != layout.width:
        layout.fits = False
        problems.add(
            "The header has another number of columns than the rows",
            f"line {layout.header_line} has {counted(len(names), 'name')}; the rows have "
            f"{counted(layout.width, 'cell')}",
            remedy="give every column one name; a first line that is no header must go, and "
            "--separator says what stands between cells, if it is not "
            f"{layout.separator!r}",
        )
        return
    layout.names = names
    if names[0] in ROW_NAMES:
        layout.row_names = True
        layout.notes.append("the first column names the rows and is left out")
    check_names(names, layout.header_line, problems)


def check_names(names: Sequence[str], line: int, problems: Problems) -> None:
    """Take note of names that two columns have."""
    for name, count in Counter(names).items():
        if count > 1:
            columns = ", ".join(str(index) for index, one in enumerate(names) if one == name)
            problems.add(
                "Two columns have the same name",
                f"line {line}: {name!r} names columns {columns} (counted from 0)",
                remedy="give every column a name of its own in the header",
            )


def counted(number: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
