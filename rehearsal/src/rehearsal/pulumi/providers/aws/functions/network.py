"""Functions that look up VPCs by filters, route tables, VPC endpoints and security groups.

Source of what they return and refuse: terraform-provider-aws, the data sources of its EC2 service.
A list function returns an empty list where nothing matches; a function for one thing then fails.
"""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, properties
from rehearsal.pulumi.providers.aws.functions.declaration import Function, filters
from rehearsal.pulumi.providers.aws.tags import plain
from rehearsal.pulumi.providers.server import ProviderError

_ROUTE_TABLE_FILTERS = {
    "gatewayId": "association.gateway-id",
    "routeTableId": "route-table-id",
    "subnetId": "association.subnet-id",
    "vpcId": "vpc-id",
}
_ROUTE = {
    "CarrierGatewayId": "carrierGatewayId",
    "CoreNetworkArn": "coreNetworkArn",
    "DestinationCidrBlock": "cidrBlock",
    "DestinationIpv6CidrBlock": "ipv6CidrBlock",
    "DestinationPrefixListId": "destinationPrefixListId",
    "EgressOnlyInternetGatewayId": "egressOnlyGatewayId",
    "GatewayId": "gatewayId",
    "InstanceId": "instanceId",
    "LocalGatewayId": "localGatewayId",
    "NatGatewayId": "natGatewayId",
    "NetworkInterfaceId": "networkInterfaceId",
    "TransitGatewayId": "transitGatewayId",
    "VpcPeeringConnectionId": "vpcPeeringConnectionId",
}
_TEXTS = dict.fromkeys((*_ROUTE.values(), "vpcEndpointId"), "")
_ENDPOINT_FILTERS = {
    "serviceName": "service-name",
    "state": "vpc-endpoint-state",
    "vpcEndpointType": "vpc-endpoint-type",
    "vpcId": "vpc-id",
}
_ENDPOINT = {
    "NetworkInterfaceIds": "networkInterfaceIds",
    "OwnerId": "ownerId",
    "PolicyDocument": "policy",
    "PrivateDnsEnabled": "privateDnsEnabled",
    "RequesterManaged": "requesterManaged",
    "RouteTableIds": "routeTableIds",
    "ServiceName": "serviceName",
    "State": "state",
    "SubnetIds": "subnetIds",
    "VpcEndpointId": "id",
    "VpcEndpointType": "vpcEndpointType",
    "VpcId": "vpcId",
}
_GROUP_FILTERS = {"name": "group-name", "vpcId": "vpc-id", "id": "group-id"}


def _vpcs(call: Call) -> dict[str, Any]:
    chosen = filters(call.inputs.get("filters"), call.inputs.get("tags"))
    pages = call.client("ec2").get_paginator("describe_vpcs").paginate(Filters=chosen)
    return {"ids": [one["VpcId"] for page in pages for one in page["Vpcs"]]}


def _route_tables(call: Call) -> dict[str, Any]:
    return {"ids": [one["RouteTableId"] for one in _tables(call, {"vpcId": "vpc-id"})]}


def _route_table(call: Call) -> dict[str, Any]:
    if not any(call.inputs.get(one) for one in (*_ROUTE_TABLE_FILTERS, "filters", "tags")):
        raise ProviderError(
            "one of route_table_id, vpc_id, subnet_id, gateway_id, filters, or tags must be "
            "assigned"
        )
    tables = _tables(call, _ROUTE_TABLE_FILTERS)
    if not tables:
        raise ProviderError(
            "query returned no results. Please change your search criteria and try again"
        )
    if len(tables) > 1:
        raise ProviderError(
            "multiple Route Tables matched; use additional constraints to reduce matches to a "
            "single Route Table"
        )
    (table,) = tables
    id_ = table["RouteTableId"]
    return {
        "arn": call.arn("ec2", f"route-table/{id_}"),
        "associations": [
            {
                "gatewayId": one.get("GatewayId", ""),
                "main": one.get("Main", False),
                "routeTableAssociationId": one["RouteTableAssociationId"],
                "routeTableId": one["RouteTableId"],
                "subnetId": one.get("SubnetId", ""),
            }
            for one in table.get("Associations", ())
        ],
        "id": id_,
        "ownerId": table.get("OwnerId", call.account),
        "routeTableId": id_,
        "routes": [_route(one) for one in table["Routes"] if _is_shown(one)],
        "tags": plain(table.get("Tags")),
        "vpcId": table["VpcId"],
    }


def _tables(call: Call, names: dict[str, str]) -> list[dict[str, Any]]:
    chosen = filters(call.inputs.get("filters"), call.inputs.get("tags")) + [
        {"Name": aws, "Values": [call.inputs[name]]}
        for name, aws in names.items()
        if call.inputs.get(name)
    ]
    found = call.client("ec2").describe_route_tables(Filters=chosen)["RouteTables"]
    return list(found)


def _is_shown(route: dict[str, Any]) -> bool:
    """Return False for routes that the provider leaves out: local ones and those of endpoints."""
    gateway = route.get("GatewayId") or ""
    of_endpoint = bool(route.get("DestinationPrefixListId")) and gateway.startswith("vpce-")
    propagated = route.get("Origin") == "EnableVgwRoutePropagation"
    return gateway != "local" and not of_endpoint and not propagated


