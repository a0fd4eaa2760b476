"""VPCs, subnets and internet gateways."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, properties
from rehearsal.pulumi.providers.aws.declaration import Resource, State, Status, Timeouts
from rehearsal.pulumi.providers.aws.tags import EC2, plain, specification

# The inputs that are attributes of a VPC, and AWS's names of them.
_VPC_ATTRIBUTES = {
    "enableDnsSupport": "EnableDnsSupport",  # before host names, which need it
    "enableDnsHostnames": "EnableDnsHostnames",
    "enableNetworkAddressUsageMetrics": "EnableNetworkAddressUsageMetrics",
}


_QUOTAS = (
    "the account's quotas are not known here. AWS begins with 5 VPCs and 5 Elastic IP addresses a "
    "Region, and with none of the largest instances for nodes and training jobs: see Service Quotas"
)


def _create_vpc(call: Call) -> str:
    call.warn(_QUOTAS)
    request = call.request({"CidrBlock": "cidrBlock", "InstanceTenancy": "instanceTenancy"})
    answer = call.client("ec2").create_vpc(**request, **specification(call, "vpc"))
    return str(answer["Vpc"]["VpcId"])


def _configure_vpc(call: Call) -> None:
    _set_vpc_attributes(call, set(_VPC_ATTRIBUTES))


def _set_vpc_attributes(call: Call, names: set[str]) -> None:
    """Set each attribute by a call of its own, as AWS requires."""
    for name, attribute in _VPC_ATTRIBUTES.items():
        if name in names and (value := call.inputs.get(name)) is not None:
            call.client("ec2").modify_vpc_attribute(
                VpcId=call.id, **{attribute: {"Value": bool(value)}}
            )


def _update_vpc(call: Call) -> None:
    _set_vpc_attributes(call, set(call.changed))
    if "instanceTenancy" in call.changed:
        call.client("ec2").modify_vpc_tenancy(
            VpcId=call.id, InstanceTenancy=call.inputs["instanceTenancy"]
        )


def _read_vpc(call: Call) -> State | None:
    ec2 = call.client("ec2")
    (vpc,) = ec2.describe_vpcs(VpcIds=[call.id])["Vpcs"]
    main = _first(call, "route_tables", {"association.main": "true"})
    group = _first(call, "security_groups", {"group-name": "default"})
    acl = _first(call, "network_acls", {"default": "true"})
    return {
        "arn": call.arn("ec2", f"vpc/{call.id}"),
        "cidrBlock": vpc["CidrBlock"],
        "dhcpOptionsId": vpc.get("DhcpOptionsId", ""),
        "instanceTenancy": vpc["InstanceTenancy"],
        "ownerId": vpc.get("OwnerId", call.account),
        "mainRouteTableId": main.get("RouteTableId", ""),
        "defaultRouteTableId": main.get("RouteTableId", ""),
        "defaultSecurityGroupId": group.get("GroupId", ""),
        "defaultNetworkAclId": acl.get("NetworkAclId", ""),
        "ipv6AssociationId": "",
        "tags": plain(vpc.get("Tags")),
        **{name: _vpc_attribute(call, attribute) for name, attribute in _VPC_ATTRIBUTES.items()},
    }


def _vpc_attribute(call: Call, attribute: str) -> bool:
    name = attribute[0].lower() + attribute[1:]
    answer = call.client("ec2").describe_vpc_attribute(VpcId=call.id, Attribute=name)
    return bool(answer[attribute]["Value"])


def _first(call: Call, what: str, filters: dict[str, str]) -> dict[str, Any]:
    """Return the VPC's one route table, group or ACL that AWS made with it."""
    chosen = [{"Name": key, "Values": [value]} for key, value in filters.items()]
    chosen.append({"Name": "vpc-id", "Values": [call.id]})
    answer = getattr(call.client("ec2"), f"describe_{what}")(Filters=chosen)
    key = "".join(word.capitalize() for word in what.split("_"))
    return next(iter(answer[key]), {})


def _delete_vpc(call: Call) -> None:
    call.client("ec2").delete_vpc(VpcId=call.id)


VPC = Resource(
    token="aws:ec2/vpc:Vpc",
    service="ec2",
    noun="EC2 VPC",
    replaces={"cidrBlock"},
    updates={"instanceTenancy", *_VPC_ATTRIBUTES},
    computed={"cidrBlock", "enableDnsHostnames", "enableNetworkAddressUsageMetrics"},
    defaults={"enableDnsSupport": True, "instanceTenancy": "default"},
    tagging=EC2,
    timeouts=Timeouts(delete=300),
    retried={"DependencyViolation"},
    create=_create_vpc,
    configure=_configure_vpc,
    read=_read_vpc,
    update=_update_vpc,
    delete=_delete_vpc,
)

