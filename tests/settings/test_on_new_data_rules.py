"""Training on new data: what a batch is, and whose the bucket's notifications are."""

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
    "a prefix that begins with a slash": Case(
        on(incoming="/new/"), f"{ON}.incoming", "slash at its end", "/new/", "incoming/digits/"
    ),
    "a prefix that is half a name": Case(
        on(incoming="new"), f"{ON}.incoming", "slash at its end", "new", "incoming/digits/"
    ),
    "a prefix that training writes to": Case(
        on(incoming="models/new/"),
        f"{ON}.incoming",
        "where the stack itself writes",
        "models/new/",
        "incoming/digits/",
    ),
    "a batch that ends before it may be quiet": Case(
        on(quietSeconds=60, longestSeconds=30),
        f"{ON}.longestSeconds",
        "at least quietSeconds",
        30,
        "set 60",
    ),
    "a link that imports by notifications": Case(
        {**on(), "storage.backend": "fsx"},
        ON,
        "one notification configuration",
        {"job": "digits"},
        "autoImportPolicy to NONE",
    ),
    "an adopted bucket": Case(
        {**on(), "bucket.existing": "theirs"},
        f"{ON}.replaceNotifications",
        "left as it is",
        False,
        "set true if nobody else",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: Case) -> None:
    assert_refused(case)


def test_on_efs_the_bucket_notifies_the_queue_only() -> None:
    assert keys(on()) == []


@pytest.mark.parametrize(
    "link",
    [None, {"autoImportPolicy": "NONE"}, {"importPath": "s3://others/", "exportPath": None}],
    ids=["no link", "no automatic import", "a link to another bucket"],
)
def test_on_fsx_it_is_taken_where_the_link_needs_no_notifications(link: Any) -> None:
    assert keys({**on(), "storage.backend": "fsx", "storage.fsx.link": link}) == []


def test_the_data_bucket_named_in_full_is_still_the_data_bucket() -> None:
    link = {"importPath": "s3://ours/datasets/", "exportPath": None}
    config = {**on(), "storage.backend": "fsx", "storage.fsx.link": link, "bucket.name": "ours"}
    assert keys(config) == [ON]


def test_an_adopted_buckets_notifications_are_replaced_when_that_is_said() -> None:
    assert keys({**on(replaceNotifications=True), "bucket.existing": "theirs"}) == []


def test_what_comes_in_has_the_jobs_name_unless_it_is_given_another() -> None:
    for given, expected in ((None, "incoming/digits/"), ("new/", "new/")):
        settings, _ = checked(on(incoming=given))
        assert settings.training.on_new_data is not None
        assert settings.training.on_new_data.incoming_prefix == expected


def test_a_link_that_is_faulty_itself_is_the_only_fault() -> None:
    config = {**on(), "storage.backend": "fsx", "storage.fsx.link": {"autoImportPolicy": "ALL"}}
    assert keys(config) == ["storage.fsx.link.autoImportPolicy"]
