"""Layout of a CSV file: separator, header and width of its rows."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from workloads.datasets.problems import Problems
from workloads.errors import BadDataError

MISSING_VALUES = frozenset(
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
"""Texts that stand for a missing value in R, pandas, spreadsheets and databases."""

NUMBER_PATTERN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
SEPARATORS = (",", "\t", ";", "|", " ")
"""Separators to try, in this order, if the sniffed one does not fit."""
ROW_NAME_HEADERS = ("", "Unnamed: 0", "rownames")
"""Headers that R, pandas and Rdatasets give to a first column that only numbers the rows."""

Row = Sequence[str]


@dataclass
class Layout:
    """Layout of a CSV file."""

    separator: str
    width: int
    """Number of cells in a row."""
    names: list[str] = field(default_factory=list)
    """Names of the columns; empty if the file has no header."""
    header_line: int = 0
    """Line of the header, from 1; 0 if there is none."""
    header_fits: bool = True
    """True if the header has as many columns as the rows."""
    has_row_names: bool = False
    """True if the first column only names the rows."""
    notes: list[str] = field(default_factory=list)
    """Sentences for the user about what was detected."""
    declared_rows: int | None = None
    """Number of rows according to the first line, which scikit-learn's files have."""

    def describe_column(self, index: int) -> str:
        """Return a column's name or number for a message."""
        return f"column {self.names[index]!r}" if self.names else f"column {index}"


def detect_layout(
    sample: Sequence[str],
    line: int,
    separator: str | None,
    header: bool | None,
    problems: Problems,
) -> Layout:
    """Detect the layout of a file from its first lines.

    Args:
        sample: First lines, without blank ones; at least one.
        line: Line of the file, from 1, that the sample begins with.
        separator: Separator given by the user, or None.
        header: True or False if the user said that the first line is a header or not, or None.
        problems: Receives contradictions.

    Raises:
        BadDataError: A quoted cell in these lines is not closed.
    """
    try:
        separator = separator or detect_separator(sample)
        first, *rows = split_rows(sample, separator)
    except csv.Error as error:
        raise BadDataError(
            f"{problems.source}: the first lines cannot be split into cells ({error}). A quote may "
            "be unclosed, or the file may not be a table"
        ) from error
    widths = Counter(map(len, rows or [first]))
    width = len(first) if len(first) in widths else widths.most_common(1)[0][0]
    layout = Layout(separator, width)
    if separator != ",":
        layout.notes.append(f"the separator is {separator!r}")
    if header is None and is_count_line(first, layout.width):
        layout.header_line, layout.declared_rows = line, int(first[0])
        layout.notes.append(
            f"line {line} counts {first[0]} rows and {first[1]} features: no header"
        )
    elif header or (header is None and looks_like_header(first, problems)):
        layout.header_line = line
        add_header(layout, list(first), rows, problems)
    return layout


def detect_separator(sample: Sequence[str]) -> str:
    """Return the separator that SageMaker's XGBoost container sniffs, if the rows agree with it.

    Source: _get_csv_delimiter of data_utils.py in
    https://github.com/aws/sagemaker-xgboost-container: Python's Sniffer on the first line; its
    encoder.py replaces a sniffed letter or digit with a comma. A comma in a header's name misleads
    the sniffer: if the widths of the rows then differ, the usual separators are tried.
    """
    try:
        sniffed = csv.Sniffer().sniff(sample[0]).delimiter
    except csv.Error:
        sniffed = ","
    if sniffed.isalnum() or sniffed in ".-+_\"'" or not sniffed.isascii():
        sniffed = ","
    uniform: list[str] = []
    for separator in (sniffed, *SEPARATORS):
        first, *widths_of_rows = [len(row) for row in split_rows(sample, separator)]
        widths = set(widths_of_rows or [first])
        if len(widths) == 1 and min(widths) > 1:
            if abs(first - min(widths)) <= 1:
                return separator
            uniform.append(separator)
    return [*uniform, sniffed][0]


def split_rows(sample: Sequence[str], separator: str) -> list[Row]:
    """Split lines, some of them quoted, into cells."""
    return [
        [cell.strip() for cell in row]
        for row in csv_reader(strip_lines(sample, separator), separator)
    ]


def strip_lines(lines: Iterable[str], separator: str) -> Iterator[str]:
    """Yield lines; with spaces as separators, strip those at their ends."""
    return (line.strip(" \n") + "\n" if separator == " " else line for line in lines)


def csv_reader(lines: Iterable[str], separator: str) -> Any:
    """Return the standard library's CSV reader; it skips spaces after a separator."""
    return csv.reader(lines, delimiter=separator, skipinitialspace=True)


def is_number(cell: str) -> bool:
    """Return True for a number as XGBoost reads it: no underscores, no hexadecimal digits."""
    return NUMBER_PATTERN.fullmatch(cell) is not None


def is_count_line(first: Row, width: int) -> bool:
    """Return True if a first line holds scikit-learn's row count, feature count and class names."""
    if len(first) < 3 or not (first[0].isdecimal() and first[1].isdecimal()):
        return False
    return int(first[1]) + 1 == width and not any(map(is_number, first[2:]))


def looks_like_header(first: Row, problems: Problems) -> bool:
    """Return True if the first row names the columns, as far as its cells show.

    A row without any number is a header, and so is 0, 1, 2, ..., with which pandas names unnamed
    columns. A row of numbers and missing values is not. Any other row is reported as a problem,
    because only the user knows: a year may be a name, and a text may be a category.
    """
    texts = [cell for cell in first if not is_number(cell) and cell not in MISSING_VALUES]
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


def add_header(layout: Layout, names: list[str], rows: Sequence[Row], problems: Problems) -> None:
    """Add the header to a layout; it may lack the name of a first column of row names."""
    if len(names) == layout.width + 1 and names[-1] == "":
        names.pop()
    if 1 < len(names) == layout.width - 1 and all(row[-1] != "" for row in rows):
        names.insert(0, "")
        layout.notes.append(
            f"the header has {layout.width - 1} names and rows have {layout.width} cells, as "
            "R's write.table writes them"
        )
    if len(names) != layout.width:
        layout.header_fits = False
        problems.add(
            "The header has another number of columns than the rows",
            f"line {layout.header_line} has {pluralize(len(names), 'name')}; the rows have "
            f"{pluralize(layout.width, 'cell')}",
            remedy="give every column one name, and remove a first line that is not a header; "
            f"give --separator if the cells are not separated by {layout.separator!r}",
        )
        return
    layout.names = names
    if names[0] in ROW_NAME_HEADERS:
        layout.has_row_names = True
        layout.notes.append("the first column names the rows and is left out")
    check_names(names, layout.header_line, problems)


def check_names(names: Sequence[str], line: int, problems: Problems) -> None:
    """Report names that two columns share."""
    for name, count in Counter(names).items():
        if count > 1:
            columns = ", ".join(str(index) for index, one in enumerate(names) if one == name)
            problems.add(
                "Two columns have the same name",
                f"line {line}: {name!r} names columns {columns} (counted from 0)",
                remedy="give every column a unique name in the header",
            )


def pluralize(count: int, noun: str) -> str:
    """Return a count with its noun, in the plural unless it is 1."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
