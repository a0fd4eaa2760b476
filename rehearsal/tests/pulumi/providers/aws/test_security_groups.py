from __future__ import annotations

from typing import Any

import pytest

from tests.pulumi.providers.aws.stack import Kept, Stack, exercise

VPC, GROUP = "aws:ec2/vpc:Vpc", "aws:ec2/securityGroup:SecurityGroup"
RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
DEFAULT = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
LUSTRE = {"protocol": "tcp", "fromPort": 988, "toPort": 988, "self": True}


@pytest.fixture
def vpc(stack: Stack) -> Kept:
    return stack.create(VPC, "main", cidrBlock="10.0.0.0/16")


@pytest.fixture
def group(stack: Stack, vpc: Kept) -> Kept:
    return stack.create(GROUP, "files", vpcId=vpc.id)


def test_a_new_group_is_named_and_lets_nothing_out(stack: Stack, vpc: Kept) -> None:
    group = stack.create(GROUP, "files", vpcId=vpc.id, tags={"a": "b"})
    assert group["name"].startswith("files-")
    assert group["egress"] == []
    assert group["description"] == "Managed by Pulumi"
    exercise(stack, group, vpcId=vpc.id, tags={"a": "b"})


def test_inline_rules_are_a_set_and_change_in_place(stack: Stack, vpc: Kept) -> None:
    web = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["1.2.3.4/32"]}
    group = stack.create(GROUP, "files", vpcId=vpc.id, ingress=[LUSTRE, web])
    by_number = LUSTRE | {"protocol": "tcp", "self": True, "description": ""}
    assert not stack.diff(group, vpcId=vpc.id, ingress=[web, by_number]).changes
    web |= {"cidrBlocks": ["1.2.3.4/32", "5.6.7.8/32"], "description": "us"}
    inputs: dict[str, Any] = {"vpcId": vpc.id, "ingress": [web]}
    inputs |= {"egress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}]}
    stack.update(group, **inputs)
    assert [rule["cidrBlocks"] for rule in group["ingress"]] == [["1.2.3.4/32", "5.6.7.8/32"]]
    exercise(stack, group, **inputs)


def test_rules_made_by_other_resources_are_no_drift_of_the_group(stack: Stack, group: Kept) -> None:
    stack.create(RULE, "lustre", type="ingress", securityGroupId=group.id, **LUSTRE)
    _, inputs, outputs = stack.read(group)
    assert inputs == group.inputs
    assert outputs["ingress"][0]["self"] is True


def test_a_rule_opens_its_ports_and_only_its_description_changes_in_place(
    stack: Stack, group: Kept
) -> None:
    inputs: dict[str, Any] = {"type": "egress", "securityGroupId": group.id, "protocol": "-1"}
    inputs |= {"fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}
    rule = stack.create(RULE, "out", **inputs)
    assert stack.diff(rule, **(inputs | {"toPort": 80})).replaces == ["toPort"]
    inputs |= {"description": "everywhere"}
    stack.update(rule, **inputs)
    exercise(stack, rule, f"{group.id}_egress_all_0_0_0.0.0.0/0", **inputs)
    assert stack.read(group)[2]["egress"] == []


def test_a_rule_without_a_source_is_refused(stack: Stack) -> None:
    inputs = {"type": "in", "securityGroupId": "sg-1", "protocol": "tcp"}
    checked = stack.check(RULE, "x", inputs | {"fromPort": 1, "toPort": 1})
    assert [failure.property for failure in checked.failures] == ["cidrBlocks", "type"]


@pytest.mark.parametrize("type_", [INGRESS, EGRESS])
def test_a_single_rule_changes_in_place_unless_its_peer_is_of_another_kind(
    stack: Stack, vpc: Kept, group: Kept, type_: str
) -> None:
    nodes = stack.create(GROUP, "nodes", vpcId=vpc.id)
    inputs: dict[str, Any] = {"securityGroupId": group.id, "ipProtocol": "tcp"}
    inputs |= {"fromPort": 988, "toPort": 988}
    rule = stack.create(type_, "lustre", **inputs, referencedSecurityGroupId=nodes.id)
    assert rule.id.startswith("sgr-")
    other = stack.diff(rule, **inputs, cidrIpv4="10.0.0.0/16")
    assert other.replaces == ["cidrIpv4", "referencedSecurityGroupId"]
    inputs |= {"toPort": 1023, "tags": {"for": "lustre"}, "description": "clients"}
    inputs |= {"referencedSecurityGroupId": nodes.id}
    stack.update(rule, **inputs)
    exercise(stack, rule, **inputs)


def test_all_protocols_take_no_ports(stack: Stack) -> None:
    inputs = {"securityGroupId": "sg-1", "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"}
    assert not stack.check(INGRESS, "x", inputs).failures
    checked = stack.check(INGRESS, "x", inputs | {"fromPort": 0})
    assert [failure.property for failure in checked.failures] == ["fromPort"]


def test_the_default_group_is_emptied_and_stays_after_its_resource(
    stack: Stack, vpc: Kept, aws: Any
) -> None:
    default = stack.create(DEFAULT, "default", vpcId=vpc.id)
    assert default.id == vpc["defaultSecurityGroupId"]
    assert default["ingress"] == default["egress"] == []
    stack.delete(default)
    assert aws("ec2").describe_security_groups(GroupIds=[default.id])["SecurityGroups"]
