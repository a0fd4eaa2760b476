"""The stack's own state, as the engine tells it."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from settings.deployed import (
    MARKER,
    NO_REFERENCES,
    Deployed,
    StateReadError,
    deployed_parts,
    read_state,
)

STACK = "organization/eks-ml-storage/dev"
PREFIX = "urn:pulumi:dev::eks-ml-storage::"
VPC = {"type": "aws:ec2/vpc:Vpc", "outputs": {"cidrBlock": "10.20.0.0/16"}}


class Engine:
    """Answers the two calls about a stack's state, and remembers them."""

    kept: str | None = ""
    """Output of the stack's marker in the state, empty without one, None when it is not told."""

    def __init__(self, outputs: dict[str, Any], resources: dict[str, Any]) -> None:
        self.answers = {
            "pulumi:pulumi:readStackOutputs": outputs,
            "pulumi:pulumi:readStackResourceOutputs": resources,
        }
        self.asked: list[tuple[str, dict[str, str], str | None]] = []

    def __call__(self, function: str, arguments: dict[str, str]) -> Any:
        self.asked.append((function, arguments, os.environ.get(NO_REFERENCES)))
        return SimpleNamespace(value={"outputs": self.answers[function]})

    def keep(self, name: str, value: str) -> str | None:
        """Register the marker: the engine keeps the value that was stored first."""
        assert name == MARKER
        return value if self.kept == "" else self.kept


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Engine]:
    """Puts an engine in place that runs a stack called dev."""

    def use(outputs: dict[str, Any], resources: dict[str, Any]) -> Engine:
        made = Engine(outputs, resources)
        monkeypatch.setattr(pulumi.runtime, "invoke", made)
        monkeypatch.setattr("settings.deployed.kept", made.keep)
        for name, part in zip(("organization", "project", "stack"), STACK.split("/"), strict=True):
            monkeypatch.setattr(pulumi, f"get_{name}", lambda part=part: part)
        return made

    return use


def test_a_stack_without_an_update_is_not_asked_for_its_resources(
    engine: Callable[..., Engine],
) -> None:
    """The engine's code takes it for granted that such a stack has a state."""
    made = engine({}, {})
    for made.kept in ("", None):
        assert read_state() == {}
    assert {function for function, _, _ in made.asked} == {"pulumi:pulumi:readStackOutputs"}


def test_a_first_update_that_failed_half_way_is_read_from_the_state(
    engine: Callable[..., Engine],
) -> None:
    """It left resources, and no outputs: the program gives these at its end."""
    made = engine({}, {f"{PREFIX}aws:ec2/vpc:Vpc::network-vpc": VPC})
    made.kept = "the token of that update"
    assert deployed_parts(read_state()) == Deployed(vpc_cidr="10.20.0.0/16")


def test_a_file_system_counts_although_the_rest_of_the_stack_was_not_made() -> None:
    file_system = {
        "type": "aws:efs/fileSystem:FileSystem",
        "outputs": {"arn": "arn:aws:elasticfilesystem:us-west-2:123456789012:file-system/fs-1"},
    }
    there = deployed_parts(
        {f"{PREFIX}aws:efs/fileSystem:FileSystem::storage-file-system": file_system}
    )
    assert there.backend == "efs"
    assert there.file_systems["efs"].id == "fs-1"


@pytest.mark.parametrize(
    "type_",
    [
        "aws:ec2/natGateway:NatGateway",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/vpc:Vpc",
        "aws:efs/fileSystem:FileSystem",
        "aws:eks/cluster:Cluster",
        "aws:eks/nodeGroup:NodeGroup",
        "aws:fsx/lustreFileSystem:LustreFileSystem",
        "aws:s3/bucket:Bucket",
        "kubernetes:core/v1:PersistentVolumeClaim",
    ],
)
def test_what_aws_was_still_making_when_the_update_failed_has_no_facts_yet(type_: str) -> None:
    """The engine keeps its id with what outputs there are, and brings it to its end later."""
    name = {"aws:s3/bucket:Bucket": "data-bucket"}.get(type_, "storage-file-system")
    there = deployed_parts({f"{PREFIX}{type_}::{name}": {"type": type_, "outputs": {}}})
    assert there.file_systems == {}
    assert there.bucket is None
    assert there.vpc_cidr is None
    assert there.control_plane_zones == ()


def test_the_state_is_that_of_the_stack_that_runs(
    engine: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(NO_REFERENCES, raising=False)
    asked = engine({"vpcId": "vpc-1"}, {f"{PREFIX}aws:ec2/vpc:Vpc::network-vpc": VPC}).asked
    assert deployed_parts(read_state()) == Deployed(vpc_cidr="10.20.0.0/16")
    assert [arguments for _, arguments, _ in asked] == [{"name": STACK}, {"stackName": STACK}]
    assert [references for _, _, references in asked] == ["1", "1"], "else the SDK looks them up"
    assert NO_REFERENCES not in os.environ


def test_a_state_that_is_being_written_is_read_again(
    engine: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = engine({"vpcId": "vpc-1"}, {f"{PREFIX}aws:ec2/vpc:Vpc::network-vpc": VPC})
    answers = iter([OSError("failed to load checkpoint: EOF")])

    def once_unreadable(function: str, arguments: dict[str, str]) -> Any:
        for error in answers:
            raise error
        return made(function, arguments)

    monkeypatch.setattr(pulumi.runtime, "invoke", once_unreadable)
    assert deployed_parts(read_state()) == Deployed(vpc_cidr="10.20.0.0/16")


def test_an_engine_that_does_not_tell_ends_the_update(
    engine: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("settings.deployed.PAUSES", (0.0,))
    made = engine({"vpcId": "vpc-1"}, {})
    del made.answers["pulumi:pulumi:readStackResourceOutputs"]
    with pytest.raises(StateReadError, match=STACK):
        read_state()


def test_of_the_subnets_of_a_zone_the_private_one_counts() -> None:
    subnets = {
        f"{PREFIX}aws:ec2/subnet:Subnet::network-{role}-us-west-2{letter}": {
            "type": "aws:ec2/subnet:Subnet",
            "outputs": {
                "arn": f"arn:aws:ec2:us-west-2:123456789012:subnet/subnet-{role}-{letter}",
                "availabilityZone": f"us-west-2{letter}",
                "cidrBlock": f"{role} {letter}",
            },
        }
        for role in ("public", "private")
        for letter in "ab"
    }
    nat = {
        f"{PREFIX}aws:ec2/natGateway:NatGateway::network-egress-nat-us-west-2b": {
            "type": "aws:ec2/natGateway:NatGateway",
            "outputs": {"subnetId": "subnet-public-b"},
        }
    }
    there = deployed_parts({**subnets, **nat})
    assert there.private_cidrs == {"us-west-2a": "private a", "us-west-2b": "private b"}
    assert there.nat_zones == ("us-west-2b",)
