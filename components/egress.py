"""Internet access of a VPC: internet gateway, NAT gateways, S3 endpoint and their routes."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.account import region

ANYWHERE = "0.0.0.0/0"


class EgressArgs(TypedDict):
    """Arguments of `Egress`."""

    vpc_id: pulumi.Input[str]
    """Id of the VPC."""
    public_subnet_ids: Mapping[str, pulumi.Input[str]]
    """Id of the public subnet of each Availability Zone."""
    private_subnet_ids: Mapping[str, pulumi.Input[str]]
    """Id of the private subnet of each Availability Zone, the same zones."""
    nat_zones: Sequence[str]
    """Zones with a NAT gateway. Zones without one use that of the first. If there is none, the
    private subnets cannot reach the internet."""


class Egress(pulumi.ComponentResource):
    """Gateways of a VPC, and a route table for the public subnets and for each private subnet."""

    def __init__(
        self, name: str, args: EgressArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:network:Egress", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        gateway = aws.ec2.InternetGateway(f"{name}-internet", vpc_id=args["vpc_id"], opts=child)
        public = self._table(name, "public", args["vpc_id"])
        aws.ec2.Route(
            f"{name}-public",
            route_table_id=public.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=child,
        )
        for zone, subnet_id in args["public_subnet_ids"].items():
            self._associate(name, f"public-{zone}", public, subnet_id)
        # A NAT gateway and its address need the VPC to have its internet gateway.
        attached = pulumi.ResourceOptions(parent=self, depends_on=[gateway])
        nats = {
            zone: aws.ec2.NatGateway(
                f"{name}-nat-{zone}",
                allocation_id=aws.ec2.Eip(
                    f"{name}-nat-{zone}", domain="vpc", opts=attached
                ).allocation_id,
                subnet_id=args["public_subnet_ids"][zone],
                opts=attached,
            )
            for zone in args["nat_zones"]
        }
        tables = [public]
        for zone, subnet_id in args["private_subnet_ids"].items():
            table = self._table(name, f"private-{zone}", args["vpc_id"])
            tables.append(table)
            self._associate(name, f"private-{zone}", table, subnet_id)
            if nats:
                aws.ec2.Route(
                    f"{name}-private-{zone}",
                    route_table_id=table.id,
                    destination_cidr_block=ANYWHERE,
                    nat_gateway_id=(nats.get(zone) or next(iter(nats.values()))).id,
                    opts=child,
                )
        aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=args["vpc_id"],
            # Free of charge; SageMaker's jobs and FSx clients reach S3 through it.
            vpc_endpoint_type="Gateway",
            service_name=region().apply(lambda region: f"com.amazonaws.{region}.s3"),
            route_table_ids=[table.id for table in tables],
            opts=child,
        )
        self.register_outputs({})

    def _table(self, name: str, suffix: str, vpc_id: pulumi.Input[str]) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(
            f"{name}-{suffix}", vpc_id=vpc_id, opts=pulumi.ResourceOptions(parent=self)
        )

    def _associate(
        self, name: str, suffix: str, table: aws.ec2.RouteTable, subnet_id: pulumi.Input[str]
    ) -> None:
        aws.ec2.RouteTableAssociation(
            f"{name}-{suffix}",
            route_table_id=table.id,
            subnet_id=subnet_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
