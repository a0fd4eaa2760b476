"""An EFS file system that somebody else made, used and left as it is."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from components.spec.errors import SpecError
from components.storage import efs, existing_efs
from components.storage.efs import EfsFileSystem
from components.storage.efs_client_policy import MOUNT, PODS, WRITE
from components.storage.efs_spec import EfsSpec
from components.storage.existing_efs import OWNER_TAG, find_file_system
from components.storage.found_efs import FoundEfs, FoundMountTarget
from tests import mocks
from tests.components.samples import ZONES
from tests.components.storage.samples import wiring
from tests.mocks import Deployment, deploy

ID = "fs-0123456789abcdef0"
A, B = ZONES
THEIRS = FoundMountTarget(A, "vpc-1", ("sg-theirs", "sg-more"))
FOUND = FoundEfs(ID, f"{ID}.efs.us-west-2.amazonaws.com", mount_targets=(THEIRS,))
CHANGING = ("FileSystem", "FileSystemPolicy", "BackupPolicy", "ReplicationConfiguration")


@pytest.fixture
def adopted(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Deploy with a file system that is found."""

    def made(found: FoundEfs = FOUND, client: str = "sg-nodes", **settings: Any) -> Deployment:
        monkeypatch.setattr(efs, "find_file_system", lambda *_: found)

        def program() -> None:
            system = EfsFileSystem("fs", {"spec": EfsSpec(existing=ID, **settings), **wiring()})
            system.allow_from("nodes", client)
            pulumi.export("zones", system.zones)
            pulumi.export("handle", system.volume.handle)
            pulumi.export("dns", system.dns_name)

        return deploy(program)

    return made


def test_nothing_of_it_is_made_or_changed(adopted: Any) -> None:
    made = adopted()
    types = {each.type.rpartition(":")[2] for each in made.resources}
    assert not types & {*CHANGING}
    assert made.exports["handle"].startswith(f"{ID}::fsap-")
    assert made.exports["dns"] == FOUND.dns_name


def test_a_zone_without_a_mount_target_gets_one_in_a_group_that_the_stack_knows(
    adopted: Any,
) -> None:
    made = adopted()
    target, group = made.one(":MountTarget").inputs, made.one(":SecurityGroup").inputs
    assert target["fileSystemId"] == ID
    assert target["subnetId"] == f"subnet-private-{B}"
    assert group["tags"] == {OWNER_TAG: "eks-ml-storage/test"}
    rules = {each.inputs["securityGroupId"] for each in made.of_type("IngressRule")}
    assert "sg-theirs" in rules
    assert len(rules) == 2, "its own group, and the first of theirs"


def test_a_file_system_with_all_its_mount_targets_gets_rules_only(adopted: Any) -> None:
    both = FoundEfs(ID, "dns", mount_targets=(THEIRS, FoundMountTarget(B, "vpc-1", ("sg-b",))))
    made = adopted(both)
    assert made.of_type(":MountTarget") == made.of_type(":SecurityGroup") == []
    groups = [each.inputs["securityGroupId"] for each in made.of_type("IngressRule")]
    assert sorted(groups) == ["sg-b", "sg-theirs"]


def test_a_group_that_lets_the_client_in_gets_no_rule_twice(adopted: Any) -> None:
    known = {"sg-theirs": frozenset({"sg-nodes"})}
    found = FoundEfs(ID, "dns", mount_targets=(THEIRS,), admitted=known)
    groups = [one.inputs["securityGroupId"] for one in adopted(found).of_type("IngressRule")]
    assert "sg-theirs" not in groups
    other = adopted(found, client="sg-others").of_type("IngressRule")
    assert "sg-theirs" in [one.inputs["securityGroupId"] for one in other]


def test_a_one_zone_file_system_stays_in_its_zone(adopted: Any) -> None:
    made = adopted(FoundEfs(ID, "dns", zone=B))
    assert made.exports["zones"] == [B]
    assert made.one(":MountTarget").inputs["subnetId"] == f"subnet-private-{B}"


