"""The ways out of a VPC: internet gateway, NAT gateways, the S3 endpoint, and their routes."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

ANYWHERE = "0.0.0.0/0"


class EgressArgs(TypedDict):
    """What an Egress leads out of."""

    vpc_id: pulumi.Input[str]
    """The VPC."""
    public_subnet_ids: dict[str, pulumi.Output[str]]
    """By availability zone."""
    private_subnet_ids: dict[str, pulumi.Output[str]]
    """By availability zone, the same ones."""
    nat_zones: list[str]
    """Zones that have a NAT gateway; the first one's serves the zones that have none."""


class Egress(pulumi.ComponentResource):
    """Route tables for every subnet, with a way out for each."""

    ready: list[pulumi.Resource]
    """The routes and associations through which the subnets reach the internet."""

    def __init__(
        self, name: str, args: EgressArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:network:Egress", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self.ready = []
        gateway = aws.ec2.InternetGateway(
            f"{name}-internet", vpc_id=args["vpc_id"], opts=self._child
        )
        tables = [self._public_routes(gateway), *self._private_routes(self._nats(gateway))]
        aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=args["vpc_id"],
            # Free of charge, and the way by which SageMaker's jobs and FSx clients reach S3.
            vpc_endpoint_type="Gateway",
            service_name=aws.get_region_output().region.apply(
                lambda region: f"com.amazonaws.{region}.s3"
            ),
            route_table_ids=[table.id for table in tables],
            opts=self._child,
        )
        self.register_outputs({})

    def _nats(self, gateway: aws.ec2.InternetGateway) -> dict[str, aws.ec2.NatGateway]:
        """The NAT gateways by zone."""
        subnet_ids = self._args["public_subnet_ids"]
        return {
            zone: self._nat(zone, subnet_ids[zone], gateway) for zone in self._args["nat_zones"]
        }

    def _nat(
        self, zone: str, subnet_id: pulumi.Output[str], gateway: aws.ec2.InternetGateway
    ) -> aws.ec2.NatGateway:
        """A NAT gateway and its address, which need the VPC to have its internet gateway."""
        attached = pulumi.ResourceOptions(parent=self, depends_on=[gateway])
        address = aws.ec2.Eip(f"{self._name}-nat-{zone}", domain="vpc", opts=attached)
        return aws.ec2.NatGateway(
            f"{self._name}-nat-{zone}",
            allocation_id=address.allocation_id,
            subnet_id=subnet_id,
            opts=attached,
        )

    def _public_routes(self, gateway: aws.ec2.InternetGateway) -> aws.ec2.RouteTable:
        """One table for all public subnets, out by the internet gateway."""
        table = self._table("public")
        self.ready.append(
            aws.ec2.Route(
                f"{self._name}-public",
                route_table_id=table.id,
                destination_cidr_block=ANYWHERE,
                gateway_id=gateway.id,
                opts=self._child,
            )
        )
        for zone, subnet_id in self._args["public_subnet_ids"].items():
            self._associate(f"public-{zone}", table, subnet_id)
        return table

    def _private_routes(self, nats: dict[str, aws.ec2.NatGateway]) -> list[aws.ec2.RouteTable]:
        """A table for each private subnet, out by the NAT gateway of its zone or the only one."""
        tables = []
        for zone, subnet_id in self._args["private_subnet_ids"].items():
            table = self._table(f"private-{zone}")
            self._associate(f"private-{zone}", table, subnet_id)
            if nats:
                self.ready.append(
                    aws.ec2.Route(
                        f"{self._name}-private-{zone}",
                        route_table_id=table.id,
                        destination_cidr_block=ANYWHERE,
                        nat_gateway_id=(nats.get(zone) or next(iter(nats.values()))).id,
                        opts=self._child,
                    )
                )
            tables.append(table)
        return tables

    def _table(self, suffix: str) -> aws.ec2.RouteTable:
        """A route table without routes of its own."""
        return aws.ec2.RouteTable(
            f"{self._name}-{suffix}", vpc_id=self._args["vpc_id"], opts=self._child
        )

    def _associate(
        self, suffix: str, table: aws.ec2.RouteTable, subnet_id: pulumi.Output[str]
    ) -> None:
        """Put a subnet under a route table."""
        self.ready.append(
            aws.ec2.RouteTableAssociation(
                f"{self._name}-{suffix}",
                route_table_id=table.id,
                subnet_id=subnet_id,
                opts=self._child,
            )
        )