_SUBNET_REQUEST = {
    "VpcId": "vpcId",
    "CidrBlock": "cidrBlock",
    "AvailabilityZone": "availabilityZone",
    "AvailabilityZoneId": "availabilityZoneId",
}
_SUBNET_ANSWER = {
    "VpcId": "vpcId",
    "CidrBlock": "cidrBlock",
    "AvailabilityZone": "availabilityZone",
    "AvailabilityZoneId": "availabilityZoneId",
    "MapPublicIpOnLaunch": "mapPublicIpOnLaunch",
    "AssignIpv6AddressOnCreation": "assignIpv6AddressOnCreation",
    "OwnerId": "ownerId",
}
_SUBNET_ATTRIBUTES = {
    "mapPublicIpOnLaunch": "MapPublicIpOnLaunch",
    "assignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation",
}


def _create_subnet(call: Call) -> str:
    request = call.request(_SUBNET_REQUEST)
    answer = call.client("ec2").create_subnet(**request, **specification(call, "subnet"))
    return str(answer["Subnet"]["SubnetId"])


def _configure_subnet(call: Call) -> None:
    """Switch on the attributes of the inputs; a new subnet has every attribute off."""
    _set_subnet_attributes(call, {name for name in _SUBNET_ATTRIBUTES if call.inputs.get(name)})


def _update_subnet(call: Call) -> None:
    _set_subnet_attributes(call, set(call.changed))


def _set_subnet_attributes(call: Call, names: set[str]) -> None:
    for name, attribute in _SUBNET_ATTRIBUTES.items():
        if name in names:
            value = {"Value": bool(call.inputs.get(name))}
            call.client("ec2").modify_subnet_attribute(SubnetId=call.id, **{attribute: value})


def _subnet(call: Call) -> dict[str, Any]:
    (subnet,) = call.client("ec2").describe_subnets(SubnetIds=[call.id])["Subnets"]
    return dict(subnet)


def _read_subnet(call: Call) -> State | None:
    subnet = _subnet(call)
    return {
        **properties(subnet, _SUBNET_ANSWER),
        "arn": subnet.get("SubnetArn", call.arn("ec2", f"subnet/{call.id}")),
        "ipv6CidrBlockAssociationId": "",
        "tags": plain(subnet.get("Tags")),
    }


def _delete_subnet(call: Call) -> None:
    call.client("ec2").delete_subnet(SubnetId=call.id)


SUBNET = Resource(
    token="aws:ec2/subnet:Subnet",
    service="ec2",
    noun="EC2 Subnet",
    replaces=set(_SUBNET_REQUEST.values()),
    updates=set(_SUBNET_ATTRIBUTES),
    computed={"availabilityZone", "availabilityZoneId"},
    defaults={"assignIpv6AddressOnCreation": False, "mapPublicIpOnLaunch": False},
    tagging=EC2,
    status=Status(lambda call: str(_subnet(call)["State"]), {"available"}, {"pending"}),
    timeouts=Timeouts(create=600, delete=1200),
    retried={"DependencyViolation"},
    create=_create_subnet,
    configure=_configure_subnet,
    read=_read_subnet,
    update=_update_subnet,
    delete=_delete_subnet,
    repeated="InvalidSubnet.Conflict",
)


def _create_gateway(call: Call) -> str:
    answer = call.client("ec2").create_internet_gateway(**specification(call, "internet-gateway"))
    return str(answer["InternetGateway"]["InternetGatewayId"])


def _attach(call: Call) -> None:
    vpc = call.inputs.get("vpcId")
    if vpc and vpc != _attached_vpc(call):
        call.client("ec2").attach_internet_gateway(InternetGatewayId=call.id, VpcId=vpc)


def _detach(call: Call) -> None:
    if vpc := _attached_vpc(call):
        call.client("ec2").detach_internet_gateway(InternetGatewayId=call.id, VpcId=vpc)


def _gateway(call: Call) -> dict[str, Any]:
    answer = call.client("ec2").describe_internet_gateways(InternetGatewayIds=[call.id])
    (gateway,) = answer["InternetGateways"]
    return dict(gateway)


def _attached_vpc(call: Call) -> str:
    return next((str(one["VpcId"]) for one in _gateway(call).get("Attachments", ())), "")


def _update_gateway(call: Call) -> None:
    _detach(call)
    _attach(call)


def _read_gateway(call: Call) -> State | None:
    gateway = _gateway(call)
    return {
        "arn": call.arn("ec2", f"internet-gateway/{call.id}"),
        "ownerId": gateway.get("OwnerId", call.account),
        "vpcId": next((one["VpcId"] for one in gateway.get("Attachments", ())), ""),
        "tags": plain(gateway.get("Tags")),
    }


def _delete_gateway(call: Call) -> None:
    _detach(call)
    call.client("ec2").delete_internet_gateway(InternetGatewayId=call.id)


INTERNET_GATEWAY = Resource(
    token="aws:ec2/internetGateway:InternetGateway",
    service="ec2",
    noun="EC2 Internet Gateway",
    updates={"vpcId"},
    computed={"vpcId"},
    tagging=EC2,
    timeouts=Timeouts(create=1200, update=1200, delete=1200),
    retried={"DependencyViolation"},
    create=_create_gateway,
    configure=_attach,
    read=_read_gateway,
    update=_update_gateway,
    delete=_delete_gateway,
    repeated="InvalidParameterValue",
)

RESOURCES = [VPC, SUBNET, INTERNET_GATEWAY]
