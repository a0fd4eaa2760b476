"""S3 Files: what it asks of the bucket, the jobs, the models and the driver."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from components.spec.errors import format_path
from settings.deployed import DataStore
from settings.rules import warnings
from tests.settings.configs import ACCOUNT, REGION, Case, assert_refused, checked
from tests.settings.test_update_rules import FILE_SYSTEM, KEY, OTHER_KEY, lustre

FILES: dict[str, Any] = {"storage.backend": "s3files"}
BESIDE: dict[str, Any] = {"storage.backend": "efs", "storage.also": ["s3files"]}
COLD = {"prefix": "datasets/", "transitions": [{"days": 90, "storageClass": "GLACIER"}]}

CASES = {
    "a bucket without versioning": Case(
        {**FILES, "bucket.versioning": False, "bucket.lifecycle": []},
        "bucket.versioning",
        "takes buckets with versioning only",
        False,
        "set true",
    ),
    "a bucket without versioning, beside another storage": Case(
        {**BESIDE, "bucket.versioning": False, "bucket.lifecycle": []},
        "bucket.versioning",
        "takes buckets with versioning only",
        False,
        "set true",
    ),
    "a key of another Region": Case(
        {"storage.s3files.kmsKeyArn": KEY.replace("us-west-2", "eu-west-1")},
        "storage.s3files.kmsKeyArn",
        "the stack's Region",
        KEY.replace("us-west-2", "eu-west-1"),
        "a key of us-west-2",
    ),
    "objects that go to an archive": Case(
        {
            **BESIDE,
            "bucket.lifecycle": [
                {"prefix": "models/", "transitions": COLD["transitions"]},
                {"noncurrentExpirationDays": 30},
            ],
        },
        "bucket.lifecycle[0].transitions[0].storageClass",
        "files of S3 Files must stay readable",
        "GLACIER",
        "GLACIER_IR",
    ),
    "an access point for claims of one name": Case(
        {**FILES, "storage.s3files.classes.one": {"reuseAccessPoint": True}},
        "storage.s3files.classes.one.reuseAccessPoint",
        "shares access points of EFS only",
        True,
        "set ensureUniqueDirectory to false",
    ),
    "a model whose copy would be in its source": Case(
        {
            **FILES,
            "patterns": {"modelRepository": {"models": {"x": {"prefix": "models/x/"}}}},
        },
        "patterns.modelRepository.models.x.prefix",
        "must not contain models/x/",
        "models/x/",
        "sources/x/",
    ),
    "a driver that does not mount it": Case(
        {**FILES, "drivers.efs.version": "4.2.0"},
        "drivers.efs.version",
        "needs release 4.4.1",
        "4.2.0",
        "set 4.4.1",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_would_fail_on_aws_is_refused(case: Case) -> None:
    assert_refused(case)


@pytest.mark.parametrize(
    "changes",
    [
        FILES,
        BESIDE,
        {**FILES, "storage.s3files.prefix": "datasets/"},
        {**FILES, "storage.s3files.prefix": "datasets/digits/"},
        {**FILES, "storage.s3files.prefix": "ml/"},
        {**FILES, "storage.s3files.accessPoint": {"path": "/shared", "uid": 1000, "gid": 1000}},
        {**BESIDE, "storage.s3files.prefix": "ml/"},
        {**FILES, "training.onNewData": {"job": "digits"}},
        {**FILES, "drivers.efs.version": "4.5.0"},
        {"storage.backend": "efs", "drivers.efs.version": "4.2.0"},
        {**FILES, "bucket.existing": "mine"},
        {
            **FILES,
            "patterns": {"modelRepository": {"models": {"x": {"prefix": "sources/x/"}}}},
        },
    ],
)
def test_what_works_is_taken(changes: dict[str, Any]) -> None:
    assert checked(changes)[1] == []


def warned(changes: dict[str, Any]) -> list[str]:
    settings, errors = checked(changes, ACCOUNT, REGION)
    assert errors == []
    return [format_path(one.path) for one in warnings(settings)]


def test_versions_that_stay_for_ever_are_warned_of() -> None:
    assert "bucket.lifecycle" in warned({**FILES, "bucket.lifecycle": []})
    assert "bucket.lifecycle" not in warned(FILES), "the default deletes them after 30 days"
    assert "bucket.lifecycle" not in warned({"storage.backend": "efs", "bucket.lifecycle": []})


def test_a_rule_that_deletes_files_by_their_age_is_warned_of() -> None:
    old = [{"prefix": "trained/", "expirationDays": 7}, {"noncurrentExpirationDays": 30}]
    assert warned({**FILES, "bucket.lifecycle": old}) == ["bucket.lifecycle[0].expirationDays"]
    apart = {**FILES, "bucket.lifecycle": old, "storage.s3files.prefix": "datasets/"}
    assert warned(apart) == []


def deployed() -> Any:
    """A stack with a file system over the prefix ml/ of the bucket mine."""
    outputs = {"bucket": "arn:aws:s3:::mine", "prefix": "datasets/", "kmsKeyId": KEY}
    store = DataStore(FILE_SYSTEM, outputs)
    there = lustre(backend="s3files", file_systems={"s3files": store}, file_system_zone=None)
    return replace(there, bucket=None)


THERE: dict[str, Any] = {
    **FILES,
    "storage.s3files.prefix": "datasets/",
    "bucket.existing": "mine",
}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"storage.s3files.prefix": ""}, "storage.s3files.prefix"),
        ({"storage.s3files.kmsKeyArn": OTHER_KEY}, "storage.s3files.kmsKeyArn"),
        ({"bucket.existing": "other"}, "bucket.existing"),
    ],
)
def test_what_would_replace_the_file_system_is_refused(changes: dict[str, Any], key: str) -> None:
    wanted = {**THERE, **changes}
    found = [one for one in checked(wanted, deployed=deployed())[1] if FILE_SYSTEM in one.rule]
    assert [format_path(one.path) for one in found] == [key]
    assert "not yet in the bucket" in found[0].rule
    allowed = checked({**wanted, "allowReplacementOf": [FILE_SYSTEM]}, deployed=deployed())[1]
    assert [one for one in allowed if FILE_SYSTEM in one.rule] == []


def test_what_s3_files_changes_in_place_is_taken() -> None:
    changes = {"storage.s3files.expirationDays": 7, "storage.s3files.importRules": [{}]}
    assert checked({**THERE, **changes}, deployed=deployed())[1] == []
