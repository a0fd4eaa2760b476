from __future__ import annotations

from typing import Any

import pytest

from rehearsal.pulumi.providers.server import Partial, ProviderError
from tests.pulumi.providers.aws.stack import Kept, Stack, exercise

VPC, SUBNET = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
GATEWAY, EIP, NAT = (
    "aws:ec2/internetGateway:InternetGateway",
    "aws:ec2/eip:Eip",
    "aws:ec2/natGateway:NatGateway",
)
TABLE, ROUTE = "aws:ec2/routeTable:RouteTable", "aws:ec2/route:Route"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"


@pytest.fixture
def vpc(stack: Stack) -> Kept:
    return stack.create(VPC, "main", cidrBlock="10.0.0.0/16")


@pytest.fixture
def subnet(stack: Stack, vpc: Kept) -> Kept:
    return stack.create(SUBNET, "public", vpcId=vpc.id, cidrBlock="10.0.1.0/24")


def test_a_vpc_gets_dns_host_names_and_tags_in_place(stack: Stack) -> None:
    vpc = stack.create(VPC, "main", cidrBlock="10.0.0.0/16", tags={"Name": "main"})
    assert vpc["enableDnsSupport"] is True
    inputs: dict[str, Any] = {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True}
    stack.update(vpc, **inputs)
    assert vpc["tagsAll"] == {}
    assert vpc["defaultSecurityGroupId"].startswith("sg-")
    exercise(stack, vpc, **inputs)


def test_another_address_range_makes_another_vpc(stack: Stack, vpc: Kept) -> None:
    difference = stack.diff(vpc, cidrBlock="10.1.0.0/16")
    assert difference.detailed == {"cidrBlock": "update-replace"}


def test_a_vpc_made_of_nothing_but_tags_is_refused_in_aws_words(stack: Stack) -> None:
    with pytest.raises(ProviderError, match=r"creating EC2 VPC: operation error ec2: CreateVpc"):
        stack.create(VPC, "main", cidrBlock="10.0.0.0/8")


def test_a_subnet_starts_to_hand_out_public_addresses_in_place(stack: Stack, vpc: Kept) -> None:
    inputs = {"vpcId": vpc.id, "cidrBlock": "10.0.1.0/24", "availabilityZone": "us-west-2b"}
    subnet = stack.create(SUBNET, "public", **inputs)
    assert subnet["availabilityZoneId"].startswith("usw2-az")
    assert not stack.diff(subnet, vpcId=vpc.id, cidrBlock="10.0.1.0/24").changes
    moved = stack.diff(subnet, **(inputs | {"availabilityZone": "us-west-2c"}))
    assert moved.replaces == ["availabilityZone"]
    inputs |= {"mapPublicIpOnLaunch": True}
    stack.update(subnet, **inputs)
    exercise(stack, subnet, **inputs)


def test_an_internet_gateway_moves_to_another_vpc(stack: Stack, vpc: Kept) -> None:
    other = stack.create(VPC, "other", cidrBlock="10.1.0.0/16")
    gateway = stack.create(GATEWAY, "main", vpcId=vpc.id)
    stack.update(gateway, vpcId=other.id)
    assert gateway["vpcId"] == other.id
    exercise(stack, gateway, vpcId=other.id)


def test_a_nat_gateway_has_its_public_address_and_a_private_one_of_the_subnet(
    stack: Stack, vpc: Kept, subnet: Kept
) -> None:
    stack.create(GATEWAY, "main", vpcId=vpc.id)
    address = stack.create(EIP, "nat", domain="vpc", tags={"Name": "nat"})
    nat = stack.create(NAT, "main", allocationId=address.id, subnetId=subnet.id)
    assert nat["publicIp"] == address["publicIp"]
    assert nat["privateIp"].startswith("10.0.1.")
    inputs = {"allocationId": address.id, "subnetId": subnet.id, "tags": {"a": "1"}}
    stack.update(nat, **inputs)
    exercise(stack, nat, **inputs)
    exercise(stack, address, domain="vpc", tags={"Name": "nat"})


def test_a_route_table_serves_subnets_and_keeps_routes_of_others(
    stack: Stack, vpc: Kept, subnet: Kept
) -> None:
    gateway = stack.create(GATEWAY, "main", vpcId=vpc.id)
    table = stack.create(TABLE, "public", vpcId=vpc.id)
    other = stack.create(TABLE, "other", vpcId=vpc.id)
    to = {"routeTableId": table.id, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway.id}
    route = stack.create(ROUTE, "internet", **to)
    link = stack.create(ASSOCIATION, "public", subnetId=subnet.id, routeTableId=other.id)
    served = {"subnetId": subnet.id, "routeTableId": table.id}
    stack.update(link, **served)
    stack.delete(link)
    link = stack.create(ASSOCIATION, "public", **served)
    assert not stack.diff(table, vpcId=vpc.id).changes
    exercise(stack, link, f"{subnet.id}/{table.id}", **served)
    exercise(stack, route, f"{table.id}_0.0.0.0/0", **to)
    exercise(stack, table, vpcId=vpc.id)


def test_a_route_goes_another_way_in_place_but_elsewhere_only_as_another_route(
    stack: Stack, vpc: Kept
) -> None:
    gateway = stack.create(GATEWAY, "main", vpcId=vpc.id)
    table = stack.create(TABLE, "public", vpcId=vpc.id)
    to = {"routeTableId": table.id, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway.id}
    route = stack.create(ROUTE, "internet", **to)
    assert not stack.diff(route, **(to | {"gatewayId": "igw-2"})).replaces
    elsewhere = stack.diff(route, **(to | {"destinationCidrBlock": "10.9.0.0/16"}))
    assert elsewhere.replaces == ["destinationCidrBlock"]
    checked = stack.check(ROUTE, "nowhere", {"routeTableId": table.id, "gatewayId": gateway.id})
    assert [f.property for f in checked.failures] == ["destinationCidrBlock"]


def test_inline_routes_of_a_table_are_its_only_ones(stack: Stack, vpc: Kept) -> None:
    gateway = stack.create(GATEWAY, "main", vpcId=vpc.id)
    routes = [{"cidrBlock": cidr, "gatewayId": gateway.id} for cidr in ("0.0.0.0/0", "8.8.8.0/24")]
    table = stack.create(TABLE, "public", vpcId=vpc.id, routes=routes)
    assert not stack.diff(table, vpcId=vpc.id, routes=routes[::-1]).changes
    stack.update(table, vpcId=vpc.id, routes=routes[:1])
    assert [route["cidrBlock"] for route in table["routes"]] == ["0.0.0.0/0"]
    exercise(stack, table, vpcId=vpc.id, routes=routes[:1])


def test_a_gateway_that_cannot_be_attached_is_kept_as_half_made(stack: Stack) -> None:
    with pytest.raises(Partial, match=r"InvalidVpcID\.NotFound") as partial:
        stack.create(GATEWAY, "main", vpcId="vpc-00000000")
    assert partial.value.id.startswith("igw-")
    stack.delete(Kept("urn:a::b::c::d", GATEWAY, partial.value.id, {}, {}))
