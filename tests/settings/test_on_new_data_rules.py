"""Training on new data: what a batch is, and on which storage it may be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.settings.configs import Case, assert_refused, checked, keys

ON = "training.onNewData"
BASE: dict[str, Any] = {"storage.backend": "efs", ON: {"job": "digits"}}


def on(**changes: object) -> dict[str, Any]:
    """Training on new data, on EFS, with some settings changed."""
    return {**BASE, ON: {"job": "digits", **changes}}


CASES = {
    "a job that is not there": Case(
        on(job="letters"), f"{ON}.job", "one of training.jobs", "letters", "choose from digits"
    ),
    "a batch that ends before it may be quiet": Case(
        on(quietSeconds=60, longestSeconds=30),
        f"{ON}.longestSeconds",
        "at least quietSeconds",
        30,
        "set 60",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: Case) -> None:
    assert_refused(case)


@pytest.mark.parametrize(
    "storage",
    [
        {"storage.backend": "efs"},
        {"storage.backend": "fsx"},
        {"storage.backend": "fsx", "storage.fsx.link": None},
        {"storage.backend": "fsx", "storage.fsx.link": {"autoImportPolicy": "NONE"}},
        {"storage.backend": "fsx", "bucket.existing": "theirs"},
    ],
    ids=["efs", "automatic import", "no link", "import once", "an adopted bucket"],
)
def test_any_storage_takes_it_as_the_inbox_is_a_bucket_of_its_own(storage: dict[str, Any]) -> None:
    assert keys({**on(), **storage}) == []


def test_what_came_in_stays_unless_an_age_is_given() -> None:
    for given, expected in (({}, None), ({"expirationDays": 90}, 90)):
        settings, _ = checked(on(**given))
        assert settings.training.on_new_data is not None
        assert settings.training.on_new_data.expiration_days == expected


def test_what_expires_on_the_day_it_comes_is_refused() -> None:
    assert keys(on(expirationDays=0)) == [f"{ON}.expirationDays"]
