"""The VPC: its subnets, and how traffic leaves them."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.addresses import ZoneAddresses, share_out
from components.egress import Egress

LOAD_BALANCER_ROLES = {
    "public": {"kubernetes.io/role/elb": "1"},
    "private": {"kubernetes.io/role/internal-elb": "1"},
}
"""By these tags Kubernetes finds the subnets of a load balancer."""


class DeployedNetworkArgs(TypedDict):
    """Parts of a network that is there, which an update is to keep."""

    private_cidrs: dict[str, str]
    """CIDR block of the private subnet of each zone."""
    nat_zones: list[str]
    """Zones with a NAT gateway."""
    control_plane_zones: list[str]
    """Zones that the control plane was created in."""


class NetworkArgs(TypedDict):
    """What a Network is made of."""

    cidr: str
    """The VPC's IPv4 block, /16 to /22."""
    zones: list[str]
    """Names of the availability zones, two at least for EKS. Their order says only where a single
    NAT gateway is created."""
    nat: str
    """How private subnets reach the internet: none, single, or perZone."""
    deployed: NotRequired[DeployedNetworkArgs]
    """The network as the last update left it; nothing before the first one."""


NOTHING_DEPLOYED: DeployedNetworkArgs = {
    "private_cidrs": {},
    "nat_zones": [],
    "control_plane_zones": [],
}


class Network(pulumi.ComponentResource):
    """A VPC with a public and a private subnet in each zone.

    Without NAT, nodes belong in the public subnets. VPC endpoints would reach AWS's own
    services, but not the public registries that the drivers' and ACK's images come from.
    """

    vpc_id: pulumi.Output[str]
    zones: list[str]
    public_subnet_ids: dict[str, pulumi.Output[str]]
    """By zone; instances in them get public addresses."""
    private_subnet_ids: dict[str, pulumi.Output[str]]
    """By zone."""
    control_plane_zones: list[str]
    """Zones of the control plane: those it was created in, because EKS takes no others later."""
    egress: list[pulumi.Resource]
    """What must exist before a node can pull an image."""

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:network:Network", name, {}, opts)
        self._name, self._child = name, pulumi.ResourceOptions(parent=self)
        self.zones = args["zones"]
        vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=args["cidr"],
            # EFS and FSx are mounted by DNS names that only resolve with both of these.
            enable_dns_hostnames=True,
            enable_dns_support=True,
            opts=self._child,
        )
        self.vpc_id = vpc.id
        kept = args.get("deployed") or NOTHING_DEPLOYED
        self.control_plane_zones = kept["control_plane_zones"] or self.zones
        shares = share_out(args["cidr"], self.zones, kept["private_cidrs"])
        self.public_subnet_ids = self._subnets("public", shares)
        self.private_subnet_ids = self._subnets("private", shares)
        egress = Egress(
            f"{name}-egress",
            {
                "vpc_id": vpc.id,
                "public_subnet_ids": self.public_subnet_ids,
                "private_subnet_ids": self.private_subnet_ids,
                "nat_zones": nat_zones(args["nat"], self.zones, kept["nat_zones"]),
            },
            self._child,
        )
        self.egress = egress.ready
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "publicSubnetIds": self.public_subnet_ids,
                "privateSubnetIds": self.private_subnet_ids,
            }
        )

    def subnet_ids(self, role: str, zones: Sequence[str] = ()) -> list[pulumi.Output[str]]:
        """The public or private subnets of some zones; of all when none is named."""
        by_zone = self.public_subnet_ids if role == "public" else self.private_subnet_ids
        return [by_zone[zone] for zone in zones or self.zones]

    def _subnets(
        self, role: str, shares: Mapping[str, ZoneAddresses]
    ) -> dict[str, pulumi.Output[str]]:
        """The subnets of one role, one in each zone."""
        return {
            zone: aws.ec2.Subnet(
                f"{self._name}-{role}-{zone}",
                vpc_id=self.vpc_id,
                availability_zone=zone,
                cidr_block=getattr(share, role),
                # EKS refuses a node group in a public subnet that does not.
                map_public_ip_on_launch=role == "public",
                tags=LOAD_BALANCER_ROLES[role],
                opts=self._child,
            ).id
            for zone, share in shares.items()
        }


def nat_zones(nat: str, zones: Sequence[str], existing: Sequence[str]) -> list[str]:
    """The zones with a NAT gateway: all, none, or one, which stays where it is if it can."""
    if nat == "single":
        return [*(zone for zone in zones if zone in existing), *zones][:1]
    return [*zones] if nat == "perZone" else []
