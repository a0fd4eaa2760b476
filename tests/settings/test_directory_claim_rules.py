"""Claims on single directories: names, owners, and what one team sees of another."""

from __future__ import annotations

from typing import Any

import pytest

from settings.rules import warnings
from tests.settings.configs import Case, assert_refused, checked, errors

CLAIMS = "storage.claims"
A: dict[str, Any] = {"namespace": "team-a", "directory": "teams/a"}
B: dict[str, Any] = {"namespace": "team-b", "directory": "teams/b"}
EFS = {"storage.backend": "efs"}
BELOW = {"path": "/x/y", "uid": 1000, "gid": 1000}
ON_S3_FILES = {"storage.backend": "s3files", "storage.s3files.accessPoint": BELOW}


def case(key: str, rule: str, value: Any, remedy: str, **claims: Any) -> Case:
    """Claims by name, one of which is refused."""
    return Case({CLAIMS: claims}, f"{CLAIMS}.{key}", rule, value, remedy)


CASES = {
    "a directory that leads out": case(
        *("one.directory", "a path without a slash", "../a", "teams/a"),
        one={**A, "directory": "../a"},
    ),
    "a directory from the root": case(
        *("one.directory", "a path without a slash", "/a", "teams/a"), one={**A, "directory": "/a"}
    ),
    "a mode that is none": case(
        *("one.permissions", "must be a POSIX mode", "rwx", "0770"),
        one={**A, "permissions": "rwx"},
    ),
    "a mode that keeps out its owner": case(
        *("one.permissions", "owner must read, write", "0070", '"0770"'),
        one={**A, "permissions": "0070"},
    ),
    "a mode that keeps out its readers": case(
        *("one.permissions", "acts as any other user", "0770", '"0775"'),
        one={**A, "accessMode": "ReadOnlyMany", "permissions": "0770"},
    ),
    "a namespace of Kubernetes": case(
        *("one.namespace", "Kubernetes' own", "kube-system", "name one of yours"),
        one={**A, "namespace": "kube-system"},
    ),
    "a name of a claim on a whole storage": case(
        "shared", "claims on whole storages", "shared", "rename it", shared=A
    ),
    "a name that is no label": case("One", "lower-case letters", "One", "rename it", One=A),
    "names that give one volume": Case(
        {CLAIMS: {"a": {**A, "namespace": "b-c"}, "a-b": {**B, "namespace": "c"}}},
        f"{CLAIMS}.a-b",
        "its volume would have the name a-b-c",
        "a-b",
        "rename it",
    ),
    "a storage that is not there": case(
        *("one.storage", "must be a storage of the stack", "efs", "add efs to storage.also"),
        one={**A, "storage": "efs"},
    ),
    "no claim to make the directory through": Case(
        {CLAIMS: {"one": A}, "storage.namespaces": [], "training": {}},
        f"{CLAIMS}.one",
        "through a claim on the whole storage",
        "one",
        "storage-admin",
    ),
    "two owners of one directory": case(
        *("two.uid", "owner and mode of one", 1000, "set uid 7"),
        one={**A, "uid": 7},
        two={**B, "directory": "teams/a"},
    ),
    "a directory around another team's": case(
        *("two.directory", "would see the directory of one", "teams", "beside it"),
        one=A,
        two={**B, "directory": "teams"},
    ),
    "a directory inside another team's": case(
        *("two.directory", "pods of one, another namespace's", "teams/a/b", "beside it"),
        one=A,
        two={**B, "directory": "teams/a/b"},
    ),
    "an access point too deep": Case(
        {**EFS, CLAIMS: {"one": {**A, "directory": "a/b/c/d"}}},
        f"{CLAIMS}.one.directory",
        "EFS takes 4 levels",
        "a/b/c/d",
        "shorten it",
    ),
    "an access point of S3 Files too deep": Case(
        {**ON_S3_FILES, CLAIMS: {"one": {**A, "directory": "a/b/c"}}},
        f"{CLAIMS}.one.directory",
        "S3 Files takes 4 levels",
        "a/b/c",
        "shorten it",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: Case) -> None:
    assert_refused(case)


READS = {"accessMode": "ReadOnlyMany", "directory": "common"}


@pytest.mark.parametrize("backend", ["fsx", "efs"])
def test_teams_with_directories_of_their_own_and_a_common_one_are_taken(backend: str) -> None:
    claims = {"a": A, "b": B, "common-a": {**A, **READS}, "common-b": {**B, **READS}}
    assert errors({"storage.backend": backend, CLAIMS: claims}) == []


def test_one_team_may_have_a_directory_within_its_own() -> None:
    assert errors({CLAIMS: {"all": A, "part": {**A, "directory": "teams/a/b"}}}) == []


def test_a_directory_on_another_storage_is_another_directory() -> None:
    changes = {
        "storage.also": ["efs"],
        CLAIMS: {"a": A, "b": {**B, **A, "storage": "efs", "uid": 9}},
    }
    assert errors(changes) == []


@pytest.mark.parametrize(("namespace", "warned"), [("training", 1), ("team-a", 0)])
def test_a_team_that_has_the_whole_storage_all_the_same_is_warned(
    namespace: str, warned: int
) -> None:
    settings, found = checked({CLAIMS: {"a": {**A, "namespace": namespace}}})
    assert found == []
    said = [one for one in warnings(settings) if "the whole storage too" in one.rule]
    assert len(said) == warned
