"""Settings of a VPC and the rules of AWS about them.

Sources: VPC User Guide, "VPC CIDR blocks"; EKS User Guide, "VPC and subnet requirements"; IANA
IPv4 Special-Purpose Address Registry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from pydantic import ConfigDict, Field

from components.existing_network_spec import ExistingNetworkSpec
from components.spec.errors import NOT_SET, ConfigError
from components.spec.model import Spec

Nat = Literal["none", "single", "perZone"]
SubnetKind = Literal["private", "public"]

UNUSABLE = [
    IPv4Network(block)
    for block in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "198.19.0.0/16", "224.0.0.0/3")
]
"""Blocks that no VPC has: loopback, link-local, AWS's own (198.19.0.0/16), multicast, reserved."""

MIN_ZONES = 2
MAX_ZONES = 7
"""Numbers of zones of a VPC: EKS needs two, and `addresses` has blocks for seven."""

LARGEST_VPC = 16
SMALLEST_VPC = 22
"""Prefix lengths. A private subnet is an eighth of the VPC, a public one an eighth of an eighth,
and no subnet of AWS is smaller than a /28."""


class NetworkSpec(Spec):
    """VPC with a public and a private subnet in each zone."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["zones"]}, {"required": ["existing"]}]}
    )

    existing: ExistingNetworkSpec | None = None
    """VPC and subnets that exist, to use instead of a new VPC. Nothing of them is changed."""

    cidr: str = "10.0.0.0/16"
    """IPv4 block of the VPC, from /16 to /22, fixed for the life of the stack. Each zone gets a
    private and a public subnet of it. A block that overlaps 172.17.0.0/16 leads to a warning,
    because SageMaker uses these addresses inside its instances."""

    zones: tuple[str, ...] = Field(default=(), json_schema_extra={"minItems": 2, "maxItems": 7})
    """Names of two to seven Availability Zones, such as us-west-2a. Each zone keeps the addresses
    of its subnets, whatever the order of the list. Zones can be added at any time for node groups
    and EFS. The zones that the control plane was created in must stay in the list."""

    nat: Nat = "single"
    """NAT gateways: none, single or perZone. With none, nodes must be in public subnets. A single
    gateway is created in the first zone, and stays there while the list has that zone."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of a VPC's block and its zones."""
        if self.existing is not None:
            yield from _created_network_fields(self)
            return
        yield from _cidr(self)
        yield from _zones(self)


@dataclass(frozen=True)
class DeployedNetwork:
    """Parts of a deployed network that an update must keep."""

    private_cidrs: Mapping[str, str] = field(default_factory=dict)
    """CIDR block of the private subnet of each zone."""
    nat_zones: tuple[str, ...] = ()
    """Zones with a NAT gateway."""
    control_plane_zones: tuple[str, ...] = ()
    """Zones that the control plane was created in."""
    subnets: frozenset[str] = frozenset()
    """Ids of subnets with parts of the stack that cannot move to other subnets."""


def ipv4_network(value: str) -> IPv4Network | None:
    """Return the network that a text describes, in any notation; None if it describes none."""
    address, slash, length = value.partition("/")
    try:
        if slash:
            return IPv4Network((IPv4Address(address), length), strict=False)
        return IPv4Network(IPv4Address(address))
    except ValueError:
        return None


def _created_network_fields(spec: NetworkSpec) -> Iterator[ConfigError]:
    for key in ("cidr", "zones", "nat"):
        if key in spec.model_fields_set:
            rule = "a network that exists is used as it is"
            remedy = f"remove {key}; to have a network created, remove what is named as existing"
            yield ConfigError((key,), rule, getattr(spec, key), remedy, (("existing",),))


def _cidr(spec: NetworkSpec) -> Iterator[ConfigError]:
    value, block = spec.cidr, ipv4_network(spec.cidr)
    if block is None:
        rule, remedy = "must be an IPv4 network in CIDR notation", "set for instance 10.0.0.0/16"
        yield ConfigError(("cidr",), rule, value, remedy)
    elif not LARGEST_VPC <= block.prefixlen <= SMALLEST_VPC:
        rule = "must be from /16 to /22: smaller, its subnets would be below AWS's /28"
        around = IPv4Network((block.network_address, LARGEST_VPC), strict=False)
        yield ConfigError(("cidr",), rule, value, f"set for instance {around}")
    elif any(block.overlaps(one) for one in UNUSABLE):
        rule = "must be addresses that a VPC can have: these are loopback, link-local or reserved"
        yield ConfigError(("cidr",), rule, value, "set for instance 10.0.0.0/16")
    elif str(block) != value:
        rule = "must be in CIDR notation, ADDRESS/LENGTH, and begin at its network's address"
        yield ConfigError(("cidr",), rule, value, f"set {block}")


def _zones(spec: NetworkSpec) -> Iterator[ConfigError]:
    zones = spec.zones
    if len(zones) < MIN_ZONES:
        rule = f"EKS needs subnets in at least {MIN_ZONES} zones"
        remedy = (
            f"name another zone of {zones[0][:-1]}" if zones else "name two zones of the Region"
        )
        yield ConfigError(("zones",), rule, list(zones) or NOT_SET, remedy)
    if len(zones) > MAX_ZONES:
        rule = f"the VPC has blocks for at most {MAX_ZONES} zones"
        yield ConfigError(("zones",), rule, list(zones), "remove some")
    for i, zone in enumerate(zones):
        if zone in zones[:i]:
            yield ConfigError(("zones", i), "must be named once", zone, "remove it")
