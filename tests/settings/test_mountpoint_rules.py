"""Mountpoint for Amazon S3: what it cannot mount, and what pods may not write to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from components.spec.errors import NOT_SET
from tests.settings.configs import ACCOUNT, Case, assert_refused, keys

S3 = "storage.s3"
IN_USE: dict[str, Any] = {"storage.also": ["s3"], "storage.backend": "efs"}


def case(key: str, value: Any, rule: str, remedy: str, **further: Any) -> Case:
    """A value of a key of `storage.s3` that breaks a rule."""
    settings = {**further, key: value}
    return Case({**IN_USE, S3: settings}, f"{S3}.{key}", rule, value, remedy)


CASES = {
    "a prefix without a slash at its end": case(
        "prefix", "team/x", "a slash at its end", "set team/x/"
    ),
    "a prefix that begins with a slash": case(
        "prefix", "/team/", 'may be empty, "." or ".."', "set team/"
    ),
    "a prefix that leads out": case("prefix", "a/../b/", "Mountpoint does not show", "set a/b/"),
    "a prefix that leaves nothing to the files": case(
        "prefix", f"{'x' * 950}/", "at most 900", "shorten it"
    ),
    "deletion on a volume for reading": case(
        "allowDelete", True, "takes no changes", "set readOnly to false", readOnly=True
    ),
    "replacement on a volume for reading": case(
        "allowOverwrite", True, "takes no changes", "set readOnly to false", readOnly=True
    ),
    "a Region without a bucket": case(
        "bucketRegion", "eu-west-1", "for another bucket", "set bucket"
    ),
    "a key without a bucket": case(
        "kmsKeyArn",
        "arn:aws:kms:us-west-2:123456789012:key/k",
        "for another bucket",
        "set bucket",
    ),
    "a directory bucket": case(
        "bucket", "fast--usw2-az1--x-s3", "general purpose bucket", "name a general purpose bucket"
    ),
    "an ARN instead of a bucket": case(
        "bucket", "arn:aws:s3:::data", "must be a bucket name", "no ARN or URL"
    ),
    "a key of another Region than the bucket's": case(
        "kmsKeyArn",
        "arn:aws:kms:us-west-2:123456789012:key/k",
        "the stack's Region",
        "a key of eu-west-1",
        bucket="theirs",
        bucketRegion="eu-west-1",
    ),
    "a write where the datasets are": case(
        "prefix", "datasets/digits/", "pods may not write below datasets/", "set readOnly to true"
    ),
    "a write where the models are": case(
        "prefix", "models/", "pods may not write below models/", "such as shared/"
    ),
    "a write to the whole bucket": Case(
        {**IN_USE, S3: {"prefix": ""}},
        f"{S3}.prefix",
        "pods may not write below datasets/",
        NOT_SET,
        "set another prefix",
    ),
    "a write where FSx exports": Case(
        {"storage.also": ["s3"], "storage.backend": "fsx", S3: {"prefix": "exports/team/"}},
        f"{S3}.prefix",
        "must not overlap storage.fsx.link.exportPath",
        "exports/team/",
        "set readOnly to true",
    ),
    "an ephemeral cache without a class": Case(
        {**IN_USE, S3: {"cache": {"kind": "ephemeral"}}},
        f"{S3}.cache.storageClass",
        "an ephemeral cache needs a storage class",
        NOT_SET,
        "set emptyDir",
    ),
    "a class for an emptyDir": Case(
        {**IN_USE, S3: {"cache": {"storageClass": "gp3"}}},
        f"{S3}.cache.storageClass",
        "an emptyDir has no storage class",
        "gp3",
        "set the kind to ephemeral",
    ),
    "an ephemeral volume in memory": Case(
        {
            **IN_USE,
            S3: {"cache": {"kind": "ephemeral", "storageClass": "gp3", "medium": "memory"}},
        },
        f"{S3}.cache.medium",
        "only an emptyDir can be in memory",
        "memory",
        "set the kind to emptyDir",
    ),
    "the namespace of Mountpoint's pods": Case(
        {**IN_USE, "storage.namespaces": ["training", "mount-s3"]},
        "storage.namespaces[1]",
        "is the namespace of Mountpoint's pods",
        "mount-s3",
        "choose another name",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_would_fail_late_or_lose_data_is_refused(name: str) -> None:
    assert_refused(CASES[name])


def test_a_cluster_that_is_older_than_the_drivers_chart_takes_is_refused() -> None:
    old = Case(
        {**IN_USE, "cluster.version": "1.30"},
        "cluster.version",
        "needs Kubernetes 1.31 or later",
        "1.30",
        "remove s3 from storage.also",
    )
    account = replace(
        ACCOUNT, kubernetes_versions={**ACCOUNT.kubernetes_versions, "1.30": "EXTENDED_SUPPORT"}
    )
    assert_refused(old, account)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"prefix": "", "readOnly": True},
        {"prefix": "datasets/", "readOnly": True},
        {"prefix": "", "bucket": "theirs"},
        {"cache": {"sizeGib": 100}, "metadataTtl": 300},
        {"cache": {"kind": "ephemeral", "storageClass": "gp3"}, "metadataTtl": "indefinite"},
    ],
)
def test_what_works_is_taken(settings: dict[str, Any]) -> None:
    assert keys({**IN_USE, S3: settings}) == []


def test_settings_of_a_storage_that_is_not_in_use_are_kept() -> None:
    assert keys({S3: {"prefix": "datasets/"}}) == []


def test_s3_is_no_back_end() -> None:
    assert keys({"storage.backend": "s3"}) == ["storage.backend"]
