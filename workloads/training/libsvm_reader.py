"""Reader of libsvm files: `LABEL[:WEIGHT] INDEX:VALUE ...` in a line; others are missing."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import isfinite, isinf
from pathlib import Path

import numpy as np
from scipy import sparse

from workloads.errors import BadDataError
from workloads.libsvm_limits import MAX_FEATURE_INDEX
from workloads.text_files import open_text
from workloads.training.table import Table, parse_float


def read_libsvm(path: Path) -> Table:
    """Read the table of a libsvm file.

    Raises:
        BadDataError: The file is empty or not text, a line does not have the format, a number is
            infinite, or an index is too large for training.
    """
    labels, weights, values = array("f"), array("f"), array("f")
    indices, starts = array("l"), array("l", [0])
    with open_text(path) as stream:
        for line, text in enumerate(stream, start=1):
            if not (cells := text.partition("#")[0].split()):
                continue
            try:
                label, _, weight = cells[0].partition(":")
                labels.append(parse_float(label))
                weights.append(parse_float(weight or "1"))
                for cell in cells[1:]:
                    index, _, value = cell.partition(":")
                    indices.append(parse_index(index))
                    values.append(parse_float(value))
            except ValueError:
                raise BadDataError(
                    f"{path}: line {line} begins with {text[:40].rstrip()!r}, which is not "
                    "`LABEL INDEX:VALUE ...` with numbers; for CSV give --content-type text/csv"
                ) from None
            starts.append(len(indices))
            check_line(path, line, labels[-1], indices[starts[-2] :], values[starts[-2] :])
    if not labels:
        raise BadDataError(f"{path} is empty")
    width = max(indices, default=0) + 1
    rows = sparse.csr_matrix(
        (np.array(values), np.array(indices), np.array(starts)), shape=(len(labels), width)
    )
    return Table(np.array(labels), rows, np.array(weights))


def check_line(
    path: Path, line: int, label: float, indices: Sequence[int], values: Sequence[float]
) -> None:
    """Check the index and the numbers of a line.

    Raises:
        BadDataError: An index is too large, or a number is infinite.
    """
    if max(indices, default=0) > MAX_FEATURE_INDEX:
        raise BadDataError(
            f"{path}: line {line} has the index {max(indices)}, and the maximum is "
            f"{MAX_FEATURE_INDEX}, because XGBoost needs memory for every column up to the largest "
            "index. Number the features consecutively from 0"
        )
    if not isfinite(label) or any(map(isinf, values)):
        raise BadDataError(
            f"{path}: line {line} has a number that is infinite, or too large for 32 bits; leave "
            "a feature out if its value is unknown"
        )


def parse_index(text: str) -> int:
    """Parse the index of a feature, from 0.

    Raises:
        ValueError: The text is not an index.
    """
    if not (text.isdecimal() and text.isascii()):
        raise ValueError(text)
    return int(text)
