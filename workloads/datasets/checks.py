"""Checks of a CSV file's cells, block by block, with counts of rows and bytes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from workloads.datasets.blocks import Block
from workloads.datasets.cells import Cells, parse_cells, strip_texts
from workloads.datasets.columns import Columns
from workloads.datasets.layout import Layout
from workloads.datasets.problems import MAX_EXAMPLES, Problems

MAX_CATEGORIES = 10_000
"""Maximum number of different texts in a categorical column; names and free texts have more."""
MAX_COLUMNS = 20
"""Maximum number of columns with texts that the report names."""
LIKELY_MISSING = frozenset(["?", "-", "--", ".", "*", "unknown", "missing", "none", "nil"])
"""Texts that often stand for a missing value but may also be a category."""


@dataclass
class NonNumericTexts:
    """Texts in a numeric column: the first one with its line, and their number."""

    line: int
    example: str
    count: int = 0


class CellChecker:
    """Checker that reports every problem in the cells of a file."""

    def __init__(
        self, layout: Layout, columns: Columns, missing: frozenset[str], problems: Problems
    ) -> None:
        self.row_count = 0
        self.byte_count = 0
        self._layout = layout
        self._columns = columns
        self._missing = missing
        self._problems = problems
        self._non_numeric: dict[int, NonNumericTexts] = {}
        self._categories: dict[int, set[str]] = {index: set() for index in columns.categories}

    def check_blocks(self, blocks: Iterator[Block]) -> None:
        """Check the cells of all blocks."""
        for block in blocks:
            self.row_count += block.frame.height
            self.byte_count += int(block.frame.estimated_size())
            for index in self._columns.output:
                column = block.frame[str(index)]
                if index in self._categories:
                    texts = self._check_category(index, column)
                else:
                    texts = self._check_numbers(index, block, column)
                if index == self._columns.label and texts.null_count():
                    remedy = "complete these rows, or remove them"
                    no_label = _Finding("A row has no label", texts.is_null(), remedy)
                    self._report(no_label, index, block)
        self._report_row_count()
        self._report_texts()
        self._report_categories()

    @property
    def categories(self) -> dict[int, dict[str, int]]:
        """Code of each text by column; codes follow the sorted texts."""
        return {
            index: {text: code for code, text in enumerate(sorted(texts))}
            for index, texts in self._categories.items()
        }

    def _check_category(self, index: int, column: pl.Series) -> pl.Series:
        texts = strip_texts(column, self._missing)
        if len(self._categories[index]) <= MAX_CATEGORIES:
            self._categories[index].update(texts.drop_nulls().unique())
        return texts

    def _check_numbers(self, index: int, block: Block, column: pl.Series) -> pl.Series:
        cells = parse_cells(column, self._missing)
        if cells.numbers.null_count() > cells.texts.null_count():
            rows = cells.not_numeric.arg_true()
            first = int(rows[0])
            texts = self._non_numeric.setdefault(
                index, NonNumericTexts(block.lines[first], cells.texts[first])
            )
            texts.count += len(rows)
        if cells.infinite.any():
            finding = _Finding(
                "A number is infinite, or too large for the 32 bits that XGBoost computes with",
                cells.infinite,
                "leave the cell empty if the value is unknown, or scale the column",
                cells,
            )
            self._report(finding, index, block)
        return cells.texts

    def _report(self, finding: _Finding, index: int, block: Block) -> None:
        rows = finding.where.arg_true().to_list()
        for row in rows[:MAX_EXAMPLES]:
            value = f": {finding.cells.texts[row][:40]}" if finding.cells else ""
            where = f"line {block.lines[row]}, {self._layout.describe_column(index)}{value}"
            self._problems.add(finding.rule, where, remedy=finding.remedy)
        if rows:
            self._problems.add_count(finding.rule, len(rows[MAX_EXAMPLES:]))

    def _report_row_count(self) -> None:
        layout = self._layout
        if not self.row_count and not self._problems:
            self._problems.add(
                "The file has no rows",
                f"line {layout.header_line} is the header, and nothing comes after it",
                remedy="give a file with rows; if line 1 is one, give --no-header",
            )
        if layout.declared_rows not in {None, self.row_count}:
            self._problems.add(
                "The first line seems to hold the number of rows, and it is wrong",
                f"line {layout.header_line} says {layout.declared_rows}; there are "
                f"{self.row_count}",
                remedy="give --no-header if it is a row, --header if it names the columns",
            )

    def _report_texts(self) -> None:
        remedies = {index: _remedy(texts.example) for index, texts in self._non_numeric.items()}
        others = [index for index, remedy in remedies.items() if not remedy]
        options = " ".join(map(self._option, others[:MAX_COLUMNS]))
        for index, texts in self._non_numeric.items():
            more = f" and {texts.count - 1} more" if texts.count > 1 else ""
            column = self._layout.describe_column(index)
            where = f"line {texts.line}, {column}: {texts.example[:40]!r}{more}"
            rule, remedy = remedies[index] or (
                "A numeric column contains texts",
                "encode the texts of a column with --categories, or leave it out with --drop: "
                f"{options}",
            )
            self._problems.add(rule, where, remedy=remedy, max_examples=MAX_COLUMNS)

    def _option(self, index: int) -> str:
        option = "--categories" if index == self._columns.label else "--drop"
        names = self._layout.names
        return f"{option} {shlex.quote(names[index]) if names else index}"

    def _report_categories(self) -> None:
        for index, seen in self._categories.items():
            if len(seen) > MAX_CATEGORIES:
                self._problems.add(
                    f"A column of categories has more than {MAX_CATEGORIES} different texts",
                    self._layout.describe_column(index),
                    remedy="leave it out with --drop",
                )


@dataclass(frozen=True)
class _Finding:
    rule: str
    where: pl.Series
    """Booleans, one for each row."""
    remedy: str
    cells: Cells | None = None
    """Cells whose values are part of the report."""


def _remedy(example: str) -> tuple[str, str] | None:
    """Return rule and remedy for a text that is probably not a category, or None."""
    if example.lower() in LIKELY_MISSING:
        rule = "A numeric column contains a text that may stand for a missing value"
        return rule, f"give --missing {shlex.quote(example)} if it does"
    if re.fullmatch(r"[+-]?[\d.]*(,\d+)+(\.\d*)?", example):
        rule = "A numeric column contains numbers with commas"
        return rule, "use a decimal point and no thousands separators"
    return None
