"""Rules of the VPC.

Sources: VPC User Guide, "VPC CIDR blocks"; EKS User Guide, "VPC and subnet requirements"; IANA
IPv4 Special-Purpose Address Registry; General Reference, "Regions and zones" (form of a name).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from components.spec.errors import NOT_SET, ConfigError, Path
from settings.stack import Settings

CIDR: Path = ("network", "cidr")
ZONES: Path = ("network", "zones")

REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[1-9]")
UNUSABLE = [
    IPv4Network(block)
    for block in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "198.19.0.0/16", "224.0.0.0/3")
]
"""No network's own addresses, loopback, link-local, AWS's own (198.19.0.0/16), multicast and
reserved: no VPC has them."""
OF_SERVICES = IPv4Network("172.17.0.0/16")
FEWEST_ZONES = 2
MOST_ZONES = 7
LARGEST_VPC = 16
SMALLEST_VPC = 22
"""Prefix lengths. A private subnet is an eighth of the VPC, a public one an eighth of an eighth,
and no subnet of AWS is smaller than a /28."""


def cidr(settings: Settings) -> Iterator[ConfigError]:
    """The VPC's block is an IPv4 network that its subnets fit in."""
    value = settings.network.cidr
    block = ipv4_network(value)
    if block is None:
        rule, remedy = "must be an IPv4 network in CIDR notation", "set for instance 10.0.0.0/16"
        yield ConfigError(CIDR, rule, value, remedy)
    elif not LARGEST_VPC <= block.prefixlen <= SMALLEST_VPC:
        rule = "must be from /16 to /22: smaller, its subnets would be below AWS's /28"
        around = IPv4Network((block.network_address, LARGEST_VPC), strict=False)
        yield ConfigError(CIDR, rule, value, f"set for instance {around}")
    elif any(block.overlaps(one) for one in UNUSABLE):
        rule = "must be addresses that a VPC can have: these are loopback, link-local or reserved"
        yield ConfigError(CIDR, rule, value, "set for instance 10.0.0.0/16")
    elif str(block) != value:
        rule = "must be in CIDR notation, ADDRESS/LENGTH, and begin at its network's address"
        yield ConfigError(CIDR, rule, value, f"set {block}")


def services_addresses(settings: Settings) -> Iterator[ConfigError]:
    """Advise on the addresses that SageMaker and other services have for networks of their own."""
    block = ipv4_network(settings.network.cidr)
    if block is not None and block.overlaps(OF_SERVICES):
        rule = f"has addresses of {OF_SERVICES}, which SageMaker uses inside its instances"
        yield ConfigError(CIDR, rule, settings.network.cidr, "set another block for a new stack")


def ipv4_network(value: str) -> IPv4Network | None:
    """The network that a value stands for, in whatever notation; None where it is none."""
    address, slash, length = value.partition("/")
    try:
        if slash:
            return IPv4Network((IPv4Address(address), length), strict=False)
        return IPv4Network(IPv4Address(address))
    except ValueError:
        return None


def zone_count(settings: Settings) -> Iterator[ConfigError]:
    """EKS puts its control plane in two zones at least."""
    zones = settings.network.zones
    if len(zones) < FEWEST_ZONES:
        rule = f"EKS needs subnets in at least {FEWEST_ZONES} zones"
        remedy = f"name another zone of {settings.region or 'the Region'}"
        yield ConfigError(ZONES, rule, list(zones) or NOT_SET, remedy)
    if len(zones) > MOST_ZONES:
        rule = f"the VPC is shared out among at most {MOST_ZONES} zones"
        yield ConfigError(ZONES, rule, list(zones), "remove some")


def zone_names(settings: Settings) -> Iterator[ConfigError]:
    """Each zone is of the Region, and named once."""
    zones = settings.network.zones
    for i, zone in enumerate(zones):
        if REGION.fullmatch(settings.region) and not zone.startswith(settings.region):
            rule = "must be a zone of the Region in aws:region"
            remedy = f"name one of {settings.region}, such as {settings.region}a"
            yield ConfigError((*ZONES, i), rule, zone, remedy, (("aws:region",),))
        if zone in zones[:i]:
            yield ConfigError((*ZONES, i), "must be named once", zone, "remove it")


def region(settings: Settings) -> Iterator[ConfigError]:
    """Everything is deployed to one Region, and the config says which."""
    if not settings.region:
        rule = "the AWS Region must be set"
        remedy = "run for instance `pulumi config set aws:region us-west-2`"
        yield ConfigError(("aws:region",), rule, NOT_SET, remedy)
    elif not REGION.fullmatch(settings.region):
        rule = "must be an AWS Region, such as us-west-2: no zone, and in small letters"
        found = REGION.match(settings.region.lower())
        remedy = f"set {found[0]}" if found else "see `aws ec2 describe-regions`"
        yield ConfigError(("aws:region",), rule, settings.region, remedy)


RULES = (region, cidr, zone_count, zone_names)
ADVICE = (services_addresses,)
