"""Functions that return the caller, the partition, a Region and its zones."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session

from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.functions.declaration import Function, filters
from rehearsal.pulumi.providers.server import ProviderError


def _region(call: Call) -> dict[str, Any]:
    name = call.inputs.get("name") or call.region
    if name not in _descriptions():
        raise ProviderError(f"there is no region called {name}")
    return {
        "description": _descriptions()[name],
        "endpoint": f"ec2.{name}.{_suffix(call, name)}",
        "id": name,
        "name": name,
        "region": name,
    }


@cache
def _descriptions() -> dict[str, str]:
    """Return AWS's description of each Region, from botocore's own data."""
    partitions = botocore.session.get_session().get_data("endpoints")["partitions"]
    regions = [item for partition in partitions for item in partition["regions"].items()]
    return {name: region["description"] for name, region in regions}


def _suffix(call: Call, region: str) -> str:
    return "amazonaws.com.cn" if call.clients.partition(region) == "aws-cn" else "amazonaws.com"


def _partition(call: Call) -> dict[str, Any]:
    suffix = _suffix(call, call.region)
    return {
        "dnsSuffix": suffix,
        "id": call.partition,
        "partition": call.partition,
        "reverseDnsPrefix": ".".join(reversed(suffix.split("."))),
    }


def _caller(call: Call) -> dict[str, Any]:
    identity = call.client("sts").get_caller_identity()
    return {
        "accountId": identity["Account"],
        "arn": identity["Arn"],
        "id": identity["Account"],
        "userId": identity["UserId"],
    }


def _zones(call: Call) -> dict[str, Any]:
    chosen = filters(call.inputs.get("filters"))
    if state := call.inputs.get("state"):
        chosen.append({"Name": "state", "Values": [state]})
    answer = call.client("ec2").describe_availability_zones(
        Filters=chosen, AllAvailabilityZones=bool(call.inputs.get("allAvailabilityZones"))
    )
    zones = [
        zone
        for zone in sorted(answer["AvailabilityZones"], key=lambda zone: str(zone["ZoneName"]))
        if zone["ZoneName"] not in (call.inputs.get("excludeNames") or ())
        and zone["ZoneId"] not in (call.inputs.get("excludeZoneIds") or ())
    ]
    return {
        "groupNames": sorted({zone.get("GroupName", call.region) for zone in zones}),
        "id": call.region,
        "names": [zone["ZoneName"] for zone in zones],
        "zoneIds": [zone["ZoneId"] for zone in zones],
    }


FUNCTIONS = {
    "aws:index/getRegion:getRegion": Function("ec2", _region, arguments={"name"}),
    "aws:index/getPartition:getPartition": Function("ec2", _partition),
    "aws:index/getCallerIdentity:getCallerIdentity": Function("sts", _caller),
    "aws:index/getAvailabilityZones:getAvailabilityZones": Function(
        "ec2",
        _zones,
        arguments={"allAvailabilityZones", "excludeNames", "excludeZoneIds", "filters", "state"},
    ),
}
