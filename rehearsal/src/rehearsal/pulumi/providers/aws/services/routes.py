"""Route tables, routes, and associations of tables with subnets."""

from __future__ import annotations

import zlib
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, properties
from rehearsal.pulumi.providers.aws.declaration import Inputs, Resource, State, Status, Timeouts
from rehearsal.pulumi.providers.aws.tags import EC2, plain, specification
from rehearsal.pulumi.providers.server import Failure, ProviderError

# Targets of a route, by AWS's names and by the names of a route's inputs.
_TARGETS = {
    "GatewayId": "gatewayId",
    "NatGatewayId": "natGatewayId",
    "NetworkInterfaceId": "networkInterfaceId",
    "TransitGatewayId": "transitGatewayId",
    "VpcPeeringConnectionId": "vpcPeeringConnectionId",
}
_DESTINATIONS = {
    "DestinationCidrBlock": "destinationCidrBlock",
    "DestinationIpv6CidrBlock": "destinationIpv6CidrBlock",
    "DestinationPrefixListId": "destinationPrefixListId",
}
# The same destinations have other names in a route that is declared in its table.
_INLINE = _TARGETS | {
    "DestinationCidrBlock": "cidrBlock",
    "DestinationIpv6CidrBlock": "ipv6CidrBlock",
    "DestinationPrefixListId": "destinationPrefixListId",
}


def _create_table(call: Call) -> str:
    answer = call.client("ec2").create_route_table(
        VpcId=call.inputs["vpcId"], ClientToken=call.token, **specification(call, "route-table")
    )
    return str(answer["RouteTable"]["RouteTableId"])


def _table(call: Call, id_: str) -> dict[str, Any]:
    (table,) = call.client("ec2").describe_route_tables(RouteTableIds=[id_])["RouteTables"]
    return dict(table)


def _inline_routes(call: Call) -> list[dict[str, Any]]:
    """Return the table's routes except local ones and those of gateway endpoints."""
    return [
        properties(route, _INLINE)
        for route in _table(call, call.id)["Routes"]
        if route.get("GatewayId") != "local"
        and not str(route.get("GatewayId", "")).startswith("vpce-")
    ]


def _destination(route: dict[str, Any]) -> tuple[str, str]:
    for aws, name in _INLINE.items():
        if aws.startswith("Destination") and route.get(name):
            return aws, str(route[name])
    raise ProviderError("a route needs a cidrBlock, ipv6CidrBlock or destinationPrefixListId")


def _put_routes(call: Call) -> None:
    """Make the table's routes those of the input, if the program gives any."""
    if call.inputs.get("routes") is None and "routes" not in call.changed:
        return
    ec2 = call.client("ec2")
    wanted = {_destination(route): route for route in call.inputs.get("routes") or ()}
    present = {_destination(route): route for route in _inline_routes(call)}
    for destination in present.keys() - wanted.keys():
        ec2.delete_route(RouteTableId=call.id, **dict([destination]))
    for destination, route in wanted.items():
        target = {aws: route[name] for aws, name in _TARGETS.items() if route.get(name)}
        change = ec2.replace_route if destination in present else ec2.create_route
        change(RouteTableId=call.id, **dict([destination]), **target)


def _read_table(call: Call) -> State | None:
    table = _table(call, call.id)
    return {
        "arn": call.arn("ec2", f"route-table/{call.id}"),
        "ownerId": table.get("OwnerId", call.account),
        "propagatingVgws": [],
        "routes": _inline_routes(call),
        "vpcId": table["VpcId"],
        "tags": plain(table.get("Tags")),
    }


def _delete_table(call: Call) -> None:
    call.client("ec2").delete_route_table(RouteTableId=call.id)


ROUTE_TABLE = Resource(
    token="aws:ec2/routeTable:RouteTable",
    service="ec2",
    noun="EC2 Route Table",
    replaces={"vpcId"},
    updates={f"routes.{name}" for name in _INLINE.values()},
    computed={"routes", "propagatingVgws"},
    tagging=EC2,
    timeouts=Timeouts(create=300, update=120, delete=300),
    retried={"DependencyViolation"},
    create=_create_table,
    configure=_put_routes,
    read=_read_table,
    update=_put_routes,
    delete=_delete_table,
)


def _route_destination(call: Call) -> dict[str, str]:
    known = {aws: call.value(name) for aws, name in _DESTINATIONS.items()}
    return {aws: str(value) for aws, value in known.items() if value}


def _route_id(table: str, destination: str) -> str:
    """Return the id that terraform-provider-aws generates, since AWS gives routes none."""
    return f"r-{table}{zlib.crc32(destination.encode())}"


def _create_route(call: Call) -> str:
    table, destination = str(call.inputs["routeTableId"]), _route_destination(call)
    if _route(call) is not None:
        raise ProviderError(
            f"creating EC2 Route: RouteAlreadyExists: a route to {_only(destination)} is already "
            f"in {table}; import it with the id {table}_{_only(destination)}"
        )
    call.client("ec2").create_route(RouteTableId=table, **destination, **call.request(_TARGETS))
    return _route_id(table, _only(destination))


