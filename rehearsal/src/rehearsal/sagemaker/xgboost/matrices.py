"""Load the channels' data in xgboost's form, checked against the objective."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import xgboost
from scipy import sparse

from rehearsal.sagemaker.xgboost import labels, tables
from rehearsal.sagemaker.xgboost.channels import format_of
from rehearsal.sagemaker.xgboost.errors import UserError
from rehearsal.sagemaker.xgboost.layout import Layout
from rehearsal.sagemaker.xgboost.tables import Table

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Matrices:
    """Data to train on, and data to evaluate on."""

    train: xgboost.DMatrix
    validation: xgboost.DMatrix | None

    @property
    def watched(self) -> list[tuple[xgboost.DMatrix, str]]:
        """Data that the metrics are computed on, with the names that the log uses."""
        pairs = [(self.train, "train")]
        return pairs + ([(self.validation, "validation")] if self.validation is not None else [])


def load(layout: Layout, config: Mapping[str, Any], settings: Mapping[str, Any]) -> Matrices:
    """Return the data of a job's channels.

    Args:
        layout: Folders of the container.
        config: Configuration of the channels, by name.
        settings: Validated hyperparameters.

    Raises:
        UserError: A channel has no data, or data that does not fit the objective.
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
    # The container uses the train channel's content type for both channels.
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
        features.resize(features.shape[0], width)  # libsvm omits columns that no row has
    return xgboost.DMatrix(features, label=table.labels, weight=table.weights)
