"""Elastic IP addresses and NAT gateways."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, properties
from rehearsal.pulumi.providers.aws.declaration import ANOTHER, Resource, State, Status, Timeouts
from rehearsal.pulumi.providers.aws.tags import EC2, plain, specification

_ADDRESS_REQUEST = {
    "Domain": "domain",
    "NetworkBorderGroup": "networkBorderGroup",
    "PublicIpv4Pool": "publicIpv4Pool",
}
_ADDRESS_ANSWER = {
    "AllocationId": "allocationId",
    "AssociationId": "associationId",
    "Domain": "domain",
    "InstanceId": "instance",
    "NetworkBorderGroup": "networkBorderGroup",
    "NetworkInterfaceId": "networkInterface",
    "PrivateIpAddress": "privateIp",
    "PublicIp": "publicIp",
    "PublicIpv4Pool": "publicIpv4Pool",
}


def _allocate(call: Call) -> str:
    request = {"Domain": "vpc"} | call.request(_ADDRESS_REQUEST)
    answer = call.client("ec2").allocate_address(**request, **specification(call, "elastic-ip"))
    return str(answer["AllocationId"])


def _read_address(call: Call) -> State | None:
    addresses = call.client("ec2").describe_addresses(AllocationIds=[call.id])["Addresses"]
    if not addresses:
        return None
    (address,) = addresses
    dashed = address["PublicIp"].replace(".", "-")
    return {
        **properties(address, _ADDRESS_ANSWER),
        "arn": call.arn("ec2", f"elastic-ip/{call.id}"),
        "publicDns": f"ec2-{dashed}.{_dns_region(call.region)}.amazonaws.com",
        "tags": plain(address.get("Tags")),
    }


def _dns_region(region: str) -> str:
    """Return the Region's part of a public host name; that of us-east-1 is older than Regions."""
    return "compute-1" if region == "us-east-1" else f"{region}.compute"


def _release(call: Call) -> None:
    call.client("ec2").release_address(AllocationId=call.id)


EIP = Resource(
    token="aws:ec2/eip:Eip",
    service="ec2",
    noun="EC2 EIP",
    replaces=set(_ADDRESS_REQUEST.values()),
    computed={
        "domain",
        "instance",
        "networkBorderGroup",
        "networkInterface",
        "publicIpv4Pool",
    },
    tagging=EC2,
    timeouts=Timeouts(create=900, update=300, delete=180),
    retried={"AuthFailure", "InvalidIPAddress.InUse"},
    create=_allocate,
    read=_read_address,
    delete=_release,
)

IN_USE = "Resource.AlreadyAssociated"
_NAT_REQUEST = {
    "AllocationId": "allocationId",
    "ConnectivityType": "connectivityType",
    "PrivateIpAddress": "privateIp",
    "SubnetId": "subnetId",
}


def _create_nat(call: Call) -> str:
    answer = call.client("ec2").create_nat_gateway(
        **call.request(_NAT_REQUEST), ClientToken=call.token, **specification(call, "natgateway")
    )
    return str(answer["NatGateway"]["NatGatewayId"])


def _nat(call: Call) -> dict[str, Any] | None:
    answer = call.client("ec2").describe_nat_gateways(NatGatewayIds=[call.id])
    return next((dict(one) for one in answer["NatGateways"] if one["State"] != "deleted"), None)


def _nat_state(call: Call) -> str | None:
    nat = _nat(call)
    return nat["State"] if nat else None


def _nat_failure(call: Call) -> str:
    nat = _nat(call) or {}
    return f"{nat.get('FailureCode', '')}: {nat.get('FailureMessage', '')}"


def _read_nat(call: Call) -> State | None:
    nat = _nat(call)
    if nat is None:
        return None
    address: dict[str, Any] = next(iter(nat.get("NatGatewayAddresses", ())), {})
    return {
        "allocationId": address.get("AllocationId"),
        "associationId": address.get("AssociationId", ""),
        "availabilityMode": nat.get("AvailabilityMode", "zonal"),
        "connectivityType": nat.get("ConnectivityType", "public"),
        "networkInterfaceId": address.get("NetworkInterfaceId"),
        "privateIp": address.get("PrivateIp"),
        "publicIp": address.get("PublicIp"),
        "subnetId": nat["SubnetId"],
        "vpcId": nat.get("VpcId"),
        "tags": plain(nat.get("Tags")),
    }


def _delete_nat(call: Call) -> None:
    if _nat_state(call) not in {None, "deleting"}:
        call.client("ec2").delete_nat_gateway(NatGatewayId=call.id)


NAT_GATEWAY = Resource(
    token="aws:ec2/natGateway:NatGateway",
    service="ec2",
    noun="EC2 NAT Gateway",
    replaces=set(_NAT_REQUEST.values()),
    computed={"privateIp", "availabilityMode", "vpcId"},
    defaults={"connectivityType": "public"},
    tagging=EC2,
    status=Status(_nat_state, {"available"}, {"pending"}, _nat_failure),
    timeouts=Timeouts(create=600, update=600, delete=1800),
    create=_create_nat,
    read=_read_nat,
    delete=_delete_nat,
    repeated=lambda inputs: IN_USE if inputs.get("allocationId") else ANOTHER,
)

RESOURCES = [EIP, NAT_GATEWAY]
