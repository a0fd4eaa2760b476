"""Cells of a column: numbers, missing values, and texts that are categories.

Numbers keep their text, except those that SageMaker's reader (dmlc-core) would misread: it reads a
text or a quoted number as 0 or missing, more than 19 digits before the decimal point overflow,
and digits after the nineteenth behind it are cut off.
Source: https://github.com/dmlc/dmlc-core (src/data/csv_parser.h, include/dmlc/strtonum.h)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

MAX_FLOAT32 = 3.4028234e38
"""Largest 32-bit number, the type that XGBoost computes with; larger ones are infinite to it."""


@dataclass(frozen=True)
class Cells:
    """Cells of one column in a block."""

    texts: pl.Series
    """Texts without surrounding spaces; null for a missing value."""
    numbers: pl.Series
    """Numbers; null for a missing value or a text that is not a number."""

    @property
    def not_numeric(self) -> pl.Series:
        """Booleans, true for a text that is not a number."""
        return self.numbers.is_null() & self.texts.is_not_null()

    @property
    def infinite(self) -> pl.Series:
        """Booleans, true for a number that is infinite in 32 bits."""
        return (self.numbers.abs() > MAX_FLOAT32).fill_null(value=False)

    def output_texts(self) -> pl.Series:
        """Return texts that SageMaker's reader parses as the same numbers."""
        magnitude = self.numbers.abs()
        rewritten = (
            (magnitude > 1e18)
            | ((magnitude < 1e-9) & (magnitude > 0))
            | (self.texts.str.len_bytes() > 25)
        ).fill_null(value=False)
        if not rewritten.any():
            return self.texts
        return self.numbers.cast(pl.String).zip_with(rewritten, self.texts)


def parse_cells(column: pl.Series, missing: Iterable[str]) -> Cells:
    """Parse a column of texts as numbers.

    Args:
        column: Texts of the cells.
        missing: Texts that stand for a missing value. A numeric one matches every notation of its
            number.
    """
    numbers = column.cast(pl.Float64, strict=False)
    missing_numbers = pl.Series(list(missing), dtype=pl.String).cast(pl.Float64, strict=False)
    missing_numbers = missing_numbers.filter(missing_numbers.is_finite())
    is_missing = numbers.is_in(missing_numbers.to_list()).fill_null(value=False)
    finite = numbers.null_count() == column.null_count() and numbers.is_finite().all()
    if finite and not is_missing.any():
        return Cells(column, numbers)
    texts = _null_where(is_missing, strip_texts(column, missing))
    numbers = texts.cast(pl.Float64, strict=False)
    return Cells(texts, numbers.fill_nan(None))


def strip_texts(column: pl.Series, missing: Iterable[str]) -> pl.Series:
    """Return a column's texts without surrounding spaces, with null for missing values."""
    texts = column.str.strip_chars()
    return _null_where(texts.is_null() | texts.is_in(list(missing)), texts)


def _null_where(is_missing: pl.Series, texts: pl.Series) -> pl.Series:
    return pl.select(pl.when(~is_missing).then(texts).alias(texts.name)).to_series()
