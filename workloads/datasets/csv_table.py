"""CSV file in the format of SageMaker's built-in XGBoost: label first, numbers only, no header.

https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html#InputOutput-XGBoost
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from workloads.datasets.blocks import Block, read_blocks
from workloads.datasets.cells import parse_cells, strip_texts
from workloads.datasets.checks import CellChecker
from workloads.datasets.columns import Columns, select_columns
from workloads.datasets.layout import MISSING_VALUES, Layout, detect_layout
from workloads.datasets.problems import Problems
from workloads.errors import BadDataError
from workloads.text_files import open_text

SAMPLE_LINES = 200
"""Number of lines from which the layout is detected."""


@dataclass(frozen=True)
class CsvOptions:
    """Options of the user for a CSV file."""

    label: str
    """Label column: its name in the header, or its number from 0."""
    drop: Sequence[str] = ()
    """Columns to leave out."""
    categories: Sequence[str] = ()
    """Columns whose sorted texts are encoded as numbers."""
    missing: Sequence[str] = ()
    """Texts for a missing value, in addition to MISSING_VALUES."""
    separator: str | None = None
    """Separator of the cells; detected if None."""
    encoding: str | None = None
    """Encoding of the file; UTF-8 if None."""
    header: bool | None = None
    """True if the first line is a header, False if not; detected if None."""


@dataclass
class CsvTable:
    """Checked CSV file."""

    source: Path
    options: CsvOptions
    layout: Layout
    columns: Columns
    count: int
    """Number of rows."""
    size: int
    """Approximate size of the rows in bytes."""
    categories: Mapping[int, Mapping[str, int]]
    """Code of each text, by the index of the column."""

    @property
    def missing(self) -> frozenset[str]:
        """All texts that stand for a missing value."""
        return MISSING_VALUES | frozenset(self.options.missing)

    def rows(self) -> Iterator[bytes]:
        """Read the file again and yield its rows in the output format, without line ends.

        Raises:
            BadDataError: The file changed since it was checked.
        """
        problems = Problems(self.source)
        with open_text(self.source, self.options.encoding) as stream:
            for block in read_blocks(stream, self.layout, problems):
                columns = [self._output_column(block, index) for index in self.columns.output]
                text = pl.DataFrame(columns).write_csv(include_header=False, quote_style="never")
                yield from text.encode().splitlines()

    def _output_column(self, block: Block, index: int) -> pl.Series:
        column = block.frame[str(index)]
        if index in self.categories:
            codes = {text: str(code) for text, code in self.categories[index].items()}
            return strip_texts(column, self.missing).replace_strict(codes, return_dtype=pl.String)
        return parse_cells(column, self.missing).output_texts()

    def notes(self) -> list[str]:
        """Return sentences for the user about what was detected."""
        label, names = self.columns.label, self.layout.names
        name = f"{names[label]!r}, " if names else ""
        number = f"column {label} of {self.layout.width}, counted from 0"
        return [*self.layout.notes, f"the label is {name}{number}"]

    def named_categories(self) -> dict[str, Mapping[str, int]]:
        """Return the code of each text, by column name; by number if there is no header."""
        names = self.layout.names
        return {
            names[index] if names else str(index): codes for index, codes in self.categories.items()
        }


def read_csv_table(source: Path, options: CsvOptions) -> CsvTable:
    """Read a CSV file completely and check all of it.

    Raises:
        MissingInputError: The file does not exist.
        UsageError: The encoding does not exist.
        BadDataError: The file cannot be used for training; the message has all kinds of problems.
    """
    problems = Problems(source)
    with open_text(source, options.encoding) as stream:
        lines = [
            (number, text) for number, text in enumerate(islice(stream, SAMPLE_LINES), start=1)
        ]
        sample = [(number, text) for number, text in lines if text.strip()]
    if not sample:
        raise BadDataError(f"{source}: the file is empty")
    texts = [text for _, text in sample]
    layout = detect_layout(texts, sample[0][0], options.separator, options.header, problems)
    if not layout.header_fits:
        problems.raise_if_any()  # further checks need the columns
    columns = select_columns(layout, options.label, options.drop, options.categories, problems)
    missing = MISSING_VALUES | frozenset(options.missing)
    check = CellChecker(layout, columns, missing, problems)
    with open_text(source, options.encoding) as stream:
        check.check_blocks(read_blocks(stream, layout, problems))
    problems.raise_if_any()
    return CsvTable(
        source, options, layout, columns, check.row_count, check.byte_count, check.categories
    )
