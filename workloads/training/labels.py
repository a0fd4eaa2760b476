"""Checks of the label column; if the label is missing, a feature is in its place."""

from __future__ import annotations

from typing import Any

import numpy as np

from workloads.errors import BadDataError

REMEDY = (
    "The first column must be the label, which may be missing or in another column. "
    "`python -m workloads.dataset csv FILE FOLDER --label NAME` moves it"
)
"""Remedy for a first column that cannot be the label."""


def check_classes(channel: str, labels: Any, classes: int) -> None:
    """Check that every label is a class from 0 to classes - 1.

    Raises:
        BadDataError: A label is not a class.
    """
    wrong = (labels != np.floor(labels)) | (labels < 0) | (labels >= classes)
    if not wrong.any():
        return
    row = int(wrong.argmax())
    raise BadDataError(
        f"{channel}: the label of row {row + 1} is {labels[row]:g}, but classes are whole numbers "
        f"from 0 to {classes - 1}. {REMEDY}"
    )


def check_labels_differ(channel: str, lowest: float, highest: float) -> None:
    """Check that the labels are not all the same.

    Raises:
        BadDataError: All labels are the same.
    """
    if lowest == highest:
        raise BadDataError(
            f"{channel}: every label is {lowest:g}, so nothing can be learned. {REMEDY}"
        )
