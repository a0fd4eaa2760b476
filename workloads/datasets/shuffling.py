"""Random order of rows, the same on every machine, split into train and validation.

Rows that exceed the memory are first distributed to temporary files, each of which is one part of
the new order. The parts are then sorted one by one. Memory holds one part, and eight bytes for
each row.
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

from workloads.errors import BadDataError
from workloads.files import atomic_write

SEED = 20_11_2018
"""Seed of the order, so that each row lands in the same file on every machine."""
PART_SIZE = 32 * 1024 * 1024
"""Size in bytes of a part, unless there would be more than MAX_PARTS."""
MAX_PARTS = 200
"""Maximum number of parts, which are open files; systems allow at least 256."""


@dataclass(frozen=True)
class Rows:
    """Rows of a checked table."""

    read: Callable[[], Iterable[bytes]]
    """Function that returns the rows in their output form, without line ends."""
    count: int
    """Number of rows."""
    size: int
    """Approximate size of all rows in bytes."""


def split(rows: Rows, fraction: float, train: Path, validation: Path) -> tuple[int, int]:
    """Write the rows to two files, atomically.

    Args:
        rows: Rows of the table, at least two.
        fraction: Fraction of the rows for validation, between 0 and 1; at least one row.
        train: File for training.
        validation: File for validation.

    Returns:
        The numbers of rows in both files.

    Raises:
        BadDataError: The table has fewer than two rows, or changed since it was checked.
    """
    count = rows.count
    if count < 2:
        raise BadDataError(f"{count} rows cannot be split into train and validation")
    validation_count = min(max(round(count * fraction), 1), count - 1)
    train.parent.mkdir(parents=True, exist_ok=True)
    with (
        shuffled_rows(rows, train.parent) as lines,
        atomic_write(train) as first,
        atomic_write(validation) as second,
    ):
        second.writelines(islice(lines, validation_count))
        first.writelines(lines)
    return count - validation_count, validation_count


@contextmanager
def shuffled_rows(rows: Rows, directory: Path) -> Iterator[Iterator[bytes]]:
    """Provide the rows as lines in their new order; the directory holds temporary files meanwhile.

    Raises:
        BadDataError: The table changed since it was checked.
    """
    number = min(rows.size // PART_SIZE + 1, MAX_PARTS, rows.count)
    parts: list[array[int]] = [array("I") for _ in range(number)]
    with TemporaryDirectory(prefix=".shuffle.", dir=directory) as scratch, ExitStack() as stack:
        files = [
            stack.enter_context(Path(scratch, str(index)).open("w+b")) for index in range(number)
        ]
        remaining = iter(rows.read())
        for position, row in zip(shuffled_positions(rows.count), remaining, strict=False):
            part = position * number // rows.count
            files[part].write(row + b"\n")
            parts[part].append(position)
        if sum(map(len, parts)) != rows.count or next(remaining, None) is not None:
            raise BadDataError("the file changed while it was read; run again when it is unchanged")
        yield chain.from_iterable(map(sort_part, files, parts))


def sort_part(file: BinaryIO, part: array[int]) -> Iterator[bytes]:
    """Return the lines of one part, sorted by their positions."""
    file.seek(0)
    rows = file.readlines()
    return (row for _, row in sorted(zip(part, rows, strict=True)))


def shuffled_positions(count: int) -> array[int]:
    """Return the new position of each row, from the order of `random.Random(SEED)`."""
    order = array("I", range(count))
    random.Random(SEED).shuffle(order)
    positions = array("I", bytes(order.itemsize * count))
    for position, row in enumerate(order):
        positions[row] = position
    return positions
