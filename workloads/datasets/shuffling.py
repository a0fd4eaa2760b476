"""Rows in a random order, the same on every machine, cut into train and validation.

Rows that do not fit into memory are first dealt out to files, each a part of the new order; these
are put in order one after the other. What stays in memory is one of them, and eight bytes a row.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from workloads.faults import BadDataError
from workloads.files import whole_file

SEED = 20_11_2018
"""Of the order: the same rows must land in the same file on every machine."""
PART = 32 * 1024 * 1024
"""Bytes of rows that are put in order at once, unless that made more files than MOST."""
MOST = 200
"""Files that are open at once; systems allow 256 or more."""


@dataclass(frozen=True)
class Rows:
    """The rows of a table that was checked."""

    read: Callable[[], Iterable[bytes]]
    """Gives the rows as they are to be written, without line ends."""
    count: int
    """Number of rows."""
    size: int
    """Bytes of all rows, roughly."""


def split(rows: Rows, validation: float, train: Path, kept: Path) -> tuple[int, int]:
    """Write the rows to two files, each whole or not at all.

    Args:
        rows: at least two.
        validation: the part, between 0 and 1, that is kept for validation; at least one row.
        train: the file to train on.
        kept: the file to validate with.

    Returns:
        The number of rows in each.

    Raises:
        BadDataError: there are too few rows to have some in each, or not as many as they were.
    """
    count = rows.count
    if count < 2:
        raise BadDataError(f"{count} rows cannot be split into train and validation")
    number = min(max(round(count * validation), 1), count - 1)
    train.parent.mkdir(parents=True, exist_ok=True)
    with (
        shuffled(rows, train.parent) as lines,
        whole_file(train) as first,
        whole_file(kept) as second,
    ):
        second.writelines(islice(lines, number))
        first.writelines(lines)
    return count - number, number


@contextmanager
def shuffled(rows: Rows, folder: Path) -> Iterator[Iterator[bytes]]:
    """Give the rows as lines in their new order, with drafts in a folder meanwhile.

    Raises:
        BadDataError: there are not as many rows as they were.
    """
    number = min(rows.size // PART + 1, MOST, rows.count)
    parts: list[array[int]] = [array("I") for _ in range(number)]
    with TemporaryDirectory(prefix=".shuffle.", dir=folder) as scratch, ExitStack() as opened:
        files = [
            opened.enter_context(Path(scratch, str(index)).open("w+b")) for index in range(number)
        ]
        left = iter(rows.read())
        for place, row in zip(places(rows.count), left, strict=False):
            part = place * number // rows.count
            files[part].write(row + b"\n")
            parts[part].append(place)
        if sum(map(len, parts)) != rows.count or next(left, None) is not None:
            raise BadDataError("the file changed while it was read: run again when it is at rest")
        yield chain.from_iterable(map(sort, files, parts))


def sort(file: BinaryIO, part: array[int]) -> Iterator[bytes]:
    """Give the lines of one file by their places."""
    file.seek(0)
    rows = file.readlines()
    return (row for _, row in sorted(zip(part, rows, strict=True)))


def places(count: int) -> array[int]:
    """Return where each row goes: the shuffled order of `random.Random(SEED)`, turned round."""
    order = array("I", range(count))
    random.Random(SEED).shuffle(order)
    found = array("I", bytes(order.itemsize * count))
    for place, row in enumerate(order):
        found[row] = place
    return found
