"""Values that do not fit, keys nobody knows, and what is judged beside them all the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.spec.errors import NOT_SET, ConfigError, format_path
from components.spec.parsing import parse
from components.spec.spelling import closest_match
from settings.report import config_key
from settings.stack import StackConfig
from tests.settings.configs import Case, assert_refused, changed, errors, keys, valid

CASES = {
    "a section that is text": Case(
        {"network": "10.0.0.0/16"}, "network", "keys with values", "10.0.0.0/16", "give it keys"
    ),
    "a list that is text": Case(
        {"network.zones": "us-west-2a"}, "network.zones", "a list", "us-west-2a", "[us-west-2a]"
    ),
    "a number that is a word": Case(
        {"nodeGroups.cpu.maxSize": "few"}, "nodeGroups.cpu.maxSize", "whole number", "few", "whole"
    ),
    "half a node": Case(
        {"nodeGroups.cpu.maxSize": 2.5}, "nodeGroups.cpu.maxSize", "whole number", 2.5, "whole"
    ),
    "a rate that is a word": Case(
        {
            "storage.efs.throughputMode": "provisioned",
            "storage.efs.provisionedThroughputMibps": "fast",
        },
        "storage.efs.provisionedThroughputMibps",
        "a number",
        "fast",
        "give a number",
    ),
    "a flag that is neither": Case(
        {"protect": "perhaps"}, "protect", "true or false", "perhaps", "write true or false"
    ),
    "a list without an item": Case(
        {"nodeGroups.cpu.instanceTypes": []},
        "nodeGroups.cpu.instanceTypes",
        "at least 1",
        [],
        "add one",
    ),
    "a list with too many": Case(
        {"nodeGroups.cpu.instanceTypes": ["m6i.large"] * 21},
        "nodeGroups.cpu.instanceTypes",
        "at most 20",
        ["m6i.large"] * 21,
        "remove some",
    ),
    "text that is a list": Case(
        {"network.cidr": ["10.0.0.0/16"]}, "network.cidr", "a string", ["10.0.0.0/16"], "a string"
    ),
    "a word of a closed set misspelt": Case(
        {"network.nat": "per_zone"}, "network.nat", "none, single, perZone", "per_zone", '"perZone"'
    ),
    "a key without a like": Case(
        {"network.xyz": 1}, "network.xyz", "no such key", 1, "use one of existing, cidr, zones, nat"
    ),
    "a key in the way of Python": Case(
        {"network.Nat": "none"}, "network.Nat", "no such key", "none", '"nat"'
    ),
    "a section misspelt": Case(
        {"nodegroups": {}}, "nodegroups", "this project has no such key", {}, '"nodeGroups"'
    ),
    "a key below a list": Case(
        {"bucket.lifecycle": [{"prefix": "models/", "expiration": 30, "expirationDays": 30}]},
        "bucket.lifecycle[0].expiration",
        "bucket.lifecycle[0] has no such key",
        30,
        '"expirationDays"',
    ),
    "a field's name in Python": Case(
        {"storage.fsx.storage_capacity_gib": 2400},
        "storage.fsx.storage_capacity_gib",
        "no such key",
        2400,
        '"storageCapacityGib"',
    ),
    "where a stack is deployed, set as a section": Case(
        {"region": "us-west-2"}, "region", "no such key", "us-west-2", "use one of protect"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: Case) -> None:
    assert_refused(case)


def test_a_part_of_a_section_set_without_path_is_explained() -> None:
    raw = valid() | {"storage.backend": "fsx"}
    (error,) = parse(StackConfig, raw).errors
    assert (
        error.remedy
        == "to set a part of a section, use `pulumi config set --path 'storage.backend'`"
    )


def test_the_value_of_a_misspelt_key_is_judged_as_the_one_that_was_meant() -> None:
    assert keys({"storage.fsx.storageCapacity": 1000}) == [
        "storage.fsx.storageCapacity",
        "storage.fsx.storageCapacityGib",
    ]


def test_a_required_key_misspelt_is_one_error_and_not_two() -> None:
    job = {"datset": "digits", "hyperParameters": {"num_round": "5"}}
    assert keys({"training.jobs.other": job}) == ["training.jobs.other.datset"]


def test_a_misspelt_key_does_not_replace_one_that_is_right() -> None:
    config = parse(StackConfig, changed({"network.zone": ["x"]})).spec
    assert config.network.zones == ("us-west-2a", "us-west-2b")


def test_a_rule_is_not_applied_to_a_value_that_could_not_be_read() -> None:
    hdd = {"storage.fsx.storageType": "HHD", "storage.fsx.storageCapacityGib": 6000}
    assert keys(hdd) == ["storage.fsx.storageType"]


def test_a_bad_value_hides_no_error_of_its_neighbours() -> None:
    bad = {"storage.fsx.zone": 1, "storage.fsx.storageCapacityGib": 1000, "network.zones": "x"}
    assert keys(bad) == ["network.zones", "storage.fsx.zone", "storage.fsx.storageCapacityGib"]


def test_a_bad_item_of_a_map_or_list_hides_no_error_of_the_others() -> None:
    bad = {
        "nodeGroups.broken": {"minSize": 1},
        "nodeGroups.cpu.desiredSize": 9,
        "bucket.lifecycle": [{"prefix": 5}, {"prefix": "models/"}],
    }
    assert keys(bad) == [
        "nodeGroups.broken.instanceTypes",
        "nodeGroups.cpu.desiredSize",
        "bucket.lifecycle[0].prefix",
        "bucket.lifecycle[1]",
    ]


def test_a_error_behind_a_list_item_that_could_not_be_read_keeps_its_place() -> None:
    steps = [
        {"storageClass": "STANDARD_IA"},
        "GLACIER",
        {"days": 7, "storageClass": "ONEZONE_IA"},
    ]
    rules = ["none", {"prefix": "models/", "transitions": steps}]
    assert keys({"bucket.lifecycle": rules}) == [
        "bucket.lifecycle[0]",
        "bucket.lifecycle[1].transitions[0].days",
        "bucket.lifecycle[1].transitions[1]",
        "bucket.lifecycle[1].transitions[2].days",
    ]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
sections = st.sampled_from([field.alias or "" for field in StackConfig.model_fields.values()])
parts = st.sampled_from(["zones", "jobs", "fsx", "link", "a", "lifecycle", "taints", "train"])


@given(
    st.dictionaries(sections, anything | st.dictionaries(parts, anything, max_size=3), max_size=3)
)
def test_whatever_is_written_becomes_settings_and_errors(raw: dict[str, Any]) -> None:
    before = repr(raw)
    parsed = parse(StackConfig, raw)
    assert isinstance(parsed.spec, StackConfig)
    assert repr(raw) == before
    assert len({(error.path, error.rule) for error in parsed.errors}) == len(parsed.errors)


@given(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=4))
def test_a_guess_is_one_of_the_words_known(word: str, known: list[str]) -> None:
    assert closest_match(word, known) in {None, *known}
    assert closest_match(word, [*known, word]) is not None


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (("network", "zones", 0), "p:network.zones[0]"),
        (("nodeGroups", "gpu", "labels", "a.b/c"), 'p:nodeGroups.gpu.labels["a.b/c"]'),
        (("aws:region",), "aws:region"),
    ],
)
def test_a_key_is_named_as_it_is_written(path: tuple[str | int, ...], key: str) -> None:
    assert config_key("p", path) == key
    assert key.endswith(format_path(path))


def test_a_error_without_a_value_says_not_set() -> None:
    (error,) = errors({"nodeGroups.other": {}})
    assert error == ConfigError(
        ("nodeGroups", "other", "instanceTypes"),
        "this key is required",
        NOT_SET,
        "add instanceTypes to nodeGroups.other",
    )


@pytest.mark.parametrize(
    ("key", "value", "remedy"),
    [
        ("storage.fsx.fileSystemTypeVersion", 2.15, 'write it in quotes: "2.15"'),
        ("cluster.logRetentionDays", "30", "write it without quotes: 30"),
    ],
)
def test_the_right_word_in_the_wrong_type_is_told_so(key: str, value: Any, remedy: str) -> None:
    [error] = errors({key: value})
    assert error.remedy == remedy
