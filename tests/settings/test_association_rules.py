"""Data repository associations that FSx or pulumi-aws would refuse, or leave undone."""

from __future__ import annotations

from typing import Any

import pytest

from components.spec.errors import ConfigError, format_path
from settings.deployed import DataStore, Deployed, deployed_parts
from tests.settings.configs import Case, Changes, assert_refused, checked, errors

FSX = "storage.fsx"
ASSOCIATIONS = f"{FSX}.associations"
DATA = {"path": "datasets/", "fileSystemPath": "/datasets"}
LINKED: Changes = {f"{FSX}.link": None, f"{FSX}.deploymentType": "PERSISTENT_2"}


def of(**associations: Any) -> dict[str, Any]:
    """A config with associations instead of the link."""
    return {**LINKED, ASSOCIATIONS: associations}


def other(**changes: Any) -> dict[str, Any]:
    return {"path": "results/", "fileSystemPath": "/results", **changes}


CASES = {
    "beside a link": Case(
        {ASSOCIATIONS: {"data": DATA}},
        ASSOCIATIONS,
        "either a link or associations",
        ["data"],
        "set `link: null`",
    ),
    "more than eight": Case(
        of(**{f"a{i}": {"path": f"p{i}/", "fileSystemPath": f"/p{i}"} for i in range(9)}),
        ASSOCIATIONS,
        "at most 8",
        9,
        "remove some",
    ),
    "a name that is no label": Case(
        of(Data=DATA), f"{ASSOCIATIONS}.Data", "lower-case letters", "Data", "rename it"
    ),
    "a path that is none": Case(
        of(data=DATA | {"path": "/datasets"}),
        f"{ASSOCIATIONS}.data.path",
        "a prefix of the data bucket, or s3://",
        "/datasets",
        "datasets/",
    ),
    "a directory without a slash": Case(
        of(data=DATA | {"fileSystemPath": "datasets"}),
        f"{ASSOCIATIONS}.data.fileSystemPath",
        "with a slash at its beginning",
        "datasets",
        "set /datasets",
    ),
    "a directory that leaves its own": Case(
        of(data=DATA | {"fileSystemPath": "/a/../b"}),
        f"{ASSOCIATIONS}.data.fileSystemPath",
        "an absolute path",
        "/a/../b",
        "set /datasets",
    ),
    "a directory within another's": Case(
        of(data=DATA, results=other(fileSystemPath="/datasets/results/")),
        f"{ASSOCIATIONS}.results.fileSystemPath",
        "must not overlap with that of data",
        "/datasets/results/",
        "set for instance /results",
    ),
    "the whole file system beside a directory": Case(
        of(data=DATA, results=other(fileSystemPath="/")),
        f"{ASSOCIATIONS}.results.fileSystemPath",
        "the whole file system",
        "/",
        "/results",
    ),
    "a prefix within another's": Case(
        of(data=DATA, results=other(path="datasets/digits")),
        f"{ASSOCIATIONS}.results.path",
        "must not overlap with that of data",
        "datasets/digits",
        "outside of the other",
    ),
    "the data bucket by its name": Case(
        {
            **of(data=DATA, results=other(path="s3://my-data/datasets/digits/")),
            "bucket.name": "my-data",
        },
        f"{ASSOCIATIONS}.results.path",
        "must not overlap with that of data",
        "s3://my-data/datasets/digits/",
        "outside of the other",
    ),
    "an event twice": Case(
        of(data=DATA | {"exportEvents": ["NEW", "CHANGED", "NEW"]}),
        f"{ASSOCIATIONS}.data.exportEvents",
        "each event once",
        ["NEW", "CHANGED", "NEW"],
        "['NEW', 'CHANGED']",
    ),
    "backups of a linked file system": Case(
        {**of(data=DATA), f"{FSX}.automaticBackupRetentionDays": 7},
        f"{FSX}.automaticBackupRetentionDays",
        "linked to S3 has no backups",
        7,
        "remove the associations",
    ),
    "an archive class below an association": Case(
        {
            **of(results=other()),
            "bucket.lifecycle": [
                {"prefix": "results/old/", "transitions": [{"days": 90, "storageClass": "GLACIER"}]}
            ],
        },
        "bucket.lifecycle[0].transitions[0].storageClass",
        "must stay readable",
        "GLACIER",
        "GLACIER_IR",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_association_that_fsx_refuses_is_refused_before(case: Case) -> None:
    assert_refused(case)


@pytest.mark.parametrize(
    "associations",
    [
        {"data": DATA, "results": other(exportEvents=["NEW", "CHANGED", "DELETED"])},
        {"all": {"path": "", "fileSystemPath": "/"}},
        {"data": DATA, "theirs": other(path="s3://theirs/datasets/")},
        {"one": DATA, "two": {"path": "datasets-2/", "fileSystemPath": "/datasets-2"}},
    ],
)
def test_associations_apart_from_each_other_are_right(associations: dict[str, Any]) -> None:
    assert errors(of(**associations)) == []


THERE: dict[str, Any] = {
    "dataRepositoryPath": "s3://data/datasets/",
    "fileSystemPath": "/datasets",
    "batchImportMetaDataOnCreate": True,
    "s3": {
        "autoImportPolicy": {"events": ["NEW", "CHANGED", "DELETED"]},
        "autoExportPolicy": {"events": ["NEW"]},
    },
}
LUSTRE = DataStore(
    "fs-0123456789abcdef0",
    {
        "deploymentType": "PERSISTENT_2",
        "storageType": "SSD",
        "storageCapacity": 1200,
        "perUnitStorageThroughput": 125,
        "fileSystemTypeVersion": "2.15",
    },
)


def updated(associations: dict[str, Any], **more: Any) -> list[ConfigError]:
    """The errors of an update of a stack that has the association data."""
    deployed = Deployed(
        backend="fsx",
        file_systems={"fsx": LUSTRE},
        associations={"data": THERE},
        bucket=DataStore("data", {}),
    )
    return checked({**of(**associations), **more}, deployed=deployed)[1]


EXPORTED = DATA | {"exportEvents": ["NEW"]}


@pytest.mark.parametrize(
    "associations",
    [
        {"data": EXPORTED},
        {},
        {"data": EXPORTED | {"importEvents": ["NEW"], "exportEvents": ["DELETED"]}},
        {"data": EXPORTED | {"fileSystemPath": "/elsewhere"}},
        {"data": EXPORTED, "results": other()},
        {"results": other()},
    ],
)
def test_associations_come_go_and_change_on_a_running_file_system(
    associations: dict[str, Any],
) -> None:
    assert updated(associations) == []


@pytest.mark.parametrize(
    ("associations", "key", "rule", "remedy"),
    [
        ({"data": EXPORTED | {"batchImport": False}}, "data.batchImport", "created", "set true"),
        ({"data": DATA}, "data.exportEvents", "keep one event", "remove data in this update"),
        (
            {"data": EXPORTED | {"importEvents": []}},
            "data.importEvents",
            "keep one event",
            "set ['NEW', 'CHANGED', 'DELETED']",
        ),
        ({"sets": DATA}, "sets.fileSystemPath", "overlaps with data, which goes", "call it data"),
        (
            {"sets": DATA | {"fileSystemPath": "/sets"}},
            "sets.path",
            "overlaps with data",
            "remove sets in this update",
        ),
    ],
)
def test_a_change_that_would_fail_or_be_left_undone_is_refused(
    associations: dict[str, Any], key: str, rule: str, remedy: str
) -> None:
    (error,) = updated(associations)
    assert format_path(error.path) == f"{ASSOCIATIONS}.{key}"
    assert rule in error.rule
    assert remedy in error.remedy


def test_a_file_system_that_may_be_replaced_has_no_associations_yet() -> None:
    assert updated({"sets": DATA}, allowReplacementOf=[LUSTRE.id]) == []


def test_the_deployed_associations_are_read_from_the_state_by_their_names() -> None:
    urn = "urn:pulumi:test::p::a$b::storage-association-data"
    kind = "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation"
    state = {urn: {"type": kind, "outputs": THERE}}
    assert deployed_parts(state).associations == {"data": THERE}
