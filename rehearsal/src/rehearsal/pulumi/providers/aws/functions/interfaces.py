"""Functions that look up network interfaces."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, properties
from rehearsal.pulumi.providers.aws.functions.declaration import Function, filters
from rehearsal.pulumi.providers.aws.tags import plain
from rehearsal.pulumi.providers.server import ProviderError

_ANSWER = {
    "AvailabilityZone": "availabilityZone",
    "Description": "description",
    "InterfaceType": "interfaceType",
    "MacAddress": "macAddress",
    "NetworkInterfaceId": "id",
    "OutpostArn": "outpostArn",
    "OwnerId": "ownerId",
    "PrivateDnsName": "privateDnsName",
    "PrivateIpAddress": "privateIp",
    "RequesterId": "requesterId",
    "SubnetId": "subnetId",
    "VpcId": "vpcId",
}


def _found(call: Call, **wanted: Any) -> list[dict[str, Any]]:
    given = call.inputs.get("filters"), call.inputs.get("tags")
    if chosen := filters(*given):
        wanted["Filters"] = chosen
    pages = call.client("ec2").get_paginator("describe_network_interfaces").paginate(**wanted)
    return [one for page in pages for one in page["NetworkInterfaces"]]


def _interfaces(call: Call) -> dict[str, Any]:
    ids = [one["NetworkInterfaceId"] for one in _found(call)]
    return {"id": call.region, "ids": ids}


def _interface(call: Call) -> dict[str, Any]:
    wanted = {"NetworkInterfaceIds": [call.inputs["id"]]} if call.inputs.get("id") else {}
    found = _found(call, **wanted)
    if len(found) != 1:
        raise ProviderError(f"reading EC2 Network Interface: {len(found)} match; one has to")
    (one,) = found
    return {
        "outpostArn": "",
        **properties(one, _ANSWER),
        "arn": call.arn("ec2", f"network-interface/{one['NetworkInterfaceId']}"),
        "securityGroups": [group["GroupId"] for group in one.get("Groups", [])],
        "privateIps": [each["PrivateIpAddress"] for each in one.get("PrivateIpAddresses", [])],
        "ipv6Addresses": [],
        "associations": [],
        "attachments": [],
        "enaSrdSpecifications": [],
        "tags": plain(one.get("TagSet")),
    }


FUNCTIONS = {
    "aws:ec2/getNetworkInterface:getNetworkInterface": Function(
        "ec2", _interface, arguments={"filters", "tags"}
    ),
    "aws:ec2/getNetworkInterfaces:getNetworkInterfaces": Function(
        "ec2", _interfaces, arguments={"filters", "tags"}
    ),
}
