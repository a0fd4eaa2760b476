"""Suggestions for a value that is not in its closed set."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.spec.parsing import parse
from components.spec.spelling import closest_value
from components.spec.synonyms import SYNONYMS
from settings.keys import keys
from settings.stack import StackConfig
from tests.settings.configs import changed, checked


def remedy(path: str, value: Any) -> str:
    (error,) = parse(StackConfig, changed({path: value})).errors
    return error.remedy


@pytest.mark.parametrize(
    ("path", "value", "suggestion"),
    [
        ("storage.backend", "FSX", "fsx"),
        ("storage.backend", "fsx-for-lustre", "fsx"),
        ("storage.backend", "lustre", "fsx"),
        ("storage.backend", "Lustre", "fsx"),
        ("storage.backend", "nfs", "efs"),
        ("storage.backend", "elastic file system", "efs"),
        ("network.nat", "perzone", "perZone"),
        ("network.nat", "one-per-az", "perZone"),
        ("network.nat", "one", "single"),
        ("network.nat", "disabled", "none"),
        ("network.nat", False, "none"),
        ("nodeGroups.cpu.capacityType", "spot", "SPOT"),
        ("nodeGroups.cpu.capacityType", "OnDemand", "ON_DEMAND"),
        ("nodeGroups.cpu.subnets", "internal", "private"),
        ("nodeGroups.cpu.taints", [{"key": "a", "effect": "NoSchedule"}], "NO_SCHEDULE"),
        ("storage.fsx.deploymentType", "persistent2", "PERSISTENT_2"),
        ("storage.fsx.deploymentType", "SCRATCH", "SCRATCH_2"),
        ("storage.fsx.storageType", "flash", "SSD"),
        ("storage.fsx.dataCompressionType", "lz4", "LZ4"),
        ("storage.fsx.dataCompressionType", True, "LZ4"),
        ("storage.fsx.link.autoImportPolicy", "ALL", "NEW_CHANGED_DELETED"),
        ("storage.efs.performanceMode", "gp", "generalPurpose"),
        ("storage.efs.transitionToIa", "30 days", "AFTER_30_DAYS"),
        ("storage.efs.transitionToIa", 7, "AFTER_7_DAYS"),
        ("cluster.logTypes", ["controller-manager"], "controllerManager"),
        ("cluster.logTypes", ["kube-apiserver"], "api"),
        ("cluster.addons", {"cni": {}}, "vpc-cni"),
        ("cluster.addons", {"kube-dns": {}}, "coredns"),
    ],
)
def test_a_value_that_is_known_by_another_name_is_suggested(
    path: str, value: Any, suggestion: str
) -> None:
    assert remedy(path, value) == f'did you mean "{suggestion}"?'


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [
        ("standard_ia", "STANDARD_IA"),
        ("infrequent access", "STANDARD_IA"),
        ("One Zone-IA", "ONEZONE_IA"),
        ("intelligent", "INTELLIGENT_TIERING"),
        ("Glacier Instant Retrieval", "GLACIER_IR"),
        ("glacier-flexible-retrieval", "GLACIER"),
        ("GLACIER_DEEP_ARCHIVE", "DEEP_ARCHIVE"),
    ],
)
def test_a_storage_class_is_suggested_by_the_name_that_s3_has_for_people(
    word: str, suggestion: str
) -> None:
    steps = [{"days": 90, "storageClass": word}]
    rules = [{"prefix": "models/", "transitions": steps}]
    assert remedy("bucket.lifecycle", rules) == f'did you mean "{suggestion}"?'


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [
        ("admin", "AmazonEKSAdminPolicy"),
        ("cluster-admin", "AmazonEKSClusterAdminPolicy"),
        ("view", "AmazonEKSViewPolicy"),
        ("read-only", "AmazonEKSViewPolicy"),
    ],
)
def test_an_access_policy_is_suggested_by_the_role_of_kubernetes(
    word: str, suggestion: str
) -> None:
    entry = {"principalArn": "arn:aws:iam::123456789012:role/people", "policy": word}
    assert remedy("cluster.accessEntries", {"people": entry}) == f'did you mean "{suggestion}"?'


@pytest.mark.parametrize("value", [31, "31"])
def test_a_number_gets_the_nearest_of_its_set(value: Any) -> None:
    assert remedy("cluster.logRetentionDays", value) == "set 30, the nearest"


@pytest.mark.parametrize("word", ["ebs", "PERSISTENT", "x", "fsx for ontap", "netapp"])
def test_a_word_that_may_be_several_or_none_gets_no_suggestion(word: str) -> None:
    path = "storage.fsx.deploymentType" if word == "PERSISTENT" else "storage.backend"
    assert remedy(path, word) == "choose one of them"


def test_every_other_word_stands_for_a_value_of_some_closed_set() -> None:
    sets = {value for key in keys(StackConfig) for value in key.values}
    sets |= {
        name
        for key in keys(StackConfig)
        for name in key.schema.get("propertyNames", {}).get("enum", [])
    }
    assert {value for values in SYNONYMS.values() for value in values} <= sets


@given(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=4))
def test_a_suggestion_is_one_of_the_values(word: str, known: list[str]) -> None:
    assert closest_value(word, known) in {None, *known}


@pytest.mark.parametrize(("word", "suggestion"), [("csv", "text/csv"), ("svmlight", "text/libsvm")])
def test_a_format_of_xgboost_is_suggested_beside_an_image_of_ones_own(
    word: str, suggestion: str
) -> None:
    errors = checked({"training.jobs.digits.contentType": word})[1]
    (said,) = [one.remedy for one in errors if one.path[-1] == "contentType"]
    assert said == f"set {suggestion}, or an image of your own"
