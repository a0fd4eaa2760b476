"""The cells of a column: numbers, missing values, and texts that are categories.

Numbers are written as they were read, but for those that SageMaker's reader takes for others.
It is dmlc-core's: a text or a quoted number is 0 or missing to it, more than 19 digits before the
point overflow, and those after the nineteenth behind it are cut off.
Source: https://github.com/dmlc/dmlc-core (src/data/csv_parser.h, include/dmlc/strtonum.h)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

LARGEST = 3.4028234e38
"""The largest number of 32 bits, which XGBoost computes with; a larger one is infinite to it."""


@dataclass(frozen=True)
class Cells:
    """A column's cells in a block."""

    texts: pl.Series
    """As they were read, without spaces around them; null where missing."""
    numbers: pl.Series
    """Null where missing or no number."""

    @property
    def wrong(self) -> pl.Series:
        """Booleans: a text that is no number."""
        return self.numbers.is_null() & self.texts.is_not_null()

    @property
    def infinite(self) -> pl.Series:
        """Booleans: an infinite number, or one too large for 32 bits."""
        return (self.numbers.abs() > LARGEST).fill_null(value=False)

    def written(self) -> pl.Series:
        """Return the texts that SageMaker's reader takes for the same numbers."""
        size = self.numbers.abs()
        rewritten = (
            (size > 1e18) | ((size < 1e-9) & (size > 0)) | (self.texts.str.len_bytes() > 25)
        ).fill_null(value=False)
        if not rewritten.any():
            return self.texts
        return self.numbers.cast(pl.String).zip_with(rewritten, self.texts)


def cells_of(column: pl.Series, missing: Iterable[str]) -> Cells:
    """Read the numbers of a column of texts.

    Args:
        column: texts.
        missing: texts that stand for a missing value; that of a number does so however the number
            is written.
    """
    numbers = column.cast(pl.Float64, strict=False)
    stand_ins = pl.Series(list(missing), dtype=pl.String).cast(pl.Float64, strict=False)
    stand_ins = stand_ins.filter(stand_ins.is_finite())
    absent = numbers.is_in(stand_ins.to_list()).fill_null(value=False)
    finite = numbers.null_count() == column.null_count() and numbers.is_finite().all()
    if finite and not absent.any():
        return Cells(column, numbers)
    texts = _null_where(absent, texts_of(column, missing))
    numbers = texts.cast(pl.Float64, strict=False)
    return Cells(texts, numbers.fill_nan(None))


def texts_of(column: pl.Series, missing: Iterable[str]) -> pl.Series:
    """Return a column's texts without spaces around them, null where missing."""
    texts = column.str.strip_chars()
    return _null_where(texts.is_null() | texts.is_in(list(missing)), texts)


def _null_where(nothing: pl.Series, texts: pl.Series) -> pl.Series:
    """Texts with nulls where a series of booleans says so."""
    return pl.select(pl.when(~nothing).then(texts).alias(texts.name)).to_series()
