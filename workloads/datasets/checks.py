"""The checks of a CSV file's cells, block by block, and what they count on the way."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from workloads.datasets.blocks import Block
from workloads.datasets.cells import Cells, cells_of, texts_of
from workloads.datasets.columns import Columns
from workloads.datasets.layout import Layout
from workloads.datasets.problems import EXAMPLES, Problems

MOST_CATEGORIES = 10_000
"""Different texts of a column of categories; a column with more is a name or a free text."""
MOST_COLUMNS = 20
"""Columns with texts that are named."""
STAND_INS = frozenset(["?", "-", "--", ".", "*", "unknown", "missing", "none", "nil"])
"""Texts that often stand for a missing value, and may also be a category."""


@dataclass
class Texts:
    """Texts in a column of numbers."""

    line: int
    example: str
    count: int = 0


class Check:
    """Takes note of every fault in the cells of a file."""

    def __init__(
        self, layout: Layout, columns: Columns, missing: frozenset[str], problems: Problems
    ) -> None:
        self.rows = 0
        self.bytes = 0
        self._layout = layout
        self._columns = columns
        self._missing = missing
        self._problems = problems
        self._texts: dict[int, Texts] = {}
        self._seen: dict[int, set[str]] = {index: set() for index in columns.categories}

    def read(self, blocks: Iterator[Block]) -> None:
        """Check all blocks."""
        for block in blocks:
            self.rows += block.frame.height
            self.bytes += int(block.frame.estimated_size())
            for index in self._columns.written:
                column = block.frame[str(index)]
                if index in self._seen:
                    texts = self._category(index, column)
                else:
                    texts = self._numbers(index, block, column)
                if index == self._columns.label and texts.null_count():
                    remedy = "complete these rows, or remove them"
                    unlabelled = _Found("A row has no label", texts.is_null(), remedy)
                    self._note(unlabelled, index, block)
        self._note_rows()
        self._note_texts()
        self._note_categories()

    @property
    def categories(self) -> dict[int, dict[str, int]]:
        """The number of each text, in the order of the texts, by column."""
        return {
            index: {text: code for code, text in enumerate(sorted(texts))}
            for index, texts in self._seen.items()
        }

    def _category(self, index: int, column: pl.Series) -> pl.Series:
        texts = texts_of(column, self._missing)
        if len(self._seen[index]) <= MOST_CATEGORIES:
            self._seen[index].update(texts.drop_nulls().unique())
        return texts

    def _numbers(self, index: int, block: Block, column: pl.Series) -> pl.Series:
        cells = cells_of(column, self._missing)
        if cells.numbers.null_count() > cells.texts.null_count():
            wrong = cells.wrong.arg_true()
            first = int(wrong[0])
            texts = self._texts.setdefault(index, Texts(block.lines[first], cells.texts[first]))
            texts.count += len(wrong)
        if cells.infinite.any():
            found = _Found(
                "A number is infinite, or too large for the 32 bits that XGBoost computes with",
                cells.infinite,
                "leave the cell empty where nothing is known, or scale the column",
                cells,
            )
            self._note(found, index, block)
        return cells.texts

    def _note(self, found: _Found, index: int, block: Block) -> None:
        rows = found.where.arg_true().to_list()
        for row in rows[:EXAMPLES]:
            value = f": {found.cells.texts[row][:40]}" if found.cells else ""
            where = f"line {block.lines[row]}, {self._layout.column(index)}{value}"
            self._problems.add(found.rule, where, remedy=found.remedy)
        if rows:
            self._problems.count(found.rule, len(rows[EXAMPLES:]))

    def _note_rows(self) -> None:
        layout = self._layout
        if not self.rows and not self._problems:
            self._problems.add(
                "The file has no rows",
                f"line {layout.header_line} is the header, and nothing comes after it",
                remedy="give a file with rows; if line 1 is one, give --no-header",
            )
        if layout.stated_rows not in {None, self.rows}:
            self._problems.add(
                "The first line seems to count the rows, and there are not as many",
                f"line {layout.header_line} says {layout.stated_rows}; there are {self.rows}",
                remedy="give --no-header if it is a row, --header if it names the columns",
            )

    def _note_texts(self) -> None:
        remedies = {index: _remedy(texts.example) for index, texts in self._texts.items()}
        others = [index for index, remedy in remedies.items() if not remedy]
        options = " ".join(map(self._option, others[:MOST_COLUMNS]))
        for index, texts in self._texts.items():
            more = f" and {texts.count - 1} more" if texts.count > 1 else ""
            where = f"line {texts.line}, {self._layout.column(index)}: {texts.example[:40]!r}{more}"
            rule, remedy = remedies[index] or (
                "A column of numbers holds texts",
                "number the texts of a column with --categories, or leave it out with --drop: "
                f"{options}",
            )
            self._problems.add(rule, where, remedy=remedy, most=MOST_COLUMNS)

    def _option(self, index: int) -> str:
        option = "--categories" if index == self._columns.label else "--drop"
        names = self._layout.names
        return f"{option} {shlex.quote(names[index]) if names else index}"

    def _note_categories(self) -> None:
        for index, seen in self._seen.items():
            if len(seen) > MOST_CATEGORIES:
                self._problems.add(
                    f"A column of categories has more than {MOST_CATEGORIES} different texts",
                    self._layout.column(index),
                    remedy="leave it out with --drop",
                )


@dataclass(frozen=True)
class _Found:
    rule: str
    where: pl.Series
    """Booleans, one a row."""
    remedy: str
    cells: Cells | None = None
    """Where the values are told."""


def _remedy(example: str) -> tuple[str, str] | None:
    """Return the rule and remedy for a text that is hardly a category."""
    if example.lower() in STAND_INS:
        rule = "A column of numbers holds a text that may stand for a missing value"
        return rule, f"give --missing {shlex.quote(example)} if it does"
    if re.fullmatch(r"[+-]?[\d.]*(,\d+)+(\.\d*)?", example):
        rule = "A column of numbers holds numbers with commas in them"
        return rule, "write a decimal point, and nothing between thousands"
    return None
