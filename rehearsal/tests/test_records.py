"""Records of an environment."""

import threading
from pathlib import Path

import pytest

from rehearsal import records
from rehearsal.paths import Environment, Ports
from rehearsal.records import Record


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment("dev", tmp_path / "environment", Ports.free())


def record(kind: str, name: str) -> Record:
    return Record(kind, name, "", "", 1, 1, 0.1, detail={"text": "x" * 5000})


def test_records_come_back_in_the_order_they_were_added(environment: Environment) -> None:
    assert list(records.read(environment)) == []
    added = [record("pod", f"n/{number}") for number in range(3)]
    for one in added:
        records.add(environment, one)
    assert list(records.read(environment)) == added


def test_records_of_one_kind_are_found_alone(environment: Environment) -> None:
    for kind in ("pod", "import", "pod"):
        records.add(environment, record(kind, kind))
    assert [one.name for one in records.read(environment, "import")] == ["import"]


def test_what_several_write_at_once_stays_whole(environment: Environment) -> None:
    def write(name: str) -> None:
        for _ in range(50):
            records.add(environment, record("pod", name))

    writers = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert len(list(records.read(environment))) == 200
