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