def _only(values: dict[str, str]) -> str:
    return next(iter(values.values()))


def _route(call: Call) -> dict[str, Any] | None:
    destination = _route_destination(call)
    for route in _table(call, call.value("routeTableId"))["Routes"]:
        if destination.items() <= route.items():
            return dict(route)
    return None


def _route_state(call: Call) -> str | None:
    route = _route(call)
    return route.get("State", "active") if route else None


def _read_route(call: Call) -> State | None:
    route = _route(call)
    if route is None:
        return None
    return {
        **properties(route, _TARGETS | _DESTINATIONS),
        "instanceId": route.get("InstanceId", ""),
        "instanceOwnerId": route.get("InstanceOwnerId", ""),
        "origin": route.get("Origin", "CreateRoute"),
        "routeTableId": call.value("routeTableId"),
        "state": route.get("State", "active"),
    }


def _update_route(call: Call) -> None:
    call.client("ec2").replace_route(
        RouteTableId=call.inputs["routeTableId"],
        **_route_destination(call),
        **call.request(_TARGETS),
    )


def _delete_route(call: Call) -> None:
    call.client("ec2").delete_route(
        RouteTableId=call.value("routeTableId"), **_route_destination(call)
    )


def _import_route(call: Call) -> str:
    table, _, destination = call.id.partition("_")
    kind = "destinationIpv6CidrBlock" if ":" in destination else "destinationCidrBlock"
    kind = "destinationPrefixListId" if destination.startswith("pl-") else kind
    call.outputs = {"routeTableId": table, kind: destination}
    return _route_id(table, destination)


def _validate_route(inputs: Inputs) -> list[Failure]:
    failures = []
    for names in (_DESTINATIONS.values(), _TARGETS.values()):
        if sum(inputs.get(name) not in (None, "") for name in names) != 1:
            reason = f"exactly one of {', '.join(names)} must be given"
            failures.append(Failure(next(iter(names)), reason))
    return failures


ROUTE = Resource(
    token="aws:ec2/route:Route",
    service="ec2",
    noun="EC2 Route",
    replaces={"routeTableId", *_DESTINATIONS.values()},
    updates=set(_TARGETS.values()),
    validate=_validate_route,
    status=Status(_route_state, {"active"}, set(), lambda _: "its target is not there"),
    timeouts=Timeouts(create=300, update=120, delete=300),
    create=_create_route,
    read=_read_route,
    update=_update_route,
    delete=_delete_route,
    import_id=_import_route,
)


def _associate(call: Call) -> str:
    request = call.request(
        {"RouteTableId": "routeTableId", "SubnetId": "subnetId", "GatewayId": "gatewayId"}
    )
    return str(call.client("ec2").associate_route_table(**request)["AssociationId"])


def _association(call: Call) -> dict[str, Any] | None:
    """Return the association of the subnet or gateway.

    AWS gives it another id whenever it moves to another table, so it is not found by id.
    """
    subnet, gateway = call.value("subnetId"), call.value("gatewayId")
    name, value = ("subnet-id", subnet) if subnet else ("gateway-id", gateway)
    chosen = [{"Name": f"association.{name}", "Values": [value]}]
    answer = call.client("ec2").describe_route_tables(Filters=chosen)
    for table in answer["RouteTables"]:
        for one in table["Associations"]:
            if value in {one.get("SubnetId"), one.get("GatewayId")}:
                return dict(one)
    return None


def _read_association(call: Call) -> State | None:
    found = _association(call)
    if found is None:
        return None
    fields = {"RouteTableId": "routeTableId", "SubnetId": "subnetId", "GatewayId": "gatewayId"}
    return properties(found, fields)


def _reassociate(call: Call) -> None:
    found = _association(call)
    if found is not None:
        call.client("ec2").replace_route_table_association(
            AssociationId=found["RouteTableAssociationId"],
            RouteTableId=call.inputs["routeTableId"],
        )


def _disassociate(call: Call) -> None:
    found = _association(call)
    if found is not None:
        call.client("ec2").disassociate_route_table(AssociationId=found["RouteTableAssociationId"])


def _import_association(call: Call) -> str:
    target, _, table = call.id.partition("/")
    name = "subnetId" if target.startswith("subnet-") else "gatewayId"
    call.outputs = {name: target, "routeTableId": table}
    found = _association(call)
    if found is None:
        raise ProviderError(f"no association was found for {call.id}, of the form SUBNET/TABLE")
    return str(found["RouteTableAssociationId"])


ROUTE_TABLE_ASSOCIATION = Resource(
    token="aws:ec2/routeTableAssociation:RouteTableAssociation",
    service="ec2",
    noun="EC2 Route Table Association",
    replaces={"subnetId", "gatewayId"},
    updates={"routeTableId"},
    timeouts=Timeouts(create=300, update=120, delete=300),
    create=_associate,
    read=_read_association,
    update=_reassociate,
    delete=_disassociate,
    import_id=_import_association,
)

RESOURCES = [ROUTE_TABLE, ROUTE, ROUTE_TABLE_ASSOCIATION]
