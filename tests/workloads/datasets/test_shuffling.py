"""Tests that the order of the rows does not depend on the memory, and that no row is lost."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads.datasets import shuffling
from workloads.datasets.shuffling import Rows, shuffled_positions, split
from workloads.errors import BadDataError


def numbered(count: int, *, size: int | None = None) -> Rows:
    lines = [str(number).encode() for number in range(count)]
    return Rows(lambda: lines, count, size or sum(map(len, lines)))


def halves(rows: Rows, part: float, folder: Path) -> tuple[list[int], list[int]]:
    train, kept = folder / "train.csv", folder / "validation.csv"
    counts = split(rows, part, train, kept)
    found = [[int(line) for line in file.read_text().splitlines()] for file in (train, kept)]
    assert counts == tuple(map(len, found))
    assert {path.name for path in folder.iterdir()} == {"train.csv", "validation.csv"}
    return found[0], found[1]


@given(count=st.integers(2, 60), part=st.floats(0.001, 0.999))
def test_a_split_loses_no_row_and_leaves_some_on_each_side(
    tmp_path_factory: pytest.TempPathFactory, count: int, part: float
) -> None:
    train, kept = halves(numbered(count), part, tmp_path_factory.mktemp("split"))
    assert sorted(train + kept) == list(range(count))
    assert train
    assert kept


def test_the_order_is_that_of_a_list_shuffled_in_memory(tmp_path: Path) -> None:
    order = list(range(1000))
    random.Random(shuffling.SEED).shuffle(order)
    train, kept = halves(numbered(1000), 0.2, tmp_path)
    assert kept + train == order
    assert [shuffled_positions(1000)[row] for row in order] == list(range(1000))


def test_a_table_of_many_parts_has_the_same_order_as_one_of_one(tmp_path: Path) -> None:
    for name in ("one", "many"):
        (tmp_path / name).mkdir()
    many = numbered(1000, size=30 * shuffling.PART_SIZE)
    assert halves(many, 0.3, tmp_path / "many") == halves(numbered(1000), 0.3, tmp_path / "one")


@pytest.mark.parametrize("change", [-1, 1, 2])
def test_a_file_that_changed_meanwhile_is_refused_and_leaves_nothing(
    tmp_path: Path, change: int
) -> None:
    lines = [b"1"] * (10 + change)
    with pytest.raises(BadDataError, match="changed while it was read"):
        split(Rows(lambda: lines, 10, 10), 0.5, tmp_path / "train.csv", tmp_path / "v.csv")
    assert not list(tmp_path.iterdir())
