"""Records of a world."""

import threading
from pathlib import Path

import pytest

from rehearsal import records
from rehearsal.places import Ports, World
from rehearsal.records import Record


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World("dev", tmp_path / "world", Ports.free())


def record(kind: str, name: str) -> Record:
    return Record(kind, name, "", "", 1, 1, 0.1, detail={"text": "x" * 5000})


def test_records_come_back_in_the_order_they_were_added(world: World) -> None:
    assert list(records.read(world)) == []
    added = [record("pod", f"n/{number}") for number in range(3)]
    for one in added:
        records.add(world, one)
    assert list(records.read(world)) == added


def test_records_of_one_kind_are_found_alone(world: World) -> None:
    for kind in ("pod", "import", "pod"):
        records.add(world, record(kind, kind))
    assert [one.name for one in records.read(world, "import")] == ["import"]


def test_what_several_write_at_once_stays_whole(world: World) -> None:
    def write(name: str) -> None:
        for _ in range(50):
            records.add(world, record("pod", name))

    writers = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert len(list(records.read(world))) == 200
