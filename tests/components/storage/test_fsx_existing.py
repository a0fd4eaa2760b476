"""FSx for Lustre that somebody else made: read, mounted, and otherwise left alone."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.spec.errors import SpecError
from components.storage import backends
from components.storage.found_lustre import FoundLustre
from components.storage.fsx_existing import find_lustre
from components.storage.fsx_spec import FsxSpec
from tests import mocks
from tests.components.storage.samples import wiring
from tests.mocks import Deployment, deploy

ID = "fs-0123456789abcdef0"
FOUND = FoundLustre(
    id=ID,
    dns_name=f"{ID}.fsx.us-west-2.amazonaws.com",
    mount_name="abcdefgh",
    vpc_id="vpc-1",
    subnet_id="subnet-theirs",
    zone="us-west-2b",
    security_group_ids=("sg-b", "sg-a"),
    capacity_gib=4800,
)
LUSTRE = "aws:fsx/lustreFileSystem:LustreFileSystem"


def adopted(found: FoundLustre | None = FOUND) -> Deployment:
    def program() -> None:
        spec = FsxSpec(existing=ID)
        made = backends.file_system("fs", spec, wiring(found_lustre=found))
        made.allow_from("nodes", "sg-nodes")
        pulumi.export("volume", vars(made.volume))
        pulumi.export("zones", made.zones)
        pulumi.export("subnets", made.subnet_ids)
        pulumi.export("path", made.path_of("datasets/digits"))
        pulumi.export("linked", made.is_linked("datasets/digits"))
        pulumi.export("command", made.mount_command)
        pulumi.export("class", dict(made.storage_classes[0].parameters))

    return deploy(program)


def test_nothing_is_made_but_rules_that_let_the_client_in() -> None:
    made = adopted()
    kinds = {one.type for one in made.resources if one.type.startswith("aws:")}
    assert kinds == {
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    }
    groups = {one.inputs["securityGroupId"] for one in made.of_type("Rule")}
    assert groups == {"sg-a", "sg-nodes"}, "one of its groups is enough"


def test_it_is_mounted_by_what_was_found() -> None:
    exports = adopted().exports
    assert exports["volume"]["handle"] == ID
    assert exports["volume"]["attributes"] == {
        "dnsname": FOUND.dns_name,
        "mountname": "abcdefgh",
    }
    assert exports["volume"]["capacity"] == "4800Gi"
    assert exports["zones"] == ["us-west-2b"]
    assert exports["subnets"] == ["subnet-theirs"], "SageMaker reads it from its own subnet"
    assert f"{FOUND.dns_name}@tcp:/abcdefgh" in exports["command"]
    assert exports["class"]["subnetId"] == "subnet-theirs"
    assert exports["class"]["securityGroupIds"] == "sg-a"


def test_it_has_no_link_of_the_stack_so_that_datasets_are_copied() -> None:
    exports = adopted().exports
    assert exports["linked"] is False
    assert exports["path"] == "datasets/digits"


def test_a_program_that_has_not_looked_is_told_how() -> None:
    with pytest.raises(pulumi.RunError, match=f"find_lustre\\('{ID}'\\)"):
        adopted(None)


@pytest.mark.parametrize(
    "more", [{"storage_capacity_gib": 2400}, {"associations": {}}, {"backup_id": "backup-01234567"}]
)
def test_a_key_that_describes_another_file_system_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="adopted as it is"):
        FsxSpec(existing=ID, **more)


def test_it_may_say_that_there_is_no_link() -> None:
    assert FsxSpec(existing=ID, link=None).is_linked is False


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A file system of the account, as the provider reads it; changes hold for the test."""
    properties: dict[str, Any] = {
        "__id": ID,
        "dnsName": FOUND.dns_name,
        "mountName": "abcdefgh",
        "vpcId": "vpc-1",
        "subnetIds": "subnet-theirs",
        "storageCapacity": 4800,
        "networkInterfaceIds": ["eni-1", "eni-2"],
    }
    monkeypatch.setitem(mocks.OUTPUTS, LUSTRE, lambda *_: properties)
    functions: dict[str, Any] = {
        "aws:ec2/getSubnet:getSubnet": {"availabilityZone": "us-west-2b"},
        "aws:ec2/getNetworkInterfaces:getNetworkInterfaces": {"ids": ["eni-1", "eni-2"]},
        "aws:ec2/getNetworkInterface:getNetworkInterface": {"securityGroups": ["sg-b", "sg-a"]},
    }
    for token, answer in functions.items():
        monkeypatch.setitem(mocks.FUNCTIONS, token, lambda *_, answer=answer: answer)
    return properties


def looked_up() -> FoundLustre | None:
    found: list[FoundLustre | None] = []
    deploy(lambda: found.append(find_lustre(ID)))
    return found[0]


def test_a_file_system_is_found_with_its_zone_and_the_groups_of_its_interfaces(
    account: dict[str, Any],
) -> None:
    del account
    assert looked_up() == FOUND


def test_one_without_interfaces_is_found_without_groups(account: dict[str, Any]) -> None:
    account["networkInterfaceIds"] = []
    found = looked_up()
    assert found is not None
    assert found.security_group_ids == ()
