"""How a VPC's addresses are shared out among its subnets.

The VPC is cut in eight blocks. The first seven are for private subnets, one per zone, because
every pod takes an address of its node's subnet. The last is cut in eight again for the public
subnets, which hold NAT gateways and load balancers only. A zone added at the end of the list
therefore moves no subnet that exists.
"""

from ipaddress import IPv4Network
from typing import NamedTuple

MAX_ZONES = 7


class ZoneAddresses(NamedTuple):
    """The two subnets of one zone, as CIDR blocks."""

    public: str
    private: str


def share_out(cidr: str, zones: int) -> list[ZoneAddresses]:
    """Give each of the first `zones` zones its subnets.

    Args:
        cidr: The VPC's block, /16 to /22: the smallest subnet of AWS is a /28.
        zones: How many zones, 1 to 7.

    Raises:
        ValueError: The block is too small to be cut, or there are too many zones.
    """
    vpc = IPv4Network(cidr)
    if not 1 <= zones <= MAX_ZONES:
        raise ValueError(f"a VPC is shared out among 1 to {MAX_ZONES} zones, got: {zones}")
    if vpc.prefixlen > 22:
        raise ValueError(f"a VPC needs a block of /22 or larger, got: {cidr}")
    *private, last = vpc.subnets(prefixlen_diff=3)
    public = last.subnets(prefixlen_diff=3)
    return [
        ZoneAddresses(str(outside), str(inside))
        for outside, inside in zip(public, private[:zones], strict=False)
    ]
