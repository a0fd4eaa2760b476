"""Differences between two manifests."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.pulumi.providers.kubernetes.difference import (
    Changed,
    changes,
    dotted,
    not_ignored,
    parse_path,
)
from rehearsal.pulumi.providers.server import UNKNOWN

KEYS = st.text(min_size=1, max_size=4)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.integers() | st.text(max_size=3) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
TREES = st.dictionaries(KEYS, VALUES, max_size=4)


def applied(tree: Any, found: list[Changed]) -> Any:
    """The tree with the changes made, list items deleted from the end."""
    result = copy.deepcopy(tree)
    for one in sorted(found, key=lambda one: one.change == "delete"):
        if one.change != "delete":
            _put(result, one)
    for one in reversed(found):
        if one.change == "delete":
            del _parent(result, one)[one.path[-1]]
    return result


def _parent(tree: Any, one: Changed) -> Any:
    for step in one.path[:-1]:
        tree = tree[step]
    return tree


def _put(tree: Any, one: Changed) -> None:
    parent = _parent(tree, one)
    if isinstance(parent, list) and one.path[-1] == len(parent):
        parent.append(one.value)
    else:
        parent[one.path[-1]] = one.value


@given(TREES, TREES)
def test_the_changes_make_the_old_into_the_new(old: Any, new: Any) -> None:
    assert applied(old, list(changes(old, new))) == new


@given(TREES)
def test_a_tree_does_not_differ_from_itself(tree: Any) -> None:
    assert not list(changes(tree, copy.deepcopy(tree)))


@given(st.lists(st.text(min_size=1, max_size=5) | st.integers(0, 9), min_size=1, max_size=5))
def test_a_written_path_reads_back(path: list[str | int]) -> None:
    steps = tuple(step.replace("\\", "") or "x" if isinstance(step, str) else step for step in path)
    if "*" not in steps:
        assert parse_path(dotted(steps)) == steps


def test_an_unknown_value_always_differs() -> None:
    assert [one.change for one in changes({"a": UNKNOWN}, {"a": UNKNOWN})] == ["update"]


@pytest.mark.parametrize(
    ("path", "value", "pattern", "touches"),
    [
        (("spec", "template", "spec", "image"), "x", "spec.template", True),
        (("spec",), {"template": {}}, "spec.template", True),
        (("spec",), {"replicas": 1}, "spec.template", False),
        (("spec",), UNKNOWN, "spec.template", True),
        (("spec", "containers", 0, "image"), "x", "spec.containers.*.image", True),
        (("spec", "containers"), [{"image": "x"}], "spec.containers.*.image", True),
        (("spec", "containers", 0, "name"), "x", "spec.containers.*.image", False),
        (("specific",), "x", "spec", False),
    ],
)
def test_a_change_touches_a_pattern_at_below_and_around_it(
    path: tuple[str | int, ...], value: Any, pattern: str, touches: bool
) -> None:
    assert Changed(path, "update", value).within(pattern) is touches


def test_ignored_paths_cover_what_is_below_them() -> None:
    found = list(changes({}, {"spec": {"replicas": 1}, "data": {"a": "b"}}))
    assert [one.path for one in not_ignored(found, ["spec"])] == [("data",)]
    deep = list(changes({"l": [{"a": 1, "b": 1}]}, {"l": [{"a": 2, "b": 2}]}))
    assert [one.path for one in not_ignored(deep, ["l[*].a"])] == [("l", 0, "b")]