def test_a_file_system_that_is_not_there_is_said_not_to_be(adopted: Any) -> None:
    with pytest.raises(pulumi.RunError, match=f"EFS has no file system {ID}"):
        adopted(None)


@pytest.mark.parametrize(
    "settings",
    [
        {"throughput_mode": "elastic"},
        {"backup": True},
        {"zone": A},
        {"kms_key_arn": None},
        {"policy": ()},
        {"replication": None},
        {"transition_to_ia": None},
    ],
)
def test_keys_of_a_file_system_to_create_have_no_place_beside_it(settings: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="an existing file system is used as it is"):
        EfsSpec(existing=ID, **settings)


def answers(own: list[str]) -> dict[str, Any]:
    """Answers of AWS about a file system with a mount target in each of two zones."""
    interfaces = {
        f"eni-{zone}": {
            "id": f"eni-{zone}",
            "availabilityZone": zone,
            "vpcId": "vpc-1",
            "securityGroups": [f"sg-{zone}"],
        }
        for zone in ZONES
    }
    rules = {
        "sgr-in": {"isEgress": False, "referencedSecurityGroupId": "sg-nodes", "tags": {}},
        "sgr-ours": {
            "isEgress": False,
            "referencedSecurityGroupId": "sg-ours",
            "tags": {"Project": "eks-ml-storage", "Stack": "test"},
        },
        "sgr-out": {"isEgress": True, "referencedSecurityGroupId": "sg-out", "tags": {}},
    }
    ports = {"ipProtocol": "tcp", "fromPort": 2049, "toPort": 2049}
    policy = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": MOUNT}}
    return {
        "aws:efs/getFileSystem:getFileSystem": lambda _: {
            "dnsName": "dns",
            "availabilityZoneName": "",
            "protections": [{"replicationOverwrite": "ENABLED"}],
        },
        "aws:ec2/getSecurityGroups:getSecurityGroups": lambda _: {"ids": own},
        "aws:ec2/getNetworkInterfaces:getNetworkInterfaces": lambda _: {"ids": [*interfaces]},
        "aws:ec2/getNetworkInterface:getNetworkInterface": lambda args: interfaces[args["id"]],
        "aws:vpc/getSecurityGroupRules:getSecurityGroupRules": lambda _: {"ids": [*rules]},
        "aws:vpc/getSecurityGroupRule:getSecurityGroupRule": lambda args: (
            rules[args["securityGroupRuleId"]] | ports
        ),
        "aws:cloudcontrol/getResource:getResource": lambda _: {
            "properties": json.dumps({"FileSystemPolicy": policy})
        },
    }


def looked_up(monkeypatch: pytest.MonkeyPatch, given: Mapping[str, Any]) -> FoundEfs | None:
    monkeypatch.setattr(mocks, "FUNCTIONS", {**mocks.FUNCTIONS, **given})
    found: list[FoundEfs | None] = []
    deploy(lambda: found.append(find_file_system(ID)))
    return found[0]


def test_mount_targets_of_the_stack_are_known_by_their_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = looked_up(monkeypatch, answers([f"sg-{B}"]))
    assert found is not None
    assert found.served_zones == (A,)
    assert found.admitted == {f"sg-{A}": frozenset({"sg-nodes"})}, "rules of the stack left out"
    assert not found.denies(PODS, MOUNT)
    assert found.denies(PODS, WRITE), "its policy lets read only"


@pytest.mark.parametrize("said", ["couldn't find resource", "FileSystemNotFound: not there"])
def test_a_file_system_that_aws_does_not_find_is_none(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    def absent(**_: Any) -> Any:
        raise Exception(f"reading EFS FileSystem: {said}")  # noqa: TRY002 (as the SDK does)

    monkeypatch.setattr(existing_efs.aws.efs, "get_file_system", absent)
    assert find_file_system(ID) is None
