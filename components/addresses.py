"""Allocation of a VPC's addresses to its subnets.

The VPC is divided into eight blocks. The first seven are for private subnets, one per zone, because
every pod takes an address of its node's subnet. The last is divided into eight again for the public
subnets, which have NAT gateways and load balancers only. The letter at the end of a zone's name
selects its block, so that neither the order of the zones nor another zone moves a subnet.
"""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import NamedTuple

from components.network_spec import MAX_ZONES


class ZoneAddresses(NamedTuple):
    """CIDR blocks of the two subnets of one zone."""

    public: str
    private: str


def allocate_subnets(
    cidr: str, zones: Sequence[str], existing: Mapping[str, str] | None = None
) -> dict[str, ZoneAddresses]:
    """Return the CIDR blocks of the two subnets of each zone.

    Args:
        cidr: CIDR block of the VPC, /16 to /22: the smallest subnet of AWS is a /28.
        zones: Names of 1 to 7 zones.
        existing: CIDR blocks of the deployed private subnets, by zone. Each keeps its addresses.
            Those of a zone that is removed are not allocated again in the same update.

    Raises:
        ValueError: The block is too small to be divided, or there are too many zones.
    """
    vpc = IPv4Network(cidr)
    if vpc.prefixlen > 22:
        raise ValueError(f"a VPC needs a block of /22 or larger, got: {cidr}")
    *private, last = (str(block) for block in vpc.subnets(prefixlen_diff=3))
    public = [str(block) for block in IPv4Network(last).subnets(prefixlen_diff=3)]
    taken = {zone: private.index(block) for zone, block in (existing or {}).items()}
    blocks = _blocks(zones, taken)
    return {zone: ZoneAddresses(public[blocks[zone]], private[blocks[zone]]) for zone in zones}


def _blocks(zones: Sequence[str], taken: Mapping[str, int]) -> dict[str, int]:
    if not 1 <= len({*zones, *taken}) <= MAX_ZONES or not zones:
        found = ", ".join({**dict.fromkeys(zones), **taken})
        raise ValueError(f"a VPC has blocks for 1 to {MAX_ZONES} zones, got: {found}")
    blocks = dict(taken)
    for zone in zones:
        letter = ord(zone[-1]) - ord("a")
        if zone not in blocks and letter in range(MAX_ZONES) and letter not in blocks.values():
            blocks[zone] = letter
    for zone in zones:
        if zone not in blocks:
            free = set(range(MAX_ZONES)) - set(blocks.values())
            blocks[zone] = min(free)
    return blocks
