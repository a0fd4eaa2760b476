from __future__ import annotations

import json
from typing import Any

import pytest

from tests.pulumi.providers.aws.stack import Stack, exercise

LOG_GROUP, ENDPOINT = "aws:cloudwatch/logGroup:LogGroup", "aws:ec2/vpcEndpoint:VpcEndpoint"
VPC, SUBNET = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
TABLE, GROUP = "aws:ec2/routeTable:RouteTable", "aws:ec2/securityGroup:SecurityGroup"


def test_a_log_group_keeps_events_longer_in_place(stack: Stack) -> None:
    inputs: dict[str, Any] = {"name": "/aws/eks/x/cluster", "retentionInDays": 7}
    group = stack.create(LOG_GROUP, "control-plane", **inputs)
    assert group["arn"].endswith(":log-group:/aws/eks/x/cluster")
    inputs |= {"retentionInDays": 0, "tags": {"a": "b"}}
    stack.update(group, **inputs)
    assert stack.diff(group, **(inputs | {"name": "y"})).replaces == ["name"]
    exercise(stack, group, **inputs)


def test_a_retention_that_cloudwatch_has_not_is_refused(stack: Stack) -> None:
    (failure,) = stack.check(LOG_GROUP, "x", {"retentionInDays": 8}).failures
    assert failure.property == "retentionInDays"
    assert failure.reason.endswith("got 8")


def test_a_log_group_that_is_to_stay_stays(stack: Stack, aws: Any) -> None:
    group = stack.create(LOG_GROUP, "kept", skipDestroy=True)
    stack.delete(group)
    assert aws("logs").describe_log_groups(logGroupNamePrefix=group.id)["logGroups"]


def test_a_gateway_endpoint_serves_another_route_table_in_place(stack: Stack) -> None:
    vpc = stack.create(VPC, "main", cidrBlock="10.0.0.0/16")
    tables = [stack.create(TABLE, name, vpcId=vpc.id).id for name in ("a", "b")]
    inputs: dict[str, Any] = {"vpcId": vpc.id, "serviceName": "com.amazonaws.us-west-2.s3"}
    endpoint = stack.create(ENDPOINT, "s3", **inputs, routeTableIds=tables[:1])
    assert endpoint["state"] == "available"
    assert endpoint["prefixListId"].startswith("pl-")
    policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
    inputs |= {"routeTableIds": tables, "policy": json.dumps(policy), "tags": {"a": "b"}}
    stack.update(endpoint, **inputs)
    assert stack.diff(endpoint, **(inputs | {"serviceName": "x"})).replaces == ["serviceName"]
    exercise(stack, endpoint, **inputs)


@pytest.mark.parametrize("private", [True, False])
def test_an_interface_endpoint_stands_in_subnets_behind_groups(stack: Stack, private: bool) -> None:
    vpc = stack.create(VPC, "main", cidrBlock="10.0.0.0/16", enableDnsHostnames=private)
    subnet = stack.create(SUBNET, "a", vpcId=vpc.id, cidrBlock="10.0.1.0/24")
    group = stack.create(GROUP, "a", vpcId=vpc.id)
    inputs = {
        "vpcId": vpc.id,
        "serviceName": "com.amazonaws.us-west-2.sts",
        "vpcEndpointType": "Interface",
        "subnetIds": [subnet.id],
        "securityGroupIds": [group.id],
        "privateDnsEnabled": private,
    }
    endpoint = stack.create(ENDPOINT, "sts", **inputs)
    assert len(endpoint["networkInterfaceIds"]) == 1
    exercise(stack, endpoint, **inputs)