def _route(route: dict[str, Any]) -> dict[str, Any]:
    found = _TEXTS | properties(route, _ROUTE)
    if found["gatewayId"].startswith("vpce-"):
        found |= {"gatewayId": "", "vpcEndpointId": found["gatewayId"]}
    return found


def _endpoint(call: Call) -> dict[str, Any]:
    chosen = filters(call.inputs.get("filters"), call.inputs.get("tags")) + [
        {"Name": aws, "Values": [call.inputs[name]]}
        for name, aws in _ENDPOINT_FILTERS.items()
        if call.inputs.get(name)
    ]
    named = {"VpcEndpointIds": [call.inputs["id"]]} if call.inputs.get("id") else {}
    answer = call.client("ec2").describe_vpc_endpoints(Filters=chosen, **named)
    found = answer["VpcEndpoints"]
    if not found:
        raise ProviderError("no matching EC2 VPC Endpoint found")
    if len(found) > 1:
        raise ProviderError(
            "multiple EC2 VPC Endpoints matched; use additional constraints to reduce matches to a "
            "single EC2 VPC Endpoint"
        )
    (endpoint,) = found
    return {
        **properties(endpoint, _ENDPOINT),
        "arn": call.arn("ec2", f"vpc-endpoint/{endpoint['VpcEndpointId']}"),
        "securityGroupIds": [one["GroupId"] for one in endpoint.get("Groups", ())],
        "tags": plain(endpoint.get("Tags")),
    }


def _launch_template(call: Call) -> dict[str, Any]:
    named = {"id": "LaunchTemplateIds", "name": "LaunchTemplateNames"}
    chosen = {aws: [call.inputs[name]] for name, aws in named.items() if call.inputs.get(name)}
    ec2 = call.client("ec2")
    (template,) = ec2.describe_launch_templates(**chosen)["LaunchTemplates"]
    id_ = template["LaunchTemplateId"]
    (latest,) = ec2.describe_launch_template_versions(
        LaunchTemplateId=id_, Versions=[str(template["LatestVersionNumber"])]
    )["LaunchTemplateVersions"]
    data = latest["LaunchTemplateData"]
    return {
        "arn": call.arn("ec2", f"launch-template/{id_}"),
        "defaultVersion": template["DefaultVersionNumber"],
        "id": id_,
        "imageId": data.get("ImageId", ""),
        "instanceType": data.get("InstanceType", ""),
        "latestVersion": template["LatestVersionNumber"],
        "name": template["LaunchTemplateName"],
        "networkInterfaces": [
            {"securityGroups": one.get("Groups", [])} for one in data.get("NetworkInterfaces", ())
        ],
        "tags": plain(template.get("Tags")),
        "userData": data.get("UserData", ""),
        "vpcSecurityGroupIds": data.get("SecurityGroupIds", []),
    }


def _security_groups(call: Call) -> dict[str, Any]:
    found = _groups(call, {})
    return {
        "arns": [call.arn("ec2", f"security-group/{one['GroupId']}") for one in found],
        "ids": [one["GroupId"] for one in found],
        "vpcIds": [one["VpcId"] for one in found],
    }


def _security_group(call: Call) -> dict[str, Any]:
    found = _groups(call, _GROUP_FILTERS)
    if len(found) != 1:
        many = "multiple EC2 Security Groups matched" if found else "no matching EC2 Security Group"
        raise ProviderError(f"{many} found")
    (group,) = found
    return {
        "arn": call.arn("ec2", f"security-group/{group['GroupId']}"),
        "description": group["Description"],
        "id": group["GroupId"],
        "name": group["GroupName"],
        "tags": plain(group.get("Tags")),
        "vpcId": group["VpcId"],
    }


def _groups(call: Call, names: dict[str, str]) -> list[dict[str, Any]]:
    chosen = filters(call.inputs.get("filters"), call.inputs.get("tags")) + [
        {"Name": aws, "Values": [call.inputs[name]]}
        for name, aws in names.items()
        if call.inputs.get(name)
    ]
    found = call.client("ec2").describe_security_groups(Filters=chosen)["SecurityGroups"]
    return list(found)


FUNCTIONS = {
    "aws:ec2/getVpcs:getVpcs": Function("ec2", _vpcs, arguments={"filters", "tags"}),
    "aws:ec2/getRouteTables:getRouteTables": Function(
        "ec2", _route_tables, arguments={"filters", "tags", "vpcId"}
    ),
    "aws:ec2/getRouteTable:getRouteTable": Function(
        "ec2", _route_table, arguments={"filters", "tags", *_ROUTE_TABLE_FILTERS}
    ),
    "aws:ec2/getVpcEndpoint:getVpcEndpoint": Function(
        "ec2", _endpoint, arguments={"filters", "tags", *_ENDPOINT_FILTERS}
    ),
    "aws:ec2/getLaunchTemplate:getLaunchTemplate": Function(
        "ec2", _launch_template, arguments={"id", "name"}
    ),
    "aws:ec2/getSecurityGroups:getSecurityGroups": Function(
        "ec2", _security_groups, arguments={"filters", "tags"}
    ),
    "aws:ec2/getSecurityGroup:getSecurityGroup": Function(
        "ec2", _security_group, arguments={"filters", "tags", *_GROUP_FILTERS}
    ),
}
