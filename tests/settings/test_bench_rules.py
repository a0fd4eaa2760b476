"""The storage bench: it measures what the stack has, where there are claims."""

from __future__ import annotations

import pytest

from tests.settings.configs import Case, assert_refused, checked, keys

BENCH = "storage.bench"

CASES = {
    "a storage that the stack has not": Case(
        {BENCH: {"storages": ["efs"]}},
        f"{BENCH}.storages[0]",
        "must be a storage that the stack has",
        "efs",
        "choose from fsx",
    ),
    "a storage twice": Case(
        {BENCH: {"storages": ["fsx", "fsx"]}},
        f"{BENCH}.storages[1]",
        "must be named once",
        "fsx",
        "remove it",
    ),
    "a storage for reading only": Case(
        {"storage.also": ["s3"], "storage.s3": {"readOnly": True}, BENCH: {"storages": ["s3"]}},
        f"{BENCH}.storages[0]",
        "that pods can write to",
        "s3",
        "set storage.s3.readOnly to false",
    ),
    "a namespace without claims": Case(
        {BENCH: {"namespace": "elsewhere"}},
        f"{BENCH}.namespace",
        "must be one of storage.namespaces",
        "elsewhere",
        "choose from training",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_could_not_be_measured_is_refused(name: str) -> None:
    assert_refused(CASES[name])


def test_by_default_all_is_measured_that_can_be_written_to() -> None:
    changes = {"storage.also": ["efs", "s3"], BENCH: {}}
    settings, found = checked(changes)
    assert found == []
    assert set(settings.storage.measured) == {"fsx", "efs", "s3"}
    settings, _ = checked({**changes, "storage.s3": {"readOnly": True}})
    assert set(settings.storage.measured) == {"fsx", "efs"}


def test_the_bench_needs_the_workload_image() -> None:
    settings, _ = checked({"storage.bench": {}, "storage.fsx.link.preload": False})
    assert settings.runs_workloads


def test_without_a_bench_nothing_is_measured() -> None:
    assert checked({})[0].storage.measured == {}
    assert keys({BENCH: {"sizeMib": 8}}) == [f"{BENCH}.sizeMib"]
