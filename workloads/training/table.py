"""Table in memory, and one worker's shard of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scipy import sparse


@dataclass(frozen=True)
class Shard:
    """Part of the data that one worker reads."""

    index: int = 0
    """Index of the worker, from 0."""
    count: int = 1
    """Number of workers."""

    def take(self, things: Any) -> Any:
        """Return this worker's elements of a sequence: every `count`-th one."""
        return things[self.index :: self.count]


@dataclass(frozen=True)
class Table:
    """Rows to train on."""

    labels: Any
    """Label of each row."""
    features: Any
    """Matrix of rows and columns, dense or sparse."""
    weights: Any = None
    """Weight of each row, or None."""

    def take(self, shard: Shard) -> Table:
        """Return the rows of one worker."""
        weights = None if self.weights is None else shard.take(self.weights)
        return Table(shard.take(self.labels), shard.take(self.features), weights)


def parse_float(text: str) -> float:
    """Parse a number as XGBoost writes it; unlike Python, refuse 1_000 and digits of other scripts.

    Raises:
        ValueError: The text is not a number.
    """
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return float(text)


def is_sparse(table: Table) -> bool:
    """Return True if the features are sparse, with missing values left out."""
    return bool(sparse.issparse(table.features))


def widen(features: Any, width: int) -> Any:
    """Add columns to sparse rows up to the given width."""
    features.resize(features.shape[0], max(width, features.shape[1]))
    return features
