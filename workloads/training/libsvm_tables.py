"""Tables of libsvm files: `LABEL[:WEIGHT] INDEX:VALUE ...` a line, what is not told is missing."""

from __future__ import annotations

from array import array
from pathlib import Path

import numpy as np
from scipy import sparse

from workloads.faults import BadDataError
from workloads.training.table import Table


def read_libsvm(path: Path) -> Table:
    """The table of a libsvm file: `LABEL[:WEIGHT] INDEX:VALUE ...` a line.

    Raises:
        BadDataError: the file is empty or a line is not of that form.
    """
    labels, weights, values = array("f"), array("f"), array("f")
    indices, starts = array("l"), array("l", [0])
    with path.open(encoding="utf-8", errors="replace") as stream:
        for line, text in enumerate(stream, start=1):
            if not (words := text.partition("#")[0].split()):
                continue
            try:
                label, _, weight = words[0].partition(":")
                labels.append(float(label))
                weights.append(float(weight or 1))
                for word in words[1:]:
                    index, _, value = word.partition(":")
                    indices.append(feature(index))
                    values.append(float(value))
            except ValueError:
                raise BadDataError(
                    f"{path}: line {line} begins with {text[:40].rstrip()!r}, which is not "
                    "`LABEL INDEX:VALUE ...` with numbers; for CSV give --content-type text/csv"
                ) from None
            starts.append(len(indices))
    if not labels:
        raise BadDataError(f"{path} is empty")
    width = max(indices, default=0) + 1
    rows = sparse.csr_matrix(
        (np.array(values), np.array(indices), np.array(starts)), shape=(len(labels), width)
    )
    return Table(np.array(labels), rows, np.array(weights))


def feature(text: str) -> int:
    """A feature's index, from 0.

    Raises:
        ValueError: it is none.
    """
    index = int(text)
    if index < 0:
        raise ValueError(text)
    return index
