"""VPC and subnets that somebody else made, used as they are."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.existing_network_spec import ExistingNetworkSpec
from components.found_network import FoundNetwork, FoundSubnet, FoundVpc
from components.network_spec import SubnetKind

ANYWHERE = "0.0.0.0/0"


class ExistingNetworkArgs(TypedDict):
    """Arguments of `ExistingNetwork`."""

    vpc_id: str
    """Id of the VPC."""
    subnet_ids: Mapping[str, str]
    """Id of the subnet of each zone; the order of the zones tells which is first."""
    control_plane_zones: NotRequired[Sequence[str]]
    """Zones that a control plane of the stack was created in; by default all."""


class ExistingNetwork(pulumi.ComponentResource):
    """A VPC and one of its subnets in each zone, with the attributes of a `Network`.

    It makes and changes nothing. Nodes, mount targets and training jobs are in these subnets, be
    they private or public.
    """

    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    zones: list[str]
    """Names of the Availability Zones of the subnets."""
    public_subnet_ids: dict[str, pulumi.Output[str]]
    """Empty: the kind of a subnet is the business of its owner."""
    private_subnet_ids: dict[str, pulumi.Output[str]]
    """Id of the subnet of each zone."""
    control_plane_subnet_ids: list[pulumi.Output[str]]
    """Ids of the subnets for an EKS control plane that the stack makes."""

    def __init__(
        self, name: str, args: ExistingNetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:network:ExistingNetwork", name, {}, opts)
        self.zones = [*args["subnet_ids"]]
        self.vpc_id = pulumi.Output.from_input(args["vpc_id"])
        self.public_subnet_ids = {}
        self.private_subnet_ids = {
            zone: pulumi.Output.from_input(one) for zone, one in args["subnet_ids"].items()
        }
        kept = args.get("control_plane_zones", ())
        self.control_plane_subnet_ids = self.subnet_ids(
            "private", [zone for zone in kept if zone in self.zones]
        )
        self.register_outputs({"vpcId": self.vpc_id, "subnetIds": self.private_subnet_ids})

    def subnet_ids(self, kind: SubnetKind, zones: Sequence[str] = ()) -> list[pulumi.Output[str]]:
        """Return the ids of the subnets of some zones, by default of all, whatever their kind."""
        del kind
        return [self.private_subnet_ids[zone] for zone in zones or self.zones]


def find_network(spec: ExistingNetworkSpec) -> FoundNetwork:
    """Return what AWS has of the VPC and subnets that a spec names.

    Raises:
        Exception: AWS does not answer, or refuses.
    """
    named = [spec.vpc_id] if spec.vpc_id else None
    vpcs = tuple(map(_vpc, _vpc_ids(named, spec.tags)))
    if spec.subnet_ids:
        return _with_subnets(vpcs, spec.subnet_ids)
    if len(vpcs) != 1:
        return FoundNetwork(vpcs)
    filters = [aws.ec2.GetSubnetsFilterArgs(name="vpc-id", values=[vpcs[0].id])]
    ids = aws.ec2.get_subnets(filters=filters, tags=dict(spec.subnet_tags)).ids
    found = _subnets(ids)
    return FoundNetwork(vpcs, tuple(sorted(found, key=lambda one: (one.zone, one.id))))


def find_subnets(vpc_id: str, subnet_ids: Collection[str]) -> FoundNetwork:
    """Return a VPC and some of its subnets, which a cluster names.

    Raises:
        Exception: AWS does not answer, or refuses.
    """
    found = sorted(_subnets(subnet_ids), key=lambda one: (one.zone, one.id))
    vpcs = tuple(map(_vpc, _vpc_ids([vpc_id], {})))
    return FoundNetwork(vpcs, tuple(found), of_cluster=True)


def _with_subnets(vpcs: tuple[FoundVpc, ...], ids: Sequence[str]) -> FoundNetwork:
    wanted = [aws.ec2.GetSubnetsFilterArgs(name="subnet-id", values=[*ids])]
    known = set(aws.ec2.get_subnets(filters=wanted).ids)
    return FoundNetwork(
        vpcs,
        tuple(_subnets([one for one in ids if one in known])),
        tuple(one for one in ids if one not in known),
    )


def _vpc_ids(ids: Sequence[str] | None, tags: Mapping[str, str]) -> list[str]:
    filters = [aws.ec2.GetVpcsFilterArgs(name="vpc-id", values=[*ids])] if ids else None
    return [*aws.ec2.get_vpcs(filters=filters, tags=dict(tags)).ids]


def _vpc(vpc_id: str) -> FoundVpc:
    found = aws.ec2.get_vpc(id=vpc_id)
    blocks = [one.cidr_block for one in found.cidr_block_associations]
    others = [one for one in blocks if one != found.cidr_block]
    return FoundVpc(
        vpc_id,
        (found.cidr_block, *others),
        found.enable_dns_support,
        found.enable_dns_hostnames,
    )


def _subnets(ids: Collection[str]) -> list[FoundSubnet]:
    described = [aws.ec2.get_subnet(id=one) for one in ids]
    routes = {vpc: _routes(vpc) for vpc in {one.vpc_id for one in described}}
    return [_subnet(one, routes[one.vpc_id](one.id)) for one in described]


def _subnet(
    found: aws.ec2.GetSubnetResult, routes: tuple[aws.ec2.GetRouteTableResult | None, bool]
) -> FoundSubnet:
    table, has_s3_endpoint = routes
    out = [one for one in (table.routes if table else ()) if one.cidr_block == ANYWHERE]
    return FoundSubnet(
        id=found.id,
        vpc_id=found.vpc_id,
        zone=found.availability_zone,
        zone_id=found.availability_zone_id,
        free_addresses=found.available_ip_address_count,
        is_public=any((one.gateway_id or "").startswith("igw-") for one in out),
        has_default_route=bool(out),
        has_s3_endpoint=has_s3_endpoint,
        assigns_public_addresses=found.map_public_ip_on_launch,
    )


Routes = Callable[[str], tuple[aws.ec2.GetRouteTableResult | None, bool]]


def _routes(vpc_id: str) -> Routes:
    """Return a function that gives a subnet's route table, and if S3's gateway endpoint is on it.

    A subnet without a route table of its own has the main one, and cannot be asked for by its id.
    """
    tables = [
        aws.ec2.get_route_table(route_table_id=one)
        for one in aws.ec2.get_route_tables(vpc_id=vpc_id).ids
    ]
    own = {of.subnet_id: table for table in tables for of in table.associations if of.subnet_id}
    main = next((one for one in tables if any(of.main for of in one.associations)), None)
    served = _tables_with_s3(vpc_id)

    def routes(subnet_id: str) -> tuple[aws.ec2.GetRouteTableResult | None, bool]:
        table = own.get(subnet_id, main)
        return table, table is not None and (served is None or table.route_table_id in served)

    return routes


def _tables_with_s3(vpc_id: str) -> frozenset[str] | None:
    """Return the route tables that a gateway endpoint for S3 is on; None if there are several."""
    region = aws.get_region().region
    try:
        found = aws.ec2.get_vpc_endpoint(
            vpc_id=vpc_id,
            service_name=f"com.amazonaws.{region}.s3",
            filters=[
                aws.ec2.GetVpcEndpointFilterArgs(name="vpc-endpoint-type", values=["Gateway"])
            ],
        )
    except Exception as error:  # none and several are a bare Exception each
        if "multiple" in str(error):
            return None
        if "no matching" in str(error):
            return frozenset()
        raise
    return frozenset(found.route_table_ids)
