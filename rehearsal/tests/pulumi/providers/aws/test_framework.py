from __future__ import annotations

import threading
from typing import Any

import pytest

from rehearsal.pulumi.providers.aws import sdk
from rehearsal.pulumi.providers.aws.declaration import Resource
from rehearsal.pulumi.providers.aws.registry import resource, resources
from rehearsal.pulumi.providers.server import UNKNOWN, ProviderError
from tests.patience import PATIENCE
from tests.pulumi.providers.aws.stack import Stack, urn

VPC, SUBNET, GROUP = (
    "aws:ec2/vpc:Vpc",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/securityGroup:SecurityGroup",
)
NAT = "aws:ec2/natGateway:NatGateway"


def reasons(stack: Stack, type_: str, **inputs: Any) -> dict[str, str]:
    return {f.property: f.reason for f in stack.check(type_, "x", inputs).failures}


@pytest.mark.parametrize("declared", resources().values(), ids=lambda one: one.token)
def test_a_declaration_names_only_what_the_sdk_has(declared: Resource) -> None:
    shape = sdk.shape(declared.token)
    assert shape is not None, "the SDK has no such type"
    listed = declared.replaces | declared.updates
    paths = listed | declared.documents | declared.ordered | set(declared.defaults)
    unknown = [path for path in paths if not _is_input(declared, shape.inputs, path)]
    assert not unknown, f"the SDK has no inputs {unknown}"
    assert declared.changing <= shape.outputs
    assert {path.split(".")[0] for path in declared.computed} <= shape.outputs
    assert not declared.replaces & declared.updates
    required = {one.name for one in shape.inputs.values() if one.required}
    refused = [name for name in required if not declared.implements(name)]
    assert not refused, f"{refused} are required, but declared as not emulated"
    assert ("tags" in shape.inputs) == (declared.tagging is not None)
    if declared.naming:
        assert declared.naming.property in shape.inputs


def _is_input(declared: Resource, known: dict[str, sdk.Property], path: str) -> bool:
    head, _, rest = path.partition(".")
    if head not in known:
        return False
    if not rest:
        return True
    fields = known[head].fields
    return fields is not None and _is_input(declared, sdk.fields_of(declared.token, fields), rest)


def test_an_unknown_type_is_told_apart_from_one_not_emulated() -> None:
    with pytest.raises(ProviderError, match="pulumi-aws has no such resource type"):
        resource("aws:ec2/vcp:Vcp")
    with pytest.raises(ProviderError, match="not emulated"):
        resource("aws:rds/instance:Instance")


def test_every_fault_of_the_inputs_is_told_at_once(stack: Stack) -> None:
    faults = reasons(
        stack,
        SUBNET,
        cidrBlok="10.0.0.0/24",
        mapPublicIpOnLaunch="perhaps",
        outpostArn="arn:aws:outposts",
        tags={"aws:x": "y"},
    )
    assert faults.keys() == {"cidrBlok", "mapPublicIpOnLaunch", "outpostArn", "tags", "vpcId"}
    assert faults["cidrBlok"].endswith("did you mean cidrBlock?")
    assert faults["outpostArn"].startswith("not emulated")
    assert faults["vpcId"].startswith("Missing required argument")


def test_faults_inside_lists_of_objects_say_where(stack: Stack) -> None:
    rule = {"protocol": "tcp", "fromPort": "x", "toPort": 1, "cidrs": []}
    assert reasons(stack, GROUP, ingress=[rule]).keys() == {
        "ingress[0].fromPort",
        "ingress[0].cidrs",
    }
    assert reasons(stack, GROUP, ingress={"a": 1}).keys() == {"ingress"}
    assert "Missing" in reasons(stack, GROUP, ingress=[{"protocol": "tcp"}])["ingress[0].toPort"]


def test_an_input_not_emulated_may_be_given_as_what_it_is_without(stack: Stack) -> None:
    assert not reasons(stack, SUBNET, vpcId="vpc-1", ipv6Native=False, outpostArn="")


def test_unknown_inputs_pass_the_check_of_a_preview(stack: Stack) -> None:
    inputs = {"vpcId": UNKNOWN, "mapPublicIpOnLaunch": UNKNOWN, "tags": UNKNOWN}
    assert not reasons(stack, SUBNET, **inputs)
    checked = stack.check(SUBNET, "x", inputs).inputs
    _, planned = stack.provider.create(stack.instance, urn(SUBNET, "x"), SUBNET, checked, 0, True)
    assert planned["arn"] is UNKNOWN
    assert planned["availabilityZone"] is UNKNOWN
    assert planned["tagsAll"] is UNKNOWN
    assert planned["assignIpv6AddressOnCreation"] is False


def test_a_made_up_name_is_kept_until_the_resource_is_replaced(stack: Stack) -> None:
    first = stack.check(GROUP, "web", {"vpcId": "v"}).inputs
    again = stack.check(GROUP, "web", {"vpcId": "v"}, first).inputs
    replaced = stack.check(GROUP, "web", {"vpcId": "v"}).inputs
    assert first["name"] == again["name"] != replaced["name"]
    given = stack.check(GROUP, "web", {"vpcId": "v", "name": "w"}).inputs
    assert given["name"] == "w"
    assert stack.check(GROUP, "web", {"vpcId": "v"}, given).inputs["name"] != "w"
    prefixed = stack.check(GROUP, "web", {"vpcId": "v", "namePrefix": "front-"}).inputs
    assert prefixed["name"].startswith("front-")


