"""EC2's networking: what something still depends on is not deleted."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.aws.account import Account

IN_USE = "DependencyViolation"


def nat_gateway(aws: Account, subnet: str, **more: str) -> dict[str, str]:
    address = aws.ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = aws.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address, **more)["NatGateway"]
    return {"nat": nat["NatGatewayId"], "address": address}


def test_a_subnet_with_a_nat_gateway_is_kept(aws, refused):
    subnet = aws.subnet(aws.vpc())
    nat = nat_gateway(aws, subnet)["nat"]
    refused(IN_USE, aws.ec2.delete_subnet, subnet, SubnetId=subnet)
    aws.ec2.delete_nat_gateway(NatGatewayId=nat)
    aws.ec2.delete_subnet(SubnetId=subnet)


def test_a_subnet_with_a_mount_target_is_kept(aws, refused):
    subnet = aws.subnet(aws.vpc())
    target = aws.efs.create_mount_target(FileSystemId=aws.efs_file_system(), SubnetId=subnet)[
        "MountTargetId"
    ]
    refused(IN_USE, aws.ec2.delete_subnet, subnet, SubnetId=subnet)
    aws.efs.delete_mount_target(MountTargetId=target)
    aws.ec2.delete_subnet(SubnetId=subnet)


def test_a_subnet_leaves_its_route_table_when_it_goes(aws):
    vpc = aws.vpc()
    subnet = aws.subnet(vpc)
    table = aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    aws.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    aws.ec2.delete_subnet(SubnetId=subnet)
    aws.ec2.delete_route_table(RouteTableId=table)


def test_a_route_table_of_a_subnet_is_kept(aws, refused):
    vpc = aws.vpc()
    table = aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    aws.ec2.associate_route_table(RouteTableId=table, SubnetId=aws.subnet(vpc))
    refused(IN_USE, aws.ec2.delete_route_table, table, RouteTableId=table)


def test_a_group_that_an_interface_is_in_is_kept(aws, refused):
    vpc = aws.vpc()
    group = aws.group(vpc)
    interface = aws.ec2.create_network_interface(SubnetId=aws.subnet(vpc), Groups=[group])
    refused(IN_USE, aws.ec2.delete_security_group, group, GroupId=group)
    aws.ec2.delete_network_interface(
        NetworkInterfaceId=interface["NetworkInterface"]["NetworkInterfaceId"]
    )
    aws.ec2.delete_security_group(GroupId=group)


def test_a_group_that_another_groups_rule_names_is_kept(aws, refused):
    vpc = aws.vpc()
    group, other = aws.group(vpc, "one"), aws.group(vpc, "other")
    rule = {
        "GroupId": other,
        "IpPermissions": [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}],
    }
    aws.ec2.authorize_security_group_ingress(**rule)
    refused(IN_USE, aws.ec2.delete_security_group, group, GroupId=group)
    aws.ec2.revoke_security_group_ingress(**rule)
    aws.ec2.delete_security_group(GroupId=group)


def test_a_group_that_names_itself_can_go(aws):
    aws.ec2.delete_security_group(GroupId=aws.lustre_group(aws.vpc()))


def test_the_default_group_is_kept_as_long_as_its_vpc(aws, refused):
    vpc = aws.vpc()
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    default = aws.ec2.describe_security_groups(Filters=of_vpc)["SecurityGroups"][0]["GroupId"]
    refused("CannotDelete", aws.ec2.delete_security_group, default, GroupId=default)
    aws.ec2.delete_vpc(VpcId=vpc)
    assert aws.ec2.describe_security_groups(Filters=of_vpc)["SecurityGroups"] == []


def test_a_vpc_is_kept_for_each_thing_in_it(aws, refused):
    vpc = aws.vpc()
    subnet, group = aws.subnet(vpc), aws.group(vpc)
    gateway = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    endpoint = aws.ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-west-2.s3")[
        "VpcEndpoint"
    ]["VpcEndpointId"]
    for remove in (
        lambda: aws.ec2.delete_subnet(SubnetId=subnet),
        lambda: aws.ec2.delete_security_group(GroupId=group),
        lambda: aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc),
        lambda: aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint]),
    ):
        refused(IN_USE, aws.ec2.delete_vpc, vpc, VpcId=vpc)
        remove()
    aws.ec2.delete_vpc(VpcId=vpc)


def test_a_vpc_whose_deletion_was_refused_still_has_its_default_group(aws, refused):
    vpc = aws.vpc()
    table = aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    refused(IN_USE, aws.ec2.delete_vpc, vpc, VpcId=vpc)
    groups = aws.ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    refused(
        "CannotDelete",
        aws.ec2.delete_security_group,
        GroupId=groups["SecurityGroups"][0]["GroupId"],
    )
    aws.ec2.delete_route_table(RouteTableId=table)
    aws.ec2.delete_vpc(VpcId=vpc)


def test_an_internet_gateway_stays_while_the_vpc_has_public_addresses(aws, refused):
    vpc = aws.vpc()
    gateway = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    both = {"InternetGatewayId": gateway, "VpcId": vpc}
    aws.ec2.attach_internet_gateway(**both)
    refused(IN_USE, aws.ec2.delete_internet_gateway, InternetGatewayId=gateway)
    nat = nat_gateway(aws, aws.subnet(vpc))["nat"]
    refused(IN_USE, aws.ec2.detach_internet_gateway, "mapped public address", **both)
    aws.ec2.delete_nat_gateway(NatGatewayId=nat)
    aws.ec2.detach_internet_gateway(**both)
    aws.ec2.delete_internet_gateway(InternetGatewayId=gateway)


def test_a_nat_gateway_lets_go_of_its_interface_and_address(aws, refused):
    vpc = aws.vpc()
    gateway = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    made = nat_gateway(aws, aws.subnet(vpc))
    release = aws.ec2.release_address
    refused("InvalidIPAddress.InUse", release, AllocationId=made["address"])
    aws.ec2.delete_nat_gateway(NatGatewayId=made["nat"])
    assert aws.ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    release(AllocationId=made["address"])
    refused("NatGatewayNotFound", aws.ec2.delete_nat_gateway, NatGatewayId=made["nat"])


def test_an_interface_of_a_service_is_the_services_to_delete(aws, refused):
    aws.cluster()
    interface = aws.ec2.describe_network_interfaces()["NetworkInterfaces"][0]
    refused(
        "InvalidParameterValue",
        aws.ec2.delete_network_interface,
        NetworkInterfaceId=interface["NetworkInterfaceId"],
    )


def test_an_interface_endpoint_comes_and_goes_with_its_interfaces(aws):
    vpc = aws.vpc()
    endpoint = aws.ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-west-2.ecr.api",
        PrivateDnsEnabled=False,
        VpcEndpointType="Interface",
        SubnetIds=aws.subnets(vpc),
    )["VpcEndpoint"]["VpcEndpointId"]
    assert len(aws.ec2.describe_network_interfaces()["NetworkInterfaces"]) == 2
    aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert aws.ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_a_gateway_endpoint_takes_its_routes_along(aws):
    vpc = aws.vpc()
    table = aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]

    def routes() -> int:
        described = aws.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
        return len(described["Routes"])

    before = routes()
    endpoint = aws.ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.us-west-2.s3", RouteTableIds=[table]
    )["VpcEndpoint"]
    assert endpoint["VpcEndpointType"] == "Gateway"
    assert routes() == before + 1
    aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
    assert routes() == before


def test_a_modified_endpoint_moves_its_routes_and_interfaces(aws, refused):
    vpc = aws.vpc()
    first, second = (
        aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)
    )
    near, far = aws.subnets(vpc)
    group = aws.group(vpc)

    def gateways(table: str) -> set[str]:
        described = aws.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
        return {route["GatewayId"] for route in described["Routes"]} - {"local"}

    s3 = aws.ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.us-west-2.s3", RouteTableIds=[first]
    )["VpcEndpoint"]["VpcEndpointId"]
    aws.ec2.modify_vpc_endpoint(
        VpcEndpointId=s3, AddRouteTableIds=[second], RemoveRouteTableIds=[first]
    )
    assert (gateways(first), gateways(second)) == (set(), {s3})
    ecr = aws.ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-west-2.ecr.api",
        PrivateDnsEnabled=False,
        VpcEndpointType="Interface",
        SubnetIds=[near],
    )["VpcEndpoint"]["VpcEndpointId"]
    aws.ec2.modify_vpc_endpoint(
        VpcEndpointId=ecr, AddSubnetIds=[far], RemoveSubnetIds=[near], AddSecurityGroupIds=[group]
    )
    found = aws.ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert [one["SubnetId"] for one in found] == [far]
    refused(IN_USE, aws.ec2.delete_security_group, GroupId=group)
    aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[s3, ecr])
    assert gateways(second) == set()
    aws.ec2.delete_security_group(GroupId=group)


def test_a_token_makes_one_nat_gateway(aws, refused):
    subnet = aws.subnet(aws.vpc())
    made = nat_gateway(aws, subnet, ClientToken="once")
    again = {"SubnetId": subnet, "AllocationId": made["address"], "ClientToken": "once"}
    assert aws.ec2.create_nat_gateway(**again)["NatGateway"]["NatGatewayId"] == made["nat"]
    assert len(aws.ec2.describe_nat_gateways()["NatGateways"]) == 1
    refused(
        "IdempotentParameterMismatch",
        aws.ec2.create_nat_gateway,
        **{**again, "ConnectivityType": "private"},
    )


def test_zones_have_the_ids_of_the_region(aws):
    zones = aws.ec2.describe_availability_zones()["AvailabilityZones"]
    assert {zone["ZoneName"][:-1] for zone in zones} == {"us-west-2"}
    assert all(zone["ZoneId"].startswith("usw2-az") for zone in zones)


def test_instance_types_are_offered_by_zone(aws):
    offered = aws.ec2.describe_instance_type_offerings(
        LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": ["m6i.large"]}],
    )["InstanceTypeOfferings"]
    assert "us-west-2a" in {one["Location"] for one in offered}


@given(order=st.permutations(range(6)))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_order_a_teardown_repeated_ends_with_nothing(aws, cloud, order):
    """Deleting in any order, over and over, ends: a refusal never leaves half a deletion."""
    vpc = aws.vpc()
    subnet, group = aws.subnet(vpc), aws.lustre_group(vpc)
    made = nat_gateway(aws, subnet)
    interface = aws.ec2.create_network_interface(SubnetId=subnet, Groups=[group])[
        "NetworkInterface"
    ]["NetworkInterfaceId"]
    removals = [
        lambda: aws.ec2.delete_vpc(VpcId=vpc),
        lambda: aws.ec2.delete_subnet(SubnetId=subnet),
        lambda: aws.ec2.delete_security_group(GroupId=group),
        lambda: aws.ec2.delete_nat_gateway(NatGatewayId=made["nat"]),
        lambda: aws.ec2.delete_network_interface(NetworkInterfaceId=interface),
        lambda: aws.ec2.release_address(AllocationId=made["address"]),
    ]
    left = [removals[index] for index in order]
    for _ in range(len(removals)):
        left = [remove for remove in left if not succeeds(aws, remove)]
    assert left == []


def succeeds(aws: Account, remove) -> bool:
    try:
        remove()
    except aws.ec2.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in {IN_USE, "InvalidIPAddress.InUse"}:
            return False
        raise
    return True


@pytest.mark.parametrize("zone", ["a", "b"])
def test_interfaces_have_different_addresses_of_their_subnet(aws, zone):
    subnet = aws.subnet(aws.vpc(), 3, zone)
    nat_gateway(aws, subnet)
    aws.efs.create_mount_target(FileSystemId=aws.efs_file_system(), SubnetId=subnet)
    found = aws.ec2.describe_network_interfaces()["NetworkInterfaces"]
    addresses = [one["PrivateIpAddress"] for one in found]
    assert len(set(addresses)) == len(addresses) == 2
    assert all(address.startswith("10.0.3.") for address in addresses)


def test_the_token_of_a_deleted_resource_makes_another_one(aws):
    given = {"VpcId": aws.vpc(), "ClientToken": "t"}
    first = aws.ec2.create_route_table(**given)["RouteTable"]["RouteTableId"]
    assert aws.ec2.create_route_table(**given)["RouteTable"]["RouteTableId"] == first
    aws.ec2.delete_route_table(RouteTableId=first)
    tags = [{"ResourceType": "route-table", "Tags": [{"Key": "Name", "Value": "x"}]}]
    second = aws.ec2.create_route_table(**given, TagSpecifications=tags)["RouteTable"]
    assert second["RouteTableId"] != first
