"""Networks and tags that EC2 refuses, and a stack config before it."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "cidr",
    ["ten", "10.20.0.0/255.255.0.0", "10.20.0.0/0.0.255.255", "10.20.0.0/016", "10.20.0.0"],
)
def test_a_block_in_another_notation_makes_no_vpc(aws, refused, cidr):
    naming = f"Value ({cidr}) for parameter cidrBlock is invalid"
    refused("InvalidParameterValue", aws.ec2.create_vpc, naming, CidrBlock=cidr)


@pytest.mark.parametrize(
    "cidr",
    [
        "10.0.0.0/8",
        "10.0.0.0/29",
        "0.0.0.0/16",
        "127.0.0.0/16",
        "169.254.0.0/16",
        "198.19.0.0/16",
        "224.0.0.0/16",
        "240.0.0.0/16",
    ],
)
def test_a_block_that_no_vpc_has_is_refused(aws, refused, cidr):
    refused("InvalidVpc.Range", aws.ec2.create_vpc, cidr, CidrBlock=cidr)


def test_a_block_that_begins_in_the_middle_becomes_its_network(aws):
    """So Pulumi sees another block than the config has, and would replace the VPC."""
    vpc = aws.ec2.create_vpc(CidrBlock="10.20.1.0/16")["Vpc"]
    assert vpc["CidrBlock"] == "10.20.0.0/16"


@pytest.mark.parametrize("cidr", ["10.0.0.0/24", "10.0.0.128/25", "10.0.0.0/20"])
def test_a_subnet_that_overlaps_another_is_refused(aws, refused, cidr):
    """So an order of zones that gave their blocks to other zones would end in conflicts."""
    vpc = aws.vpc()
    aws.subnet(vpc)
    subnet = {"VpcId": vpc, "AvailabilityZone": "us-west-2b", "CidrBlock": cidr}
    refused("InvalidSubnet.Conflict", aws.ec2.create_subnet, cidr, **subnet)


@pytest.mark.parametrize("cidr", ["10.0.77.0/29", "10.1.0.0/24"])
def test_a_subnet_has_a_28_at_least_and_is_within_its_vpc(aws, refused, cidr):
    subnet = {"VpcId": aws.vpc(), "CidrBlock": cidr, "AvailabilityZone": "us-west-2a"}
    refused("InvalidSubnet.Range", aws.ec2.create_subnet, cidr, **subnet)


@pytest.mark.parametrize("zone", ["us-west-2z", "eu-west-1a"])
def test_a_zone_that_the_region_does_not_have_gets_no_subnet(aws, refused, zone):
    subnet = {"VpcId": aws.vpc(), "CidrBlock": "10.0.0.0/24", "AvailabilityZone": zone}
    naming = f"Value ({zone}) for parameter availabilityZone is invalid"
    refused("InvalidParameterValue", aws.ec2.create_subnet, naming, **subnet)
    with pytest.raises(aws.ec2.exceptions.ClientError, match="us-west-2a") as caught:
        aws.ec2.create_subnet(**subnet)
    assert "ap-south-1" not in str(caught.value), "zones of other Regions are none to choose"


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"aws:mine": "x"}, "InvalidParameterValue"),
        ({"team": "x" * 257}, "InvalidParameterValue"),
        ({"k" * 129: "x"}, "InvalidParameterValue"),
        ({f"t{number}": "x" for number in range(51)}, "TagLimitExceeded"),
    ],
)
def test_tags_that_no_resource_has_are_refused(aws, refused, tags, code):
    given = [{"Key": key, "Value": value} for key, value in tags.items()]
    specified = [{"ResourceType": "vpc", "Tags": given}]
    vpc = {"CidrBlock": "10.0.0.0/16", "TagSpecifications": specified}
    refused(code, aws.ec2.create_vpc, **vpc)
    refused(code, aws.ec2.create_tags, Resources=[aws.vpc()], Tags=given)


def internet_gateway(aws, vpc: str = "") -> str:
    made = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    if vpc:
        aws.ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=vpc)
    return made


def route_table(aws, vpc: str) -> str:
    return aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]


def test_a_vpc_has_one_internet_gateway(aws, refused):
    vpc = aws.vpc()
    internet_gateway(aws, vpc)
    second = {"InternetGatewayId": internet_gateway(aws), "VpcId": vpc}
    naming = f"Network {vpc} already has an internet gateway attached"
    refused("InvalidParameterValue", aws.ec2.attach_internet_gateway, naming, **second)


def test_a_route_leads_to_a_gateway_of_its_own_vpc(aws, refused):
    vpc = aws.vpc()
    table = route_table(aws, vpc)
    route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    for gateway in (internet_gateway(aws), internet_gateway(aws, aws.vpc("10.1.0.0/16"))):
        naming = f"route table {table} and network gateway {gateway} belong to different networks"
        refused("InvalidParameterValue", aws.ec2.create_route, naming, **route, GatewayId=gateway)
    missing = "nat-0123456789abcdef0"
    code = "InvalidNatGatewayID.NotFound"
    refused(code, aws.ec2.create_route, missing, **route, NatGatewayId=missing)


def test_a_subnet_has_one_route_table_of_its_own_vpc(aws, refused):
    vpc = aws.vpc()
    subnet = aws.subnet(vpc)
    first, second = route_table(aws, vpc), route_table(aws, vpc)
    associate = aws.ec2.associate_route_table
    made = associate(RouteTableId=first, SubnetId=subnet)["AssociationId"]
    assert associate(RouteTableId=first, SubnetId=subnet)["AssociationId"] == made
    code, naming = "Resource.AlreadyAssociated", "conflicts with an existing association"
    refused(code, associate, naming, RouteTableId=second, SubnetId=subnet)
    other = {"RouteTableId": route_table(aws, aws.vpc("10.1.0.0/16")), "SubnetId": subnet}
    refused("InvalidParameterValue", associate, "belong to different networks", **other)


def test_an_address_is_of_one_nat_gateway(aws):
    vpc = aws.vpc()
    internet_gateway(aws, vpc)
    nat = {"SubnetId": aws.subnet(vpc)}
    nat["AllocationId"] = aws.ec2.allocate_address(Domain="vpc")["AllocationId"]
    for _ in range(2):
        aws.ec2.create_nat_gateway(**nat)
    found = aws.ec2.describe_nat_gateways()["NatGateways"]
    assert [one["State"] for one in found] == ["available", "failed"]
    assert found[1]["FailureCode"] == "Resource.AlreadyAssociated"


def test_a_public_nat_gateway_has_an_address_and_fails_without_an_internet_gateway(aws, refused):
    vpc = aws.vpc()
    subnet = aws.subnet(vpc)
    refused("MissingParameter", aws.ec2.create_nat_gateway, "allocationId", SubnetId=subnet)
    address = aws.ec2.allocate_address(Domain="vpc")["AllocationId"]
    aws.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    (gateway,) = aws.ec2.describe_nat_gateways()["NatGateways"]
    assert (gateway["State"], gateway["FailureCode"]) == ("failed", "Gateway.NotAttached")
    assert gateway["FailureMessage"] == f"Network {vpc} has no Internet gateway attached"


@pytest.mark.parametrize(
    ("ports", "naming"),
    [
        ((100, 50), "Invalid TCP/UDP port range (100:50)"),
        ((1, 70000), "TCP/UDP (to) port (70000) out of range"),
    ],
)
def test_a_rule_has_ports_that_exist_in_their_order(aws, refused, ports, naming):
    group = aws.group(aws.vpc())
    rule = {"IpProtocol": "tcp", "FromPort": ports[0], "ToPort": ports[1]}
    rule["IpRanges"] = [{"CidrIp": "10.0.0.0/8"}]
    for authorize in (
        aws.ec2.authorize_security_group_ingress,
        aws.ec2.authorize_security_group_egress,
    ):
        refused("InvalidParameterValue", authorize, naming, GroupId=group, IpPermissions=[rule])


def test_a_rule_names_no_group_of_another_network(aws, refused):
    group, other = aws.group(aws.vpc()), aws.group(aws.vpc("10.1.0.0/16"))
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2}
    rule["UserIdGroupPairs"] = [{"GroupId": other}]
    arguments = {"GroupId": group, "IpPermissions": [rule]}
    naming = "two resources that belong to different networks"
    refused("InvalidGroup.NotFound", aws.ec2.authorize_security_group_ingress, naming, **arguments)


@pytest.mark.parametrize(
    ("name", "description"), [("sg-mine", "x"), ("mine", "caf\u00e9"), ("mine", "x" * 256)]
)
def test_a_groups_name_and_description_are_of_ec2s_characters(aws, refused, name, description):
    group = {"GroupName": name, "Description": description, "VpcId": aws.vpc()}
    refused("InvalidParameterValue", aws.ec2.create_security_group, **group)


@pytest.mark.parametrize("name", ["a b", "ab", "x" * 129])
def test_a_launch_templates_name_has_3_to_128_characters(aws, refused, name):
    template = {"LaunchTemplateName": name, "LaunchTemplateData": {"InstanceType": "m5.large"}}
    code = "InvalidLaunchTemplateName.MalformedException"
    refused(code, aws.ec2.create_launch_template, **template)


def test_a_route_table_has_one_gateway_endpoint_of_a_service(aws, refused):
    vpc = aws.vpc()
    endpoint = {"VpcId": vpc, "ServiceName": "com.amazonaws.us-west-2.s3"}
    endpoint["RouteTableIds"] = [route_table(aws, vpc)]
    aws.ec2.create_vpc_endpoint(**endpoint)
    naming = "already has a route with destination-prefix-list-id pl-"
    refused("RouteAlreadyExists", aws.ec2.create_vpc_endpoint, naming, **endpoint)


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("com.amazonaws.eu-west-1.s3", "InvalidServiceName"),
        ("com.amazonaws.us-west-2.sts", "InvalidParameter"),
    ],
)
def test_a_gateway_endpoint_is_of_s3_or_dynamodb_in_its_region(aws, refused, service, code):
    vpc = aws.vpc()
    endpoint = {"VpcId": vpc, "ServiceName": service, "RouteTableIds": [route_table(aws, vpc)]}
    refused(code, aws.ec2.create_vpc_endpoint, **endpoint)


def test_the_subnets_and_tables_of_an_endpoint_are_of_its_vpc_and_of_different_zones(aws, refused):
    vpc, other = aws.vpc(), aws.vpc("10.1.0.0/16")
    of_other = aws.ec2.create_subnet(VpcId=other, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]
    create, sts = aws.ec2.create_vpc_endpoint, "com.amazonaws.us-west-2.sts"
    of_sts = {"VpcId": vpc, "ServiceName": sts, "VpcEndpointType": "Interface"}
    twice = [aws.subnet(vpc), aws.subnet(vpc, 1)]
    refused("DuplicateSubnetsInSameZone", create, twice[1], **of_sts, SubnetIds=twice)
    refused("InvalidParameter", create, of_other, **of_sts, SubnetIds=[of_other])
    of_s3 = {"VpcId": vpc, "ServiceName": "com.amazonaws.us-west-2.s3"}
    table = route_table(aws, other)
    refused("InvalidParameter", create, table, **of_s3, RouteTableIds=[table])


def test_private_names_need_dns_and_one_endpoint_has_them(aws, refused):
    vpc = aws.vpc()
    endpoint = {"VpcId": vpc, "ServiceName": "com.amazonaws.us-west-2.sts"}
    endpoint |= {"VpcEndpointType": "Interface", "PrivateDnsEnabled": True}
    endpoint |= {"SubnetIds": [aws.subnet(vpc)]}
    create = aws.ec2.create_vpc_endpoint
    refused("InvalidParameter", create, "requires both enableDnsSupport", **endpoint)
    aws.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    create(**endpoint)
    naming = "conflicting DNS domain for sts.us-west-2.amazonaws.com"
    refused("InvalidParameter", create, naming, **endpoint)
