"""Facts about a VPC and subnets that exist, as AWS tells them, and the choice among subnets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FoundVpc:
    """A VPC that exists."""

    id: str
    cidrs: tuple[str, ...] = ()
    """IPv4 blocks, the first one first."""
    dns_support: bool = True
    """True if the VPC's resolver answers."""
    dns_hostnames: bool = True
    """True if names of AWS inside the VPC lead to private addresses."""


@dataclass(frozen=True)
class FoundSubnet:
    """A subnet that exists, with what its routes reach."""

    id: str
    vpc_id: str
    zone: str
    zone_id: str = ""
    free_addresses: int = 250
    is_public: bool = False
    """True if its default route leads to an internet gateway."""
    has_default_route: bool = True
    """True if it has a default route, to whatever leads out of the VPC."""
    has_s3_endpoint: bool = True
    """True if a gateway endpoint for S3 is on its route table."""
    assigns_public_addresses: bool = False
    """True if instances in it get public addresses."""


@dataclass(frozen=True)
class FoundNetwork:
    """VPC and subnets that a config names, as AWS has them."""

    vpcs: tuple[FoundVpc, ...] = ()
    """VPCs that match; a usable network has one."""
    subnets: tuple[FoundSubnet, ...] = ()
    """Subnets that match, in the order of their zones."""
    missing_subnets: tuple[str, ...] = ()
    """Named ids that are of no subnet in the Region."""
    of_cluster: bool = False
    """True if the subnets were not named, but read from a cluster."""

    @property
    def vpc(self) -> FoundVpc | None:
        """The VPC, if exactly one matches."""
        return self.vpcs[0] if len(self.vpcs) == 1 else None

    def by_zone(self, kept: Collection[str] = ()) -> dict[str, FoundSubnet]:
        """Return the subnet of each zone.

        Args:
            kept: Ids of subnets that the stack has resources in, which are chosen first: a mount
                target or a file system cannot move to another subnet.
        """
        return one_in_each_zone(self.subnets, kept)


def one_in_each_zone(
    subnets: Iterable[FoundSubnet], kept: Collection[str] = ()
) -> dict[str, FoundSubnet]:
    """Return one subnet of each zone: a kept one, else a private one, else the lowest id.

    The zones keep the order of the subnets. The number of free addresses does not count, because it
    changes from one update to the next.
    """
    zones: dict[str, list[FoundSubnet]] = {}
    for one in subnets:
        zones.setdefault(one.zone, []).append(one)
    return {
        zone: min(several, key=lambda one: (one.id not in kept, one.is_public, one.id))
        for zone, several in zones.items()
    }


def zones_of(subnets: Sequence[FoundSubnet], ids: Collection[str]) -> tuple[str, ...]:
    """Return the zones of those subnets that have one of the ids, in order."""
    return tuple(sorted({one.zone for one in subnets if one.id in ids}))


def subnets_by_zone(found: Mapping[str, FoundSubnet]) -> dict[str, str]:
    """Return the id of the subnet of each zone."""
    return {zone: subnet.id for zone, subnet in found.items()}
