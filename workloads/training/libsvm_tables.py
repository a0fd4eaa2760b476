"""Tables of libsvm files: `LABEL[:WEIGHT] INDEX:VALUE ...` a line, what is not told is missing."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import isfinite, isinf
from pathlib import Path

import numpy as np
from scipy import sparse

from workloads.faults import BadDataError
from workloads.libsvm import MOST_FEATURES
from workloads.text_files import open_text
from workloads.training.table import Table, strict_float


def read_libsvm(path: Path) -> Table:
    """The table of a libsvm file: `LABEL[:WEIGHT] INDEX:VALUE ...` a line.

    Raises:
        BadDataError: the file is empty or no text, a line is not of that form, a number infinite,
            or an index is too large to train with.
    """
    labels, weights, values = array("f"), array("f"), array("f")
    indices, starts = array("l"), array("l", [0])
    with open_text(path) as stream:
        for line, text in enumerate(stream, start=1):
            if not (words := text.partition("#")[0].split()):
                continue
            try:
                label, _, weight = words[0].partition(":")
                labels.append(strict_float(label))
                weights.append(strict_float(weight or "1"))
                for word in words[1:]:
                    index, _, value = word.partition(":")
                    indices.append(feature(index))
                    values.append(strict_float(value))
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
    """Go on only with numbers that XGBoost can train with.

    Raises:
        BadDataError: an index is too large, or a number infinite.
    """
    if max(indices, default=0) > MOST_FEATURES:
        raise BadDataError(
            f"{path}: line {line} has the index {max(indices)}, and {MOST_FEATURES} is the most: "
            "XGBoost keeps memory for every column up to the largest index. Number the features "
            "that there are, from 0 on"
        )
    if not isfinite(label) or any(map(isinf, values)):
        raise BadDataError(
            f"{path}: line {line} has a number that is infinite, or too large for 32 bits; leave "
            "a feature out where nothing is known"
        )


def feature(text: str) -> int:
    """A feature's index, from 0.

    Raises:
        ValueError: it is none.
    """
    if not (text.isdecimal() and text.isascii()):
        raise ValueError(text)
    return int(text)
