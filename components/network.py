"""VPC with its subnets and its internet access."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.addresses import allocate_subnets
from components.egress import Egress
from components.network_spec import DeployedNetwork, Nat, NetworkSpec, SubnetKind

LOAD_BALANCER_TAGS: Mapping[SubnetKind, Mapping[str, str]] = {
    "public": {"kubernetes.io/role/elb": "1"},
    "private": {"kubernetes.io/role/internal-elb": "1"},
}
"""Tags by which Kubernetes finds the subnets of a load balancer."""


class NetworkArgs(TypedDict):
    """Arguments of `Network`."""

    spec: NetworkSpec
    """Block, zones and NAT gateways."""
    deployed: NotRequired[DeployedNetwork]
    """Parts of the deployed network that the update must keep; none by default."""


class Network(pulumi.ComponentResource):
    """A VPC with a public and a private subnet in each zone.

    Without a NAT gateway, nodes must be in the public subnets: VPC endpoints would reach AWS's own
    services, but not the public registries of the drivers' and ACK's images. Resources that need
    the internet must depend on the whole component.
    """

    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    zones: list[str]
    """Names of its Availability Zones."""
    public_subnet_ids: dict[str, pulumi.Output[str]]
    """Id of the public subnet of each zone; instances in it get public addresses."""
    private_subnet_ids: dict[str, pulumi.Output[str]]
    """Id of the private subnet of each zone."""
    control_plane_subnet_ids: list[pulumi.Output[str]]
    """Ids of the private subnets for an EKS control plane, in the zones that it was created in:
    EKS does not accept other zones later."""

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:network:Network", name, {}, opts)
        spec, deployed = args["spec"], args.get("deployed", DeployedNetwork())
        self.zones = [*spec.zones]
        vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=spec.cidr,
            # EFS and FSx are mounted by DNS names that only resolve with both of these.
            enable_dns_hostnames=True,
            enable_dns_support=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.vpc_id = vpc.id
        blocks = allocate_subnets(spec.cidr, self.zones, deployed.private_cidrs)
        self.public_subnet_ids = self._subnets(
            name, "public", {zone: block.public for zone, block in blocks.items()}
        )
        self.private_subnet_ids = self._subnets(
            name, "private", {zone: block.private for zone, block in blocks.items()}
        )
        self.control_plane_subnet_ids = self.subnet_ids("private", deployed.control_plane_zones)
        Egress(
            f"{name}-egress",
            {
                "vpc_id": vpc.id,
                "public_subnet_ids": self.public_subnet_ids,
                "private_subnet_ids": self.private_subnet_ids,
                "nat_zones": nat_zones(spec.nat, self.zones, deployed.nat_zones),
            },
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "publicSubnetIds": self.public_subnet_ids,
                "privateSubnetIds": self.private_subnet_ids,
            }
        )

    def subnet_ids(self, kind: SubnetKind, zones: Sequence[str] = ()) -> list[pulumi.Output[str]]:
        """Return the ids of the public or private subnets of some zones, by default of all."""
        by_zone = self.public_subnet_ids if kind == "public" else self.private_subnet_ids
        return [by_zone[zone] for zone in zones or self.zones]

    def _subnets(
        self, name: str, kind: SubnetKind, blocks: Mapping[str, str]
    ) -> dict[str, pulumi.Output[str]]:
        return {
            zone: aws.ec2.Subnet(
                f"{name}-{kind}-{zone}",
                vpc_id=self.vpc_id,
                availability_zone=zone,
                cidr_block=block,
                # EKS refuses a node group in a public subnet that does not.
                map_public_ip_on_launch=kind == "public",
                tags={**LOAD_BALANCER_TAGS[kind]},
                opts=pulumi.ResourceOptions(parent=self),
            ).id
            for zone, block in blocks.items()
        }


def nat_zones(nat: Nat, zones: Sequence[str], existing: Sequence[str]) -> list[str]:
    """Return the zones with a NAT gateway; a single one stays in its zone if the list has it."""
    if nat == "single":
        return [*(zone for zone in zones if zone in existing), *zones][:1]
    return [*zones] if nat == "perZone" else []
