"""Rules of FSx for Lustre that other sections of the config have a part in."""

from __future__ import annotations

from collections.abc import Iterator

from components.names import kms_region_errors
from components.spec.errors import ConfigError, Path
from components.storage.fsx_types import join_options
from settings.stack import Settings

FSX: Path = ("storage", "fsx")


def kms_key(settings: Settings) -> Iterator[ConfigError]:
    """Check that the key is one of the stack's Region."""
    path: Path = (*FSX, "kmsKeyArn")
    yield from kms_region_errors(path, settings.storage.fsx.kms_key_arn, settings.region)


def zone(settings: Settings) -> Iterator[ConfigError]:
    """Check that the file system's zone is one of the network's."""
    value, zones = settings.storage.fsx.zone, settings.network.zones
    if settings.storage.fsx.existing is not None:
        return
    if value is not None and value not in zones and settings.zones_are_known:
        rule = "must be one of network.zones: the file system lies in a subnet of the VPC"
        remedy = f"set {join_options(zones)}" if zones else "add it to network.zones"
        yield ConfigError((*FSX, "zone"), rule, value, remedy, (("network", "zones"),))


def nodes_in_zone(settings: Settings) -> Iterator[ConfigError]:
    """Check that nodes may be in the file system's zone, where the pods of its volumes come up."""
    there, groups = _zone(settings), settings.node_groups
    if there is None or not groups:
        return
    if not any(there in (group.zones or settings.network.zones) for group in groups.values()):
        rule = "pods that mount it come up in its zone, and no node group has nodes there"
        depends_on: tuple[Path, ...] = (("nodeGroups",), ("network", "zones"))
        remedy = f"add {there} to the zones of a node group"
        yield ConfigError((*FSX, "zone"), rule, there, remedy, depends_on)


def few_nodes_in_zone(settings: Settings) -> Iterator[ConfigError]:
    """Warn where no node group without taints always has a node in the file system's zone."""
    there = _zone(settings)
    groups = {name: one for name, one in settings.node_groups.items() if not one.repels_pods}
    zones = {name: one.zones or settings.network.zones for name, one in groups.items()}
    near = [name for name in groups if there in zones[name]]
    if there is None or not near or any(groups[one].min_size >= len(zones[one]) for one in near):
        return
    rule = f"may leave no node in {there}, where pods that mount FSx for Lustre come up"
    name, least = near[0], len(zones[near[0]])
    remedy = f"set {least}, one for each of its zones, or a group with `zones: [{there}]`"
    path: Path = ("nodeGroups", name, "minSize")
    yield ConfigError(path, rule, groups[name].min_size, remedy)


def _zone(settings: Settings) -> str | None:
    """Return the zone of the file system, if it is in use and its zone is known."""
    if settings.storage.used_fsx is None:
        return None
    first = next(iter(settings.network.zones), None) if settings.deployed.is_known else None
    found = settings.storage.used_fsx.zone or first
    return found if found in settings.network.zones else None


RULES = (kms_key, zone, nodes_in_zone)
WARNINGS = (few_nodes_in_zone,)
