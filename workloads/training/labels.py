"""Whether the first column can be the label: where it was forgotten, a feature is in its place."""

from __future__ import annotations

from typing import Any

import numpy as np

from workloads.faults import BadDataError

REMEDY = (
    "The first column must be the label: is it missing, or elsewhere? "
    "`python -m workloads.dataset csv FILE FOLDER --label NAME` puts it first"
)


def check_classes(channel: str, labels: Any, classes: int) -> None:
    """Check that every label is a class, 0 up to one less than their number.

    Raises:
        BadDataError: one is not.
    """
    wrong = (labels != np.floor(labels)) | (labels < 0) | (labels >= classes)
    if not wrong.any():
        return
    row = int(wrong.argmax())
    raise BadDataError(
        f"{channel}: the label of row {row + 1} is {labels[row]:g}, but classes are whole numbers "
        f"from 0 to {classes - 1}. {REMEDY}"
    )


def check_differ(channel: str, lowest: float, highest: float) -> None:
    """Check that there is something to learn.

    Raises:
        BadDataError: every label is the same.
    """
    if lowest == highest:
        raise BadDataError(
            f"{channel}: every label is {lowest:g}, so nothing can be learned. {REMEDY}"
        )
