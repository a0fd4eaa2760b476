"""Functions that look up VPCs, subnets and the instance types on offer."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, properties
from rehearsal.pulumi.providers.aws.functions.declaration import Function, filters
from rehearsal.pulumi.providers.aws.tags import plain
from rehearsal.pulumi.providers.server import ProviderError

_VPC_FILTERS = {"cidrBlock": "cidr", "dhcpOptionsId": "dhcp-options-id", "state": "state"}
_SUBNET_FILTERS = {
    "availabilityZone": "availability-zone",
    "availabilityZoneId": "availability-zone-id",
    "cidrBlock": "cidr-block",
    "state": "state",
    "vpcId": "vpc-id",
}
_SUBNET_ANSWER = {
    "AssignIpv6AddressOnCreation": "assignIpv6AddressOnCreation",
    "AvailabilityZone": "availabilityZone",
    "AvailabilityZoneId": "availabilityZoneId",
    "AvailableIpAddressCount": "availableIpAddressCount",
    "CidrBlock": "cidrBlock",
    "DefaultForAz": "defaultForAz",
    "MapPublicIpOnLaunch": "mapPublicIpOnLaunch",
    "OwnerId": "ownerId",
    "State": "state",
    "SubnetArn": "arn",
    "SubnetId": "id",
    "VpcId": "vpcId",
}
_TYPE_ANSWER = {
    "BareMetal": "bareMetal",
    "BurstablePerformanceSupported": "burstablePerformanceSupported",
    "CurrentGeneration": "currentGeneration",
    "FreeTierEligible": "freeTierEligible",
    "Hypervisor": "hypervisor",
    "InstanceStorageSupported": "instanceStorageSupported",
    "InstanceType": "instanceType",
    "SupportedUsageClasses": "supportedUsagesClasses",
}


_NOT_KNOWN = (
    "the instance types on offer in {} are not known here: those that nearly every Region has are "
    "taken to be. `aws ec2 describe-instance-type-offerings` tells on AWS"
)


def _offerings(call: Call) -> dict[str, Any]:
    if call.partition != "aws":
        call.warn(_NOT_KNOWN.format(call.region))
    kind = call.inputs.get("locationType") or "region"
    pages = call.client("ec2").get_paginator("describe_instance_type_offerings")
    found = [
        offering
        for page in pages.paginate(LocationType=kind, Filters=filters(call.inputs.get("filters")))
        for offering in page["InstanceTypeOfferings"]
    ]
    return {
        "instanceTypes": [one["InstanceType"] for one in found],
        "locationTypes": [one["LocationType"] for one in found],
        "locations": [one["Location"] for one in found],
    }


def _instance_types(call: Call) -> dict[str, Any]:
    pages = call.client("ec2").get_paginator("describe_instance_types")
    answer = pages.paginate(Filters=filters(call.inputs.get("filters")))
    names = [one["InstanceType"] for page in answer for one in page["InstanceTypes"]]
    return {"instanceTypes": sorted(names)}


def _instance_type(call: Call) -> dict[str, Any]:
    name = call.inputs["instanceType"]
    answer = call.client("ec2").describe_instance_types(InstanceTypes=[name])
    (found,) = answer["InstanceTypes"]
    gpus = found.get("GpuInfo", {})
    cpu, processor = found["VCpuInfo"], found.get("ProcessorInfo", {})
    network, storage = found.get("NetworkInfo", {}), found.get("InstanceStorageInfo", {})
    return {
        **properties(found, _TYPE_ANSWER),
        "id": name,
        "defaultCores": cpu.get("DefaultCores"),
        "defaultVcpus": cpu["DefaultVCpus"],
        "efaSupported": network.get("EfaSupported", False),
        "gpuses": [
            {
                "count": gpu["Count"],
                "manufacturer": gpu["Manufacturer"],
                "memorySize": gpu["MemoryInfo"]["SizeInMiB"],
                "name": gpu["Name"],
            }
            for gpu in gpus.get("Gpus", ())
        ],
        "maximumNetworkInterfaces": network.get("MaximumNetworkInterfaces"),
        "memorySize": found["MemoryInfo"]["SizeInMiB"],
        "networkPerformance": network.get("NetworkPerformance"),
        "supportedArchitectures": processor.get("SupportedArchitectures", []),
        "totalGpuMemory": gpus.get("TotalGpuMemoryInMiB", 0),
        "totalInstanceStorage": storage.get("TotalSizeInGB", 0),
    }


def _chosen(call: Call, names: dict[str, str], id_filter: str) -> list[dict[str, Any]]:
    chosen = filters(call.inputs.get("filters"), call.inputs.get("tags"))
    for name, aws in (names | {"id": id_filter}).items():
        if value := call.inputs.get(name):
            chosen.append({"Name": aws, "Values": [value]})
    return chosen


def _one(found: list[dict[str, Any]], what: str) -> dict[str, Any]:
    if len(found) != 1:
        many = "multiple" if found else "no"
        raise ProviderError(f"{many} {what} matched; use criteria that one {what} meets")
    return found[0]


def _vpc(call: Call) -> dict[str, Any]:
    ec2, chosen = call.client("ec2"), _chosen(call, _VPC_FILTERS, "vpc-id")
    if call.inputs.get("default"):
        chosen.append({"Name": "is-default", "Values": ["true"]})
    vpc = _one(ec2.describe_vpcs(Filters=chosen)["Vpcs"], "EC2 VPC")
    id_ = vpc["VpcId"]
    main = ec2.describe_route_tables(
        Filters=[
            {"Name": "vpc-id", "Values": [id_]},
            {"Name": "association.main", "Values": ["true"]},
        ]
    )["RouteTables"]
    return {
        "arn": call.arn("ec2", f"vpc/{id_}"),
        "cidrBlock": vpc["CidrBlock"],
        "cidrBlockAssociations": [
            {
                "associationId": one["AssociationId"],
                "cidrBlock": one["CidrBlock"],
                "state": one["CidrBlockState"]["State"],
            }
            for one in vpc.get("CidrBlockAssociationSet", ())
        ],
        "default": vpc.get("IsDefault", False),
        "dhcpOptionsId": vpc.get("DhcpOptionsId", ""),
        "enableDnsHostnames": _attribute(call, id_, "EnableDnsHostnames"),
        "enableDnsSupport": _attribute(call, id_, "EnableDnsSupport"),
        "id": id_,
        "instanceTenancy": vpc["InstanceTenancy"],
        "mainRouteTableId": main[0]["RouteTableId"] if main else "",
        "ownerId": vpc.get("OwnerId", call.account),
        "state": vpc["State"],
        "tags": plain(vpc.get("Tags")),
    }


def _attribute(call: Call, vpc: str, name: str) -> bool:
    answer = call.client("ec2").describe_vpc_attribute(
        VpcId=vpc, Attribute=name[0].lower() + name[1:]
    )
    return bool(answer[name]["Value"])


def _subnet(call: Call) -> dict[str, Any]:
    chosen = _chosen(call, _SUBNET_FILTERS, "subnet-id")
    if call.inputs.get("defaultForAz"):
        chosen.append({"Name": "default-for-az", "Values": ["true"]})
    subnets = call.client("ec2").describe_subnets(Filters=chosen)["Subnets"]
    subnet = _one(subnets, "EC2 Subnet")
    return {**properties(subnet, _SUBNET_ANSWER), "tags": plain(subnet.get("Tags"))}


def _subnets(call: Call) -> dict[str, Any]:
    chosen = filters(call.inputs.get("filters"), call.inputs.get("tags"))
    pages = call.client("ec2").get_paginator("describe_subnets").paginate(Filters=chosen)
    return {"ids": [one["SubnetId"] for page in pages for one in page["Subnets"]]}


FUNCTIONS = {
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": Function(
        "ec2", _offerings, arguments={"filters", "locationType"}
    ),
    "aws:ec2/getInstanceTypes:getInstanceTypes": Function(
        "ec2", _instance_types, arguments={"filters"}
    ),
    "aws:ec2/getInstanceType:getInstanceType": Function(
        "ec2", _instance_type, required={"instanceType"}
    ),
    "aws:ec2/getVpc:getVpc": Function(
        "ec2", _vpc, arguments={"default", "filters", "tags", *_VPC_FILTERS}
    ),
    "aws:ec2/getSubnet:getSubnet": Function(
        "ec2", _subnet, arguments={"defaultForAz", "filters", "tags", *_SUBNET_FILTERS}
    ),
    "aws:ec2/getSubnets:getSubnets": Function("ec2", _subnets, arguments={"filters", "tags"}),
}
