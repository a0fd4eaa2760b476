"""Functions by which a program finds the network and the cluster that it is to use."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rehearsal.pulumi.providers.server import ProviderError
from tests.pulumi.providers.aws.stack import Kept, Stack
from tests.pulumi.providers.aws.test_functions import invoke

EKS_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["eks.amazonaws.com", "ec2.amazonaws.com"]},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
    ],
}
S3 = "com.amazonaws.us-west-2.s3"


@pytest.fixture
def vpc(stack: Stack) -> Kept:
    return stack.create("aws:ec2/vpc:Vpc", "v", cidrBlock="10.3.0.0/16", tags={"Name": "found"})


def subnet(stack: Stack, vpc: Kept, number: int, zone: str) -> Kept:
    block = f"10.3.{number}.0/24"
    return stack.create(
        "aws:ec2/subnet:Subnet",
        f"s{number}",
        vpcId=vpc.id,
        cidrBlock=block,
        availabilityZone=zone,
    )


def test_vpcs_that_are_not_there_are_an_empty_list(stack: Stack, vpc: Kept) -> None:
    named = [{"name": "vpc-id", "values": [vpc.id, "vpc-0"]}]
    assert invoke(stack, "ec2.getVpcs", filters=named)["ids"] == [vpc.id]
    assert invoke(stack, "ec2.getVpcs", tags={"Name": "lost"})["ids"] == []


def test_a_route_table_tells_its_routes_but_not_those_of_endpoints(stack: Stack, vpc: Kept) -> None:
    one = subnet(stack, vpc, 1, "us-west-2a")
    gateway = stack.create("aws:ec2/internetGateway:InternetGateway", "g", vpcId=vpc.id)
    table = stack.create(
        "aws:ec2/routeTable:RouteTable",
        "t",
        vpcId=vpc.id,
        routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": gateway.id}],
    )
    stack.create(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "a",
        routeTableId=table.id,
        subnetId=one.id,
    )
    with pytest.raises(ProviderError, match="no matching EC2 VPC Endpoint found"):
        invoke(stack, "ec2.getVpcEndpoint", vpcId=vpc.id, serviceName=S3)
    stack.create(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "e",
        vpcId=vpc.id,
        serviceName=S3,
        routeTableIds=[table.id],
    )
    ids = invoke(stack, "ec2.getRouteTables", vpcId=vpc.id)["ids"]
    assert {table.id, vpc["mainRouteTableId"]} == set(ids)
    found = invoke(stack, "ec2.getRouteTable", routeTableId=table.id)
    assert [(each["cidrBlock"], each["gatewayId"]) for each in found["routes"]] == [
        ("0.0.0.0/0", gateway.id)
    ]
    assert [each["subnetId"] for each in found["associations"]] == [one.id]
    main = invoke(stack, "ec2.getRouteTable", routeTableId=vpc["mainRouteTableId"])
    assert main["routes"] == [], "the local route is left out"
    assert [each["main"] for each in main["associations"]] == [True]
    endpoint = invoke(stack, "ec2.getVpcEndpoint", vpcId=vpc.id, serviceName=S3)
    assert endpoint["routeTableIds"] == [table.id]


def test_a_subnet_of_the_main_route_table_has_none_by_its_id(stack: Stack, vpc: Kept) -> None:
    one = subnet(stack, vpc, 1, "us-west-2a")
    with pytest.raises(ProviderError, match="query returned no results"):
        invoke(stack, "ec2.getRouteTable", subnetId=one.id)


def test_security_groups_are_found_with_their_vpc(stack: Stack, vpc: Kept) -> None:
    group = stack.create("aws:ec2/securityGroup:SecurityGroup", "g", vpcId=vpc.id)
    named = [{"name": "group-id", "values": [group.id, "sg-0"]}]
    found = invoke(stack, "ec2.getSecurityGroups", filters=named)
    assert (found["ids"], found["vpcIds"]) == ([group.id], [vpc.id])
    assert invoke(stack, "ec2.getSecurityGroup", id=group.id)["vpcId"] == vpc.id
    with pytest.raises(ProviderError, match="no matching EC2 Security Group found"):
        invoke(stack, "ec2.getSecurityGroup", id="sg-0")


@pytest.fixture
def cluster(stack: Stack, vpc: Kept) -> dict[str, Any]:
    role = stack.create("aws:iam/role:Role", "r", assumeRolePolicy=json.dumps(EKS_TRUST))
    subnets = [subnet(stack, vpc, n, f"us-west-2{zone}").id for n, zone in enumerate("ab", 1)]
    stack.create(
        "aws:eks/cluster:Cluster",
        "c",
        name="theirs",
        roleArn=role["arn"],
        vpcConfig={"subnetIds": subnets},
    )
    return {"role": role["arn"], "subnets": subnets}


def test_node_groups_are_listed_and_described(stack: Stack, cluster: dict[str, Any]) -> None:
    assert invoke(stack, "eks.getNodeGroups", clusterName="theirs")["names"] == []
    stack.create(
        "aws:eks/nodeGroup:NodeGroup",
        "cpu",
        clusterName="theirs",
        nodeGroupName="cpu",
        nodeRoleArn=cluster["role"],
        subnetIds=cluster["subnets"][:1],
        scalingConfig={"minSize": 0, "desiredSize": 1, "maxSize": 2},
        labels={"team": "a"},
    )
    assert invoke(stack, "eks.getNodeGroups", clusterName="theirs")["names"] == ["cpu"]
    found = invoke(stack, "eks.getNodeGroup", clusterName="theirs", nodeGroupName="cpu")
    assert found["subnetIds"] == cluster["subnets"][:1]
    assert found["scalingConfigs"] == [{"minSize": 0, "desiredSize": 1, "maxSize": 2}]
    assert (found["labels"], found["launchTemplates"]) == ({"team": "a"}, [])
    with pytest.raises(ProviderError, match="ResourceNotFoundException"):
        invoke(stack, "eks.getNodeGroup", clusterName="theirs", nodeGroupName="gpu")
    with pytest.raises(ProviderError, match="ResourceNotFoundException"):
        invoke(stack, "eks.getNodeGroups", clusterName="nobody's")


def test_an_add_on_that_is_absent_fails(stack: Stack, cluster: dict[str, Any]) -> None:
    named = {"clusterName": "theirs", "addonName": "eks-pod-identity-agent"}
    with pytest.raises(ProviderError, match="ResourceNotFoundException"):
        invoke(stack, "eks.getAddon", **named)
    stack.create("aws:eks/addon:Addon", "agent", **named)
    found = invoke(stack, "eks.getAddon", **named)
    assert found["addonVersion"].startswith("v")
    assert found["podIdentityAssociations"] == []
