"""VPC endpoints."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, properties
from rehearsal.pulumi.providers.aws.declaration import ANOTHER, Inputs, Resource, State, Status
from rehearsal.pulumi.providers.aws.tags import EC2, plain, specification
from rehearsal.pulumi.providers.server import ProviderError

_REQUEST = {
    "PolicyDocument": "policy",
    "PrivateDnsEnabled": "privateDnsEnabled",
    "RouteTableIds": "routeTableIds",
    "SecurityGroupIds": "securityGroupIds",
    "ServiceName": "serviceName",
    "SubnetIds": "subnetIds",
    "VpcEndpointType": "vpcEndpointType",
    "VpcId": "vpcId",
}
_ANSWER = {
    "NetworkInterfaceIds": "networkInterfaceIds",
    "OwnerId": "ownerId",
    "PrivateDnsEnabled": "privateDnsEnabled",
    "RequesterManaged": "requesterManaged",
    "RouteTableIds": "routeTableIds",
    "ServiceName": "serviceName",
    "State": "state",
    "SubnetIds": "subnetIds",
    "VpcEndpointType": "vpcEndpointType",
    "VpcId": "vpcId",
}
# Inputs that are changed as sets, with the names of AWS's Add and Remove arguments.
_SETS = {
    "routeTableIds": "RouteTableIds",
    "securityGroupIds": "SecurityGroupIds",
    "subnetIds": "SubnetIds",
}


def _create(call: Call) -> str:
    answer = call.client("ec2").create_vpc_endpoint(
        **call.request(_REQUEST), ClientToken=call.token, **specification(call, "vpc-endpoint")
    )
    return str(answer["VpcEndpoint"]["VpcEndpointId"])


def _endpoint(call: Call) -> dict[str, Any] | None:
    answer = call.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[call.id])
    endpoint = next(iter(answer["VpcEndpoints"]), None)
    return dict(endpoint) if endpoint and endpoint["State"].lower() != "deleted" else None


def _state(call: Call) -> str | None:
    endpoint = _endpoint(call)
    return endpoint["State"].lower() if endpoint else None


def _read(call: Call) -> State | None:
    endpoint = _endpoint(call)
    if endpoint is None:
        return None
    return {
        **properties(endpoint, _ANSWER),
        "arn": call.arn("ec2", f"vpc-endpoint/{call.id}"),
        "dnsEntries": [
            {"dnsName": one.get("DnsName"), "hostedZoneId": one.get("HostedZoneId")}
            for one in endpoint.get("DnsEntries", ())
        ],
        "policy": _policy(endpoint.get("PolicyDocument")),
        "securityGroupIds": [one["GroupId"] for one in endpoint.get("Groups", ())],
        **_prefix_list(call, endpoint),
        "tags": plain(endpoint.get("Tags")),
    }


def _policy(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def _prefix_list(call: Call, endpoint: dict[str, Any]) -> State:
    """Return the addresses of a gateway endpoint's service, and its list for routes and rules."""
    if endpoint.get("VpcEndpointType") != "Gateway":
        return {"cidrBlocks": []}
    chosen = [{"Name": "prefix-list-name", "Values": [endpoint["ServiceName"]]}]
    lists = call.client("ec2").describe_prefix_lists(Filters=chosen)["PrefixLists"]
    return {
        "cidrBlocks": [cidr for one in lists for cidr in one.get("Cidrs", ())],
        "prefixListId": next((one["PrefixListId"] for one in lists), ""),
    }


def _update(call: Call) -> None:
    request: dict[str, Any] = {}
    for name, aws in _SETS.items():
        if name in call.changed:
            old, new = set(call.outputs.get(name) or ()), set(call.inputs.get(name) or ())
            request |= {f"Add{aws}": sorted(new - old), f"Remove{aws}": sorted(old - new)}
    if "policy" in call.changed:
        policy = call.inputs.get("policy")
        request |= {"PolicyDocument": policy} if policy else {"ResetPolicy": True}
    if "privateDnsEnabled" in call.changed:
        request["PrivateDnsEnabled"] = bool(call.inputs.get("privateDnsEnabled"))
    request = {key: value for key, value in request.items() if value != []}
    call.client("ec2").modify_vpc_endpoint(VpcEndpointId=call.id, **request)


def _delete(call: Call) -> None:
    answer = call.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[call.id])
    for failure in answer.get("Unsuccessful", ()):
        error = failure["Error"]
        if "NotFound" not in error["Code"]:
            raise ProviderError(
                f"deleting EC2 VPC Endpoint ({call.id}): {error['Code']}: {error['Message']}"
            )


def _repeated(inputs: Inputs) -> str:
    if inputs["vpcEndpointType"] == "Gateway":
        return "RouteAlreadyExists" if inputs.get("routeTableIds") else ANOTHER
    return "InvalidParameter" if inputs.get("privateDnsEnabled") else ANOTHER


ENDPOINT = Resource(
    token="aws:ec2/vpcEndpoint:VpcEndpoint",
    service="ec2",
    noun="EC2 VPC Endpoint",
    replaces={"serviceName", "vpcEndpointType", "vpcId"},
    updates={"policy", "privateDnsEnabled", *_SETS},
    computed={
        "dnsOptions",
        "ipAddressType",
        "policy",
        "privateDnsEnabled",
        "serviceRegion",
        *_SETS,
    },
    defaults={"vpcEndpointType": "Gateway"},
    documents={"policy"},
    tagging=EC2,
    status=Status(_state, {"available", "pendingacceptance"}, {"pending"}),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    repeated=_repeated,
)

RESOURCES = [ENDPOINT]
