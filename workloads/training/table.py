"""A table to train on, and the part of it that is one worker's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scipy import sparse


@dataclass(frozen=True)
class Shard:
    """Which part of the data one worker reads."""

    index: int = 0
    of: int = 1

    def take(self, things: Any) -> Any:
        """Its part of a sequence: each that comes `of` after the one before."""
        return things[self.index :: self.of]


@dataclass(frozen=True)
class Table:
    """Rows to train on."""

    labels: Any
    """One a row."""
    features: Any
    """Rows by columns, dense or sparse."""
    weights: Any = None
    """One a row, or none."""

    def part(self, shard: Shard) -> Table:
        """The rows of one worker."""
        weights = None if self.weights is None else shard.take(self.weights)
        return Table(shard.take(self.labels), shard.take(self.features), weights)


def strict_float(text: str) -> float:
    """A number as XGBoost writes it: Python's own form allows 1_000 and digits of other scripts.

    Raises:
        ValueError: it is none.
    """
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return float(text)


def is_sparse(table: Table) -> bool:
    """Whether a table tells only of features that are there; others are missing."""
    return bool(sparse.issparse(table.features))


def widened(features: Any, width: int) -> Any:
    """Sparse rows with as many columns as another part of the dataset has."""
    features.resize(features.shape[0], max(width, features.shape[1]))
    return features
