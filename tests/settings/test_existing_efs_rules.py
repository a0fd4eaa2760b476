"""An EFS file system that the config names and that exists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from components.spec.errors import format_path
from components.storage.found_efs import FoundEfs, FoundMountTarget
from settings.deployed import DataStore, Deployed, deployed_parts
from tests.settings.configs import ACCOUNT, Case, assert_refused, checked, errors, keys

ID = "fs-0123456789abcdef0"
EXISTING = "storage.efs.existing"
EFS: dict[str, Any] = {"storage.backend": "efs", EXISTING: ID}
MOUNT = {"Effect": "Allow", "Principal": "*", "Action": "elasticfilesystem:ClientMount"}
ALL = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "elasticfilesystem:Client*"}
TLS = {"Effect": "Deny", "Principal": "*", "Action": "*"} | {
    "Condition": {"Bool": {"aws:SecureTransport": "false"}}
}
FOUND = FoundEfs(ID, "dns")

SYSTEMS = {
    "a file system that is not there": (None, EFS, "there must be", "describe-file-systems"),
    "the copy of another one": (
        FoundEfs(ID, "dns", is_replica=True),
        EFS,
        "destination of a replication",
        "name its source",
    ),
    "a file system of another VPC": (
        FoundEfs(ID, "dns", mount_targets=(FoundMountTarget("us-west-2a", "vpc-9", ("sg-1",)),)),
        EFS,
        "mount targets in vpc-9",
        "vpcId to vpc-9",
    ),
    "a One Zone file system outside the network": (
        FoundEfs(ID, "dns", zone="us-west-2c"),
        EFS,
        "no subnet",
        "add us-west-2c",
    ),
    "a One Zone file system without nodes in its zone": (
        FoundEfs(ID, "dns", zone="us-west-2a"),
        {**EFS, "nodeGroups.cpu.zones": ["us-west-2b"]},
        "no node group has nodes",
        "add us-west-2a",
    ),
    "a policy that lets pods only read": (
        FoundEfs(ID, "dns", policy=(MOUNT,)),
        EFS,
        "keeps out pods",
        "describe-file-system-policy",
    ),
    "a policy that keeps out SageMaker": (
        FoundEfs(ID, "dns", policy=(ALL, TLS)),
        EFS,
        "keeps out SageMaker",
        "describe-file-system-policy",
    ),
    "a policy that keeps out plain NFS": (
        FoundEfs(ID, "dns", policy=(ALL, TLS)),
        {**EFS, "training.jobs": {}, "storage.efs.nfsVolume": {}},
        "keeps out the plain NFS volume",
        "describe-file-system-policy",
    ),
}


@pytest.mark.parametrize(("found", "changes", "rule", "remedy"), SYSTEMS.values(), ids=SYSTEMS)
def test_a_file_system_that_could_not_be_used_is_refused_before_anything_is_made(
    found: FoundEfs | None, changes: dict[str, Any], rule: str, remedy: str
) -> None:
    case = Case(changes, EXISTING, rule, ID, remedy)
    assert_refused(case, replace(ACCOUNT, efs=found))


@pytest.mark.parametrize(
    "found",
    [
        FOUND,
        FoundEfs(ID, "dns", zone="us-west-2b"),
        FoundEfs(ID, "dns", policy=(ALL,)),
    ],
)
def test_a_file_system_that_can_be_used_is(found: FoundEfs) -> None:
    assert errors(EFS, replace(ACCOUNT, efs=found)) == []


def test_an_id_of_another_kind_is_refused_and_not_looked_up() -> None:
    case = Case({**EFS, EXISTING: "my-efs"}, EXISTING, "fs- and hex", "my-efs", "describe")
    assert_refused(case)


def test_one_of_a_storage_that_is_not_in_use_is_not_looked_at() -> None:
    assert keys({**EFS, "storage.backend": "fsx"}) == []


def test_a_file_system_of_the_stack_is_not_left_for_another_with_its_data() -> None:
    store = DataStore("fs-1", {"performanceMode": "generalPurpose"})
    there = Deployed(backend="efs", file_systems={"efs": store})
    account = replace(ACCOUNT, efs=FOUND)
    (error,) = checked(EFS, account, deployed=there)[1]
    assert format_path(error.path) == EXISTING
    assert "would delete it" in error.rule
    allowed = {**EFS, "allowReplacementOf": ["fs-1"]}
    assert checked(allowed, account, deployed=there)[1] == []


def test_an_adopted_file_system_is_known_by_the_stacks_access_point() -> None:
    point = {"type": "aws:efs/accessPoint:AccessPoint", "outputs": {"fileSystemId": ID}}
    there = deployed_parts({"urn:pulumi:test::p::t::storage-access-point": point})
    assert there.file_systems == {"efs": DataStore(ID, {})}
    assert checked({"storage.backend": "efs"}, deployed=there)[1] == [], "one of its own is made"
