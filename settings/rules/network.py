"""Rules of the VPC.

Sources: VPC User Guide, "VPC CIDR blocks"; EKS User Guide, "VPC and subnet requirements".
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from settings.faults import NOT_SET, Fault, Path
from settings.stack import Settings

CIDR: Path = ("network", "cidr")
ZONES: Path = ("network", "zones")

FEWEST_ZONES = 2
MOST_ZONES = 7
LARGEST_VPC = 16
SMALLEST_VPC = 22
"""Prefix lengths. A private subnet is an eighth of the VPC, a public one an eighth of an eighth,
and no subnet of AWS is smaller than a /28."""


def cidr(settings: Settings) -> Iterator[Fault]:
    """The VPC's block is an IPv4 network that its subnets fit in."""
    value = settings.network.cidr
    try:
        block = IPv4Network(value)
    except (AddressValueError, NetmaskValueError):
        rule, remedy = "must be an IPv4 network in CIDR notation", "set for instance 10.0.0.0/16"
        yield Fault(CIDR, rule, value, remedy)
    except ValueError:  # bits set beyond the prefix
        right = IPv4Network(value, strict=False)
        yield Fault(CIDR, "must begin at its network's address", value, f"set {right}")
    else:
        if not LARGEST_VPC <= block.prefixlen <= SMALLEST_VPC:
            rule = "must be from /16 to /22: smaller, its subnets would be below AWS's /28"
            yield Fault(CIDR, rule, value, f"set for instance {block.network_address}/16")


def zone_count(settings: Settings) -> Iterator[Fault]:
    """EKS puts its control plane in two zones at least."""
    zones = settings.network.zones
    if len(zones) < FEWEST_ZONES:
        rule = f"EKS needs subnets in at least {FEWEST_ZONES} zones"
        remedy = f"name another zone of {settings.region or 'the Region'}"
        yield Fault(ZONES, rule, list(zones) or NOT_SET, remedy)
    if len(zones) > MOST_ZONES:
        rule = f"the VPC is shared out among at most {MOST_ZONES} zones"
        yield Fault(ZONES, rule, list(zones), "remove some")


def zone_names(settings: Settings) -> Iterator[Fault]:
    """Each zone is of the Region, and named once."""
    zones = settings.network.zones
    for i, zone in enumerate(zones):
        if settings.region and not zone.startswith(settings.region):
            rule = "must be a zone of the Region in aws:region"
            remedy = f"name one of {settings.region}, such as {settings.region}a"
            yield Fault((*ZONES, i), rule, zone, remedy, (("aws:region",),))
        if zone in zones[:i]:
            yield Fault((*ZONES, i), "must be named once", zone, "remove it")


def region(settings: Settings) -> Iterator[Fault]:
    """Everything is deployed to one Region, and the config says which."""
    if not settings.region:
        rule = "the AWS Region must be set"
        remedy = "run for instance `pulumi config set aws:region us-west-2`"
        yield Fault(("aws:region",), rule, NOT_SET, remedy)


RULES = (region, cidr, zone_count, zone_names)
