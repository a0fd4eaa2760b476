"""The channels' data as xgboost takes it, checked against the objective."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import xgboost
from scipy import sparse

from . import labels, tables
from .channels import format_of
from .errors import UserError
from .layout import Layout
from .tables import Table

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Matrices:
    """What to train on, and what to measure on besides."""

    train: xgboost.DMatrix
    validation: xgboost.DMatrix | None

    @property
    def watched(self) -> list[tuple[xgboost.DMatrix, str]]:
        """What the metrics are of, by the names that the log has."""
        pairs = [(self.train, "train")]
        return pairs + ([(self.validation, "validation")] if self.validation is not None else [])


def load(layout: Layout, config: Mapping[str, Any], settings: Mapping[str, Any]) -> Matrices:
    """The data of a job's channels.

    Args:
        layout: Where they are.
        config: The channels' configuration, by name.
        settings: The validated hyperparameters.

    Raises:
        UserError: A channel has no data, or data that does not go with the objective.
    """
    read = {name: _table(layout, name, config, settings) for name in config if name != "code"}
    _check(read, settings)
    width = max(table.features.shape[1] for table in read.values())
    made = {name: _matrix(table, width) for name, table in read.items()}
    train = made["train"]
    log.info("Train matrix has %d rows and %d columns", train.num_row(), train.num_col())
    if "validation" in made:
        log.info("Validation matrix has %d rows", made["validation"].num_row())
    return Matrices(train, made.get("validation"))


def _table(
    layout: Layout, name: str, config: Mapping[str, Any], settings: Mapping[str, Any]
) -> Table:
    folder = layout.channel(name)
    files = tables.files_of(folder)
    if not files:
        what = "training" if name == "train" else name
        raise UserError(
            f"No data in {what} channel path {layout.shown(folder)}. The directory or "
            "prefix that the channel names holds no data file: fill it, or name another."
        )
    log.info("File path %s of input files: %d", layout.shown(folder), len(files))
    # The container takes the train channel's content type for both.
    format_ = format_of(config["train"].get("ContentType"))
    return tables.read(files, format_, weighted=settings.get("csv_weights", 0) == 1)


def _check(read: Mapping[str, Table], settings: Mapping[str, Any]) -> None:
    objective = settings.get("objective", "reg:squarederror")
    dense = [table for table in read.values() if not sparse.issparse(table.features)]
    if len({table.features.shape[1] for table in dense}) > 1:
        widths = ", ".join(f"{name} {table.features.shape[1]}" for name, table in read.items())
        raise UserError(
            f"feature_names mismatch: the channels have different numbers of features ({widths}). "
            "One may lack the label, which is the first column of each."
        )
    for name, table in read.items():
        if fault := labels.fault(name, table.labels, objective, settings.get("num_class")):
            raise UserError(fault)
    if fault := labels.one_value(read["train"].labels, objective):
        raise UserError(fault)


def _matrix(table: Table, width: int) -> xgboost.DMatrix:
    features = table.features
    if sparse.issparse(features):
        features.resize(features.shape[0], width)  # libsvm leaves out what no row has
    return xgboost.DMatrix(features, label=table.labels, weight=table.weights)