def test_default_tags_lie_under_the_resources_own(shared: Stack) -> None:
    stack = Stack(shared.provider, "tagged")
    default = '{"tags": {"project": "ml", "stack": "dev"}}'
    stack.provider.configure("tagged", {"region": "us-west-2", "defaultTags": default})
    vpc = stack.create(VPC, "v", cidrBlock="10.0.0.0/16", tags={"stack": "prod"})
    assert vpc["tagsAll"] == {"project": "ml", "stack": "prod"}
    assert not stack.diff(vpc, cidrBlock="10.0.0.0/16", tags={"stack": "prod"}).changes
    stack.provider.configure("tagged", {"region": "us-west-2"})
    fewer = stack.diff(vpc, cidrBlock="10.0.0.0/16", tags={"stack": "prod"})
    assert fewer.detailed == {"tags.project": "delete"}
    stack.destroy()


def test_a_provider_setting_that_is_not_emulated_is_refused(shared: Stack) -> None:
    settings = {
        "region": "us-west-2",
        "assumeRoles": '[{"roleArn": "x"}]',
        "skipRegionValidation": "true",
    }
    checked = shared.provider.check_config("urn", {}, settings)
    assert [failure.property for failure in checked.failures] == ["assumeRoles"]


def test_without_a_region_nothing_goes(shared: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with pytest.raises(ProviderError, match="missing region"):
        shared.provider.configure("nowhere", {})


def test_a_resource_may_be_in_a_region_of_its_own(stack: Stack) -> None:
    vpc = stack.create(VPC, "v", cidrBlock="10.0.0.0/16", region="eu-west-1")
    assert vpc["arn"].startswith("arn:aws:ec2:eu-west-1:")
    assert stack.read(vpc)[0] == vpc.id
    assert stack.diff(vpc, cidrBlock="10.0.0.0/16").replaces == ["region"]
    stack.delete(vpc)
    assert stack.read(vpc)[0] is None


def test_a_refresh_shows_what_others_changed(stack: Stack, aws: Any) -> None:
    vpc = stack.create(VPC, "v", cidrBlock="10.0.0.0/16", tags={"a": "1"})
    ec2 = aws("ec2")
    ec2.create_tags(Resources=[vpc.id], Tags=[{"Key": "b", "Value": "2"}])
    ec2.modify_vpc_attribute(VpcId=vpc.id, EnableDnsSupport={"Value": False})
    _, inputs, outputs = stack.read(vpc)
    assert inputs["tags"] == {"a": "1", "b": "2"}
    assert inputs["enableDnsSupport"] is outputs["enableDnsSupport"] is False
    vpc.inputs, vpc.outputs = inputs, outputs
    drift = stack.diff(vpc, cidrBlock="10.0.0.0/16", tags={"a": "1"})
    assert drift.detailed == {"enableDnsSupport": "update", "tags.b": "delete"}
    stack.update(vpc, cidrBlock="10.0.0.0/16", tags={"a": "1"})
    assert vpc["tags"] == {"a": "1"}


def test_a_creation_tried_again_is_the_same_one_and_a_replacement_is_another(
    stack: Stack,
) -> None:
    vpc = stack.create(VPC, "v", cidrBlock="10.0.0.0/16")
    subnet = stack.create(SUBNET, "s", vpcId=vpc.id, cidrBlock="10.0.0.0/24")
    inputs = {"connectivityType": "private", "subnetId": subnet.id}
    first = stack.create(NAT, "nat", **inputs)
    again = stack.create(NAT, "nat", **inputs)
    assert again.id == first.id, "the engine did not hear of the first: it must not be made twice"
    stack.diff(first, **inputs)
    other = stack.create(NAT, "nat", **inputs)
    assert other.id != first.id, "the engine knows the first and wants another"


def test_a_made_up_name_is_made_up_again_for_a_creation_tried_again(stack: Stack) -> None:
    vpc = stack.create(VPC, "v", cidrBlock="10.0.0.0/16")
    first = stack.create(GROUP, "web", vpcId=vpc.id)
    again = stack.create(GROUP, "web", vpcId=vpc.id)
    assert (again.id, again["name"]) == (first.id, first["name"])
    stack.read(first)
    assert stack.check(GROUP, "web", {"vpcId": vpc.id}).inputs["name"] != first["name"]


def test_a_delete_waits_for_what_depends_on_it(stack: Stack) -> None:
    vpc = stack.create(VPC, "v", cidrBlock="10.0.0.0/16")
    subnet = stack.create(SUBNET, "s", vpcId=vpc.id, cidrBlock="10.0.0.0/24")
    later = threading.Timer(0.4, stack.delete, [subnet])
    later.start()
    stack.delete(vpc, timeout=PATIENCE)
    later.join()
    assert stack.read(vpc)[0] is None


def test_a_delete_that_waits_in_vain_says_why(stack: Stack) -> None:
    vpc = stack.create(VPC, "v", cidrBlock="10.0.0.0/16")
    stack.create(SUBNET, "s", vpcId=vpc.id, cidrBlock="10.0.0.0/24")
    with pytest.raises(ProviderError, match=r"deleting EC2 VPC \(vpc-.*DependencyViolation"):
        stack.delete(vpc, timeout=0.5)


def test_an_emulated_aws_that_does_not_answer_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    stack = Stack.configured()
    with pytest.raises(ProviderError, match="the emulated AWS does not answer"):
        stack.create(VPC, "v", cidrBlock="10.0.0.0/16")
