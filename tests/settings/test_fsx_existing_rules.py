"""A file system of FSx for Lustre that somebody else made, in the config of a stack."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from components.spec.errors import ConfigError, format_path
from components.storage.found_lustre import FoundLustre
from settings.adopted_storage import storage_query
from settings.deployed import DataStore, Deployed, deployed_parts
from settings.found_storage import FoundStorage, StorageQuery
from settings.loading import check
from settings.stack import Settings
from tests.settings.configs import ACCOUNT, REGION, Case, assert_refused, changed

ID, OTHER = "fs-0123456789abcdef0", "fs-0fedcba9876543210"
EXISTING = "storage.fsx.existing"
FOUND = FoundLustre(
    id=ID,
    dns_name=f"{ID}.fsx.us-west-2.amazonaws.com",
    mount_name="abcdefgh",
    vpc_id="vpc-1",
    subnet_id="subnet-1",
    zone="us-west-2a",
    security_group_ids=("sg-1",),
    capacity_gib=1200,
)
IN_THE_VPC = Deployed(vpc_id="vpc-1")

CASES = {
    "an id that is none": Case(
        {EXISTING: "vol-0123"}, EXISTING, "the id of a file system", "vol-0123", "describe-file"
    ),
    "a capacity beside it": Case(
        {EXISTING: ID, "storage.fsx.storageCapacityGib": 2400},
        "storage.fsx.storageCapacityGib",
        "adopted as it is",
        2400,
        "remove storageCapacityGib, or existing",
    ),
    "a link beside it": Case(
        {EXISTING: ID, "storage.fsx.link": {"importPath": "datasets/"}},
        "storage.fsx.link",
        "adopted as it is",
        {
            "importPath": "datasets/",
            "exportPath": "exports/",
            "autoImportPolicy": "NEW_CHANGED_DELETED",
            "importedFileChunkSizeMib": 1024,
            "preload": False,
        },
        "remove link",
    ),
    "a zone beside it": Case(
        {EXISTING: ID, "storage.fsx.zone": "us-west-2a"},
        "storage.fsx.zone",
        "adopted as it is",
        "us-west-2a",
        "remove zone",
    ),
}


@pytest.fixture(autouse=True)
def nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test asks an account."""
    monkeypatch.setattr("tests.settings.configs.check", _unread)


def _unread(*args: Any, **named: Any) -> tuple[Settings, list[ConfigError]]:
    answer = FoundStorage(FOUND, is_known=False)
    return check(*args, **{"read_storage": lambda _: answer, "deployed": IN_THE_VPC, **named})


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_key_that_describes_another_file_system_is_refused(case: Case) -> None:
    assert_refused(case)


def adopted(
    found: FoundLustre | None = FOUND,
    deployed: Deployed = IN_THE_VPC,
    problem: str = "",
    **changes: Any,
) -> tuple[Settings, list[ConfigError]]:
    """The settings and errors of a stack that adopts a file system."""
    asked: list[StorageQuery] = []

    def read(query: StorageQuery) -> FoundStorage:
        asked.append(query)
        return FoundStorage(found, problem=problem)

    config = changed({EXISTING: ID, **changes})
    result = check(
        "eks-ml-storage",
        "test",
        REGION,
        config,
        lambda _: ACCOUNT,
        deployed=deployed,
        read_storage=read,
    )
    assert asked == [StorageQuery(ID)]
    return result


def test_a_file_system_in_the_network_is_taken_with_its_zone() -> None:
    settings, errors = adopted(replace(FOUND, zone="us-west-2b"))
    assert errors == []
    assert settings.storage.fsx.zone == "us-west-2b"
    assert "zone" not in settings.storage.fsx.model_fields_set
    assert settings.found_storage.lustre is not None


def test_without_an_account_nobody_looks_and_nothing_is_missed() -> None:
    config = changed({EXISTING: ID})
    settings, errors = check("eks-ml-storage", "test", REGION, config, None)
    assert errors == []
    assert not settings.found_storage.is_known


@pytest.mark.parametrize(
    "changes", [{EXISTING: "vol-1"}, {"storage.backend": "efs", EXISTING: ID}, {}]
)
def test_what_is_not_used_or_no_id_is_not_looked_up(changes: dict[str, Any]) -> None:
    config = changed(changes)
    settings, _ = check("eks-ml-storage", "test", REGION, config, None)
    assert storage_query(settings) is None


@pytest.mark.parametrize(
    ("found", "deployed", "rule", "remedy"),
    [
        (None, IN_THE_VPC, "of FSx for Lustre that the account has", "describe-file-systems"),
        (
            replace(FOUND, security_group_ids=()),
            IN_THE_VPC,
            "interfaces are gone: it is being deleted",
            "AVAILABLE",
        ),
        (FOUND, Deployed(vpc_id="vpc-2"), "is in vpc-1, and the stack is in vpc-2", "vpcId vpc-1"),
        (FOUND, Deployed(), "the stack is in a network of its own", "network.existing"),
        (replace(FOUND, zone="us-west-2d"), IN_THE_VPC, "has no subnet", "add the zone"),
        (
            FOUND,
            replace(IN_THE_VPC, backend="fsx", file_systems={"fsx": DataStore(OTHER, {})}),
            f"the stack made {OTHER}, and would delete it",
            f"allowReplacementOf: [{OTHER}]",
        ),
        (
            FOUND,
            replace(IN_THE_VPC, backend="fsx", file_systems={"fsx": DataStore(ID, {})}),
            "the stack made it itself",
            "remove it",
        ),
    ],
)
def test_what_is_missing_is_an_error_before_anything_is_created(
    found: FoundLustre | None, deployed: Deployed, rule: str, remedy: str
) -> None:
    _, (error,) = adopted(found, deployed)
    assert format_path(error.path) == EXISTING
    assert error.value == ID
    assert rule in error.rule
    assert remedy in error.remedy


def test_the_words_of_the_provider_are_in_the_remedy() -> None:
    _, (error,) = adopted(None, problem="resource 'fs-0123456789abcdef0' does not exist")
    assert "does not exist" in error.remedy


def test_the_stacks_own_file_system_may_be_given_up_for_it() -> None:
    there = replace(IN_THE_VPC, backend="fsx", file_systems={"fsx": DataStore(OTHER, {})})
    assert adopted(FOUND, there, allowReplacementOf=[OTHER])[1] == []


def test_nodes_in_other_zones_only_are_refused_because_pods_come_up_beside_it() -> None:
    _, (error,) = adopted(**{"nodeGroups.cpu.zones": ["us-west-2b"]})
    assert "no node group has nodes" in error.rule


def test_the_vpc_of_the_stack_is_known_from_its_state() -> None:
    type_ = "aws:ec2/vpc:Vpc"
    outputs = {"arn": "arn:aws:ec2:us-west-2:123456789012:vpc/vpc-9", "cidrBlock": "10.0.0.0/16"}
    state = {f"urn:pulumi:test::p::{type_}::network-vpc": {"type": type_, "outputs": outputs}}
    assert deployed_parts(state).vpc_id == "vpc-9"
