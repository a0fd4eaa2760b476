"""Sharing out of a VPC's addresses among its subnets.

The VPC is cut in eight blocks. The first seven are for private subnets, one per zone, because
every pod takes an address of its node's subnet. The last is cut in eight again for the public
subnets, which hold NAT gateways and load balancers only. The letter at the end of a zone's name
says which block is its own, so that no order of the zones and no other zone moves a subnet.
"""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import NamedTuple

from components.network_spec import MOST_ZONES


class ZoneAddresses(NamedTuple):
    """CIDR blocks of the two subnets of one zone."""

    public: str
    private: str


def share_out(
    cidr: str, zones: Sequence[str], existing: Mapping[str, str] | None = None
) -> dict[str, ZoneAddresses]:
    """Give each zone the CIDR blocks of its two subnets.

    Args:
        cidr: The VPC's block, /16 to /22: the smallest subnet of AWS is a /28.
        zones: Names of 1 to 7 zones.
        existing: CIDR blocks of the private subnets that are there, by zone. Each keeps its
            addresses, and those of a zone that goes are not given away in the same update.

    Raises:
        ValueError: The block is too small to be cut, or there are too many zones.
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
    if not 1 <= len({*zones, *taken}) <= MOST_ZONES or not zones:
        found = ", ".join({**dict.fromkeys(zones), **taken})
        raise ValueError(f"a VPC is shared out among 1 to {MOST_ZONES} zones, got: {found}")
    blocks = dict(taken)
    for zone in zones:
        letter = ord(zone[-1]) - ord("a")
        if zone not in blocks and letter in range(MOST_ZONES) and letter not in blocks.values():
            blocks[zone] = letter
    for zone in zones:
        if zone not in blocks:
            free = set(range(MOST_ZONES)) - set(blocks.values())
            blocks[zone] = min(free)
    return blocks
