"""Rules of Availability Zones and of the instance types that they offer in the account."""

from __future__ import annotations

from collections.abc import Iterator

from components.instance_type import NAME
from components.spec.errors import ConfigError, Path
from components.spec.spelling import closest_match
from settings.account import Account
from settings.stack import Settings

ZONES: Path = ("network", "zones")
FSX_ZONE: Path = ("storage", "fsx", "zone")
GROUPS: Path = ("nodeGroups",)

WITHOUT_EKS = {"use1-az3", "usw1-az2", "cac1-az3"}
"""Zone ids where EKS puts no control plane. Source: EKS User Guide, "Subnet requirements for
clusters"."""

WITHOUT_FSX = {"use1-az3"}
"""Zone ids without FSx for Lustre, of which AWS publishes no list. Source: the zones that AWS
ParallelCluster's own tests leave out because of it (aws-parallelcluster #2217; its #7614 of 2026
took apne1-az1 and cnn1-az4 off the list, after FSx had come there)."""


def zone_exists(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Check that each zone is one of the account's."""
    for i, zone in enumerate(settings.network.zones):
        if zone not in account.zones and zone.startswith(settings.region):
            rule = "must be an Availability Zone that the account has in the Region"
            yield ConfigError((*ZONES, i), rule, zone, f"choose from {', '.join(account.zones)}")


def zone_takes_eks(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Check that EKS takes subnets in each zone of a new network."""
    if settings.network.existing is not None:
        return
    for i, zone in enumerate(settings.network.zones):
        zone_id = account.zones.get(zone)
        if zone_id in WITHOUT_EKS:
            rule = f"EKS takes no subnets in {zone_id}, which this zone is in your account"
            remedy = _other_zones(account, WITHOUT_EKS)
            yield ConfigError((*ZONES, i), rule, zone, remedy)


def zone_offers_fsx(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Check that FSx for Lustre is offered in the file system's zone."""
    fsx, zones = settings.storage.used_fsx, settings.network.zones
    if fsx is None:
        return
    zone = fsx.zone or next(iter(zones), "")
    zone_id = account.zones.get(zone)
    if zone_id in WITHOUT_FSX:
        rule = f"FSx for Lustre is not offered in {zone_id}, which this zone is in your account"
        others = [one for one in zones if account.zones.get(one) not in WITHOUT_FSX]
        remedy = f"set {' or '.join(others)}" if others else _other_zones(account, WITHOUT_FSX)
        yield ConfigError(FSX_ZONE, rule, zone, remedy, (ZONES, ("storage", "backend")))


def instance_type_offered(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Check that the Region offers every instance type."""
    for name, group in settings.node_groups.items():
        for i, instance_type in enumerate(group.instance_types):
            if NAME.fullmatch(instance_type) and not account.offerings.get(instance_type):
                guess = closest_match(instance_type, account.known_types)
                rule = "must be an EC2 instance type that the Region offers"
                remedy = f'did you mean "{guess}"?' if guess else "choose another type"
                yield ConfigError((*GROUPS, name, "instanceTypes", i), rule, instance_type, remedy)


def instance_types_in_zones(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Check that each zone of a node group offers one of its types; else launches there fail."""
    for name, group in settings.node_groups.items():
        offering = set().union(*(account.offerings.get(one, ()) for one in group.instance_types))
        zones = [zone for zone in group.zones or settings.network.zones if zone in account.zones]
        without = [zone for zone in zones if zone not in offering]
        if offering and without:
            rule = "each zone of the node group must offer one of its instance types"
            fitting = [zone for zone in settings.network.zones if zone in offering]
            remedy = f"set zones to {', '.join(fitting)}" if fitting else "choose another type"
            path, types = (*GROUPS, name, "zones"), (*GROUPS, name, "instanceTypes")
            yield ConfigError(path, rule, without, remedy, (ZONES, types))


def instance_stores(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Check that instance types have disks of their own where the group uses them."""
    for name, group in settings.node_groups.items():
        for i, instance_type in enumerate(group.instance_types):
            known = account.offerings.get(instance_type)
            if group.instance_store and known and instance_type not in account.instance_stores:
                rule = "must have disks of its own, for instanceStore"
                remedy = "choose a type that has, such as m6id.large, or set `instanceStore: false`"
                path = (*GROUPS, name)
                store = (*path, "instanceStore")
                yield ConfigError(
                    (*path, "instanceTypes", i), rule, instance_type, remedy, (store,)
                )


def _other_zones(account: Account, without: set[str]) -> str:
    """Return the remedy for a zone that does not offer a service."""
    others = [name for name, zone_id in account.zones.items() if zone_id not in without]
    return f"choose from {', '.join(others)}"


RULES = (
    zone_exists,
    zone_takes_eks,
    zone_offers_fsx,
    instance_type_offered,
    instance_types_in_zones,
    instance_stores,
)
